package io.costops.ingest.normalise;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names of the class of service that a response reports. */
final class ServiceTiers {
    static final String STANDARD = "standard";
    static final String FLEX = "flex";
    static final String PRIORITY = "priority";
    static final String BATCH = "batch";

    private ServiceTiers() {}

    /** The canonical name; a tier of a provider's own stays, in lower case. */
    static String canonical(@Nullable String reported) {
        if (reported == null || reported.isBlank()) {
            return STANDARD;
        }
        String lower = reported.toLowerCase(Locale.ROOT);
        return switch (lower) {
            case "default", "auto", "on_demand", "standard", "traffic_type_unspecified", "unspecified" -> STANDARD;
            case "on_demand_flex" -> FLEX;
            case "on_demand_priority" -> PRIORITY;
            default -> lower;
        };
    }
}
