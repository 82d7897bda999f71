package io.costops.anomaly.watch;

import io.costops.anomaly.watch.SeriesId.Dimension;
import java.util.List;

/** Whose spending a watch is over, and by what it looks at it. */
public enum Coverage {
    /** One tenant: its total, projects, models and API keys. */
    TENANT,
    /** All tenants together: their total, the tenants and the models. */
    ALL_TENANTS;

    private static final List<Dimension> OF_A_TENANT =
            List.of(Dimension.TENANT, Dimension.PROJECT, Dimension.MODEL, Dimension.API_KEY);
    private static final List<Dimension> OF_ALL = List.of(Dimension.TENANT, Dimension.MEMBER, Dimension.MODEL);

    List<Dimension> dimensions() {
        return switch (this) {
            case TENANT -> OF_A_TENANT;
            case ALL_TENANTS -> OF_ALL;
        };
    }
}
