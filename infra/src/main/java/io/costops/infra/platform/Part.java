package io.costops.infra.platform;

import java.util.EnumSet;
import java.util.Set;

/** What a platform can be made of. */
public enum Part {
    KAFKA,
    REGISTRY,
    CLICKHOUSE,
    FLINK,
    /** The usage-ingest process. */
    INGEST,
    /** The notifier process. */
    NOTIFIER,
    /** The Flink jobs. */
    JOBS;

    public static Set<Part> all() {
        return EnumSet.allOf(Part.class);
    }
}
