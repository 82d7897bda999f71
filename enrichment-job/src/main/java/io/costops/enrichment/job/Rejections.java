package io.costops.enrichment.job;

import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.wire.Decoded;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps what can't be used: the record's bytes, its place, the reason and the fix. */
final class Rejections {
    private static final String STAGE = "enrichment-job";

    private final JobClock clock;

    Rejections(JobClock clock) {
        this.clock = clock;
    }

    RejectedUsage undecodable(SourceRecord record, Decoded.Undecodable<?> undecodable) {
        return switch (undecodable.problem()) {
            case UNKNOWN_SCHEMA ->
                of(
                        record,
                        RejectReason.UNKNOWN_SCHEMA,
                        null,
                        undecodable.message() + ": register the schema, then replay the record");
            case NOT_FRAMED ->
                of(
                        record,
                        RejectReason.UNDECODABLE_AVRO,
                        null,
                        undecodable.message() + ": publish it with a Confluent Avro serializer");
            case INCOMPATIBLE_SCHEMA, MALFORMED ->
                of(
                        record,
                        RejectReason.UNDECODABLE_AVRO,
                        null,
                        undecodable.message() + ": publish it with the schema of " + record.topic());
        };
    }

    RejectedUsage invalid(SourceRecord record, Violation violation) {
        return of(record, violation.reason(), violation.field(), violation.message());
    }

    RejectedUsage invalid(SourceRecord record, Violation violation, UsageEvent event) {
        RejectedUsage rejected = invalid(record, violation);
        rejected.setEventId(event.getEventId());
        rejected.setSourceKind(event.getSourceKind());
        rejected.setTenant(event.getDimensions().getTenant());
        return rejected;
    }

    private RejectedUsage of(SourceRecord record, RejectReason reason, @Nullable String field, String message) {
        byte[] key = record.key();
        byte[] value = record.value();
        Map<String, ByteBuffer> headers = new HashMap<>();
        record.headers().forEach((name, header) -> headers.put(name, ByteBuffer.wrap(header)));
        RejectedUsage rejected = new RejectedUsage();
        rejected.setReason(reason);
        rejected.setField(field);
        rejected.setMessage(message);
        rejected.setStage(STAGE);
        rejected.setOriginal(ByteBuffer.wrap(value == null ? new byte[0] : value));
        rejected.setOriginalKey(key == null ? null : ByteBuffer.wrap(key));
        rejected.setHeaders(headers);
        rejected.setReceivedAt(Instant.ofEpochMilli(record.timestampMillis()));
        rejected.setRejectedAt(clock.now().truncatedTo(ChronoUnit.MICROS));
        rejected.setOrigin(new Origin(record.topic(), record.partition(), record.offset(), null));
        return rejected;
    }
}
