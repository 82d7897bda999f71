package io.costops.enrichment.position;

import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;

/**
 * What a record says became of its event.
 *
 * <p>Of two records of the same revision the one that stands later here speaks: a record without usage never blocks one
 * with usage, and a tombstone says that there is nothing to charge.
 */
public enum Claim {
    NO_USAGE,
    USAGE,
    DELETED;

    static Claim of(UsageEvent event) {
        if (event.getDeleted()) {
            return DELETED;
        }
        return event.getStatus() == UsageStatus.NO_USAGE ? NO_USAGE : USAGE;
    }
}
