package io.costops.enrichment.pricebook;

import java.util.Locale;

/** The class of service that a request was billed as. */
public enum ServiceTier {
    STANDARD,
    FLEX,
    PRIORITY,
    BATCH;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** A name that is none of the others (default, auto, on_demand, a provider's own) is billed as standard. */
    public static ServiceTier of(String reported) {
        if (reported.equalsIgnoreCase("flex")) {
            return FLEX;
        }
        if (reported.equalsIgnoreCase("priority")) {
            return PRIORITY;
        }
        if (reported.equalsIgnoreCase("batch")) {
            return BATCH;
        }
        return STANDARD;
    }

    public String wireName() {
        return wireName;
    }
}
