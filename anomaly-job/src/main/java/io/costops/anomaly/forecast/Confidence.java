package io.costops.anomaly.forecast;

import java.util.Locale;

/** How much a forecast rests on. */
public enum Confidence {
    /** Nothing has been spent yet: there is nothing to go by. */
    NONE,
    /** Less than two weeks of history: the rhythm of the week isn't known, the intervals are wide. */
    COLD_START,
    /** Two to four weeks: the week is known, what varies from month to month isn't. */
    SHORT_HISTORY,
    SETTLED;

    /** The name in topics and tables. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
