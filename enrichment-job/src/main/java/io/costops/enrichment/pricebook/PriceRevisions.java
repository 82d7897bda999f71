package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;

/** Identity of price revisions. */
public final class PriceRevisions {
    private PriceRevisions() {}

    /** {@code scope/key@effective_from#recorded_at}, times in ISO 8601; what ledger entries name. */
    public static String idOf(PriceRevision revision) {
        return revision.getScope() + "/" + revision.getPriceKey() + "@" + revision.getEffectiveFrom() + "#"
                + revision.getRecordedAt();
    }
}
