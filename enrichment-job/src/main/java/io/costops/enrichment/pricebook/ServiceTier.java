package io.costops.enrichment.pricebook;

import java.util.Locale;

/** The class of service that a request was billed as: the one its response reports, not the one that was asked for. */
public enum ServiceTier {
    STANDARD,
    FLEX,
    PRIORITY,
    BATCH;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** A name that is none of the others (default, auto, on_demand, a provider's own) is billed as standard. */
    public static ServiceTier of(String reported) {
        if (reported.equalsIgnoreCase(STANDARD.wireName)) {
            return STANDARD;
        }
        if (reported.equalsIgnoreCase(FLEX.wireName)) {
            return FLEX;
        }
        if (reported.equalsIgnoreCase(PRIORITY.wireName)) {
            return PRIORITY;
        }
        if (reported.equalsIgnoreCase(BATCH.wireName)) {
            return BATCH;
        }
        return STANDARD;
    }

    public String wireName() {
        return wireName;
    }
}
