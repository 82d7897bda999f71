package io.costops.ingest;

import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.ingest.normalise.RecordHeaders;
import io.costops.ingest.normalise.RejectedParts;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks what the normaliser says of each record. Bad input is an outcome; a registry that doesn't answer, or a bug,
 * throws and the transaction is aborted.
 */
final class NormaliseUsage implements Processor<byte[], byte[], byte[], byte[]> {
    private static final String STAGE = "usage-ingest";

    private final Normaliser normaliser;
    private final IngestMetrics metrics;
    private final Clock clock;
    private final AvroCodec<UsageEvent> events;
    private final AvroCodec<RejectedUsage> rejections;
    private @Nullable ProcessorContext<byte[], byte[]> context;

    NormaliseUsage(Normaliser normaliser, SchemaRegistry registry, IngestMetrics metrics, Clock clock) {
        this.normaliser = normaliser;
        this.metrics = metrics;
        this.clock = clock;
        this.events = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);
        this.rejections = new AvroCodec<>(RejectedUsage.class, Topics.USAGE_REJECTED.subject(), registry);
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
    }

    @Override
    public void process(Record<byte[], byte[]> raw) {
        if (context == null) {
            throw new IllegalStateException("init comes first");
        }
        RecordMetadata at = context.recordMetadata()
                .orElseThrow(() -> new IllegalStateException("a record of a source topic has a place"));
        Map<String, byte[]> headers = headers(raw);
        RecordHeaders.Replayed replayed = RecordHeaders.replayed(headers);
        Origin place = replayed == null ? new Origin(at.topic(), at.partition(), at.offset(), null) : replayed.place();
        Instant received = replayed == null ? Instant.ofEpochMilli(raw.timestamp()) : replayed.received();
        RejectedParts rejected = new RejectedParts();
        for (Outcome outcome : normaliser.normalise(raw.value(), place, received, headers)) {
            metrics.count(outcome);
            if (outcome instanceof Outcome.Usage usage) {
                UsageEvent event = usage.event();
                context.forward(
                        new Record<>(utf8(event.getEventId()), events.encode(event), raw.timestamp()),
                        UsageIngest.EVENTS);
            } else if (outcome instanceof Outcome.Rejected part) {
                rejected.add(part);
            }
        }
        Outcome.Rejected whole = rejected.whole();
        if (whole != null) {
            RejectedUsage rejection = rejection(whole, raw, headers, received);
            byte[] key = whole.eventId() == null ? null : utf8(whole.eventId());
            context.forward(new Record<>(key, rejections.encode(rejection), raw.timestamp()), UsageIngest.REJECTED);
        }
    }

    private RejectedUsage rejection(
            Outcome.Rejected rejected, Record<byte[], byte[]> raw, Map<String, byte[]> headers, Instant received) {
        Map<String, ByteBuffer> kept = new HashMap<>();
        headers.forEach((name, value) -> kept.put(name, ByteBuffer.wrap(value)));
        return RejectedUsage.newBuilder()
                .setReason(rejected.reason())
                .setField(rejected.field())
                .setMessage(rejected.message())
                .setStage(STAGE)
                .setOriginal(ByteBuffer.wrap(raw.value() == null ? new byte[0] : raw.value()))
                .setOriginalKey(raw.key() == null ? null : ByteBuffer.wrap(raw.key()))
                .setHeaders(kept)
                .setSourceKind(rejected.sourceKind())
                .setEventId(rejected.eventId())
                .setTenant(rejected.tenant())
                .setReceivedAt(received)
                .setRejectedAt(clock.instant().truncatedTo(ChronoUnit.MICROS))
                .setOrigin(rejected.origin())
                .build();
    }

    private static Map<String, byte[]> headers(Record<byte[], byte[]> raw) {
        Map<String, byte[]> headers = new HashMap<>();
        for (Header header : raw.headers()) {
            headers.put(header.key(), header.value() == null ? new byte[0] : header.value());
        }
        return headers;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
