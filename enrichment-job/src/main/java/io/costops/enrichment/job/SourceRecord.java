package io.costops.enrichment.job;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka record as it was read, so that one that can't be used is kept byte for byte with its place.
 *
 * @param timestampMillis the record's time stamp, milliseconds since 1970
 * @param headers of several with one name the last
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; a wrapper would cost a copy for each record
public record SourceRecord(
        String topic,
        int partition,
        long offset,
        long timestampMillis,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Map<String, byte[]> headers) {}
