package io.costops.sinks.notify.config;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import java.util.Set;

/**
 * Which alerts go to which receivers; every route that matches applies.
 *
 * @param about tenants' alerts, those about all tenants together, or both
 * @param tenants empty: any
 * @param severities empty: any
 * @param categories empty: any
 * @param receivers by name
 */
public record Route(
        String name,
        About about,
        Set<String> tenants,
        Set<AlertSeverity> severities,
        Set<AlertCategory> categories,
        Set<String> receivers) {
    public Route {
        tenants = Set.copyOf(tenants);
        severities = Set.copyOf(severities);
        categories = Set.copyOf(categories);
        receivers = Set.copyOf(receivers);
    }

    /** Whom an alert concerns. */
    public enum About {
        ANY,
        /** One tenant. */
        TENANTS,
        /** All tenants together: for the operators. */
        ALL_TOGETHER
    }

    public boolean matches(Alert alert) {
        String tenant = alert.getTenant();
        boolean concerned = switch (about) {
            case ANY -> true;
            case TENANTS -> tenant != null;
            case ALL_TOGETHER -> tenant == null;
        };
        return concerned
                // A list of tenants never lets through what concerns all of them: that is not theirs to see.
                && (tenants.isEmpty() || (tenant != null && tenants.contains(tenant)))
                && isIn(severities, AlertSeverity.UNKNOWN, alert.getSeverity())
                && isIn(categories, AlertCategory.UNKNOWN, alert.getCategory());
    }

    /** What this version can't tell it doesn't hold back: better told to too many than to nobody. */
    private static <E> boolean isIn(Set<E> wanted, E unknown, E found) {
        return wanted.isEmpty() || found.equals(unknown) || wanted.contains(found);
    }
}
