package io.costops.enrichment.job;

import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import org.jspecify.annotations.Nullable;

/**
 * A valid record of a compacted topic that every pricing task must hold.
 *
 * @param key the record's key, a character for each byte
 * @param price null if the record is not of prices, or removes its key
 * @param rule null if the record is not of attribution, or removes its key
 * @param period null if the record is not of periods, or removes its key
 */
public record BookUpdate(
        Book book,
        int partition,
        long offset,
        String key,
        @Nullable PriceRevision price,
        @Nullable AttributionRule rule,
        @Nullable Period period) {}
