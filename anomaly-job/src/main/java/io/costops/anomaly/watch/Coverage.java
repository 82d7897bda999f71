package io.costops.anomaly.watch;

import io.costops.anomaly.watch.SeriesId.Dimension;
import java.util.List;

/** Whose spending a watch is over, and by what it looks at it. */
public enum Coverage {
    /** One tenant: its total, projects, models and API keys. */
    TENANT(List.of(Dimension.TENANT, Dimension.PROJECT, Dimension.MODEL, Dimension.API_KEY)),
    /** All tenants together: their total, the tenants and the models. */
    ALL_TENANTS(List.of(Dimension.TENANT, Dimension.MEMBER, Dimension.MODEL));

    private final List<Dimension> dimensions;

    Coverage(List<Dimension> dimensions) {
        this.dimensions = dimensions;
    }

    List<Dimension> dimensions() {
        return dimensions;
    }
}
