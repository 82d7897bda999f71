package io.costops.anomaly.detection;

/**
 * A deviation that is large enough to open an incident.
 *
 * @param window of SpendWindows, the one that shows it
 * @param score 1 is the threshold
 * @param sinceSeconds where that window begins
 * @param actual cost in that window
 * @param expected what it would have been, had this factor been as usual
 */
record Alarm(
        Signal signal,
        IncidentKind kind,
        int window,
        double score,
        long sinceSeconds,
        double actual,
        double expected) {}
