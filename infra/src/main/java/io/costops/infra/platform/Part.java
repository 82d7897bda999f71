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
    JOBS,
    /** The process that asks for what waits in the ledger: prices that came late, records that came too late. */
    ADJUSTER;

    public static Set<Part> all() {
        return EnumSet.allOf(Part.class);
    }
}
