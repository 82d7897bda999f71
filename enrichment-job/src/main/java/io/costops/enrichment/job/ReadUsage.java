package io.costops.enrichment.job;

import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Lets through usage that decodes and is valid, under its event id.
 *
 * <p>Bad bytes are rejected and kept. A registry that doesn't answer says nothing about the bytes: it fails the task,
 * which restarts until it answers.
 */
final class ReadUsage extends ProcessFunction<SourceRecord, UsageRecord> {
    private static final long serialVersionUID = 1L;

    private final RegistryAccess registry;
    private final JobClock clock;

    @SuppressWarnings("NullAway.Init") // by open
    private transient AvroCodec<UsageEvent> codec;

    @SuppressWarnings("NullAway.Init") // by open
    private transient Rejections rejections;

    @SuppressWarnings("NullAway.Init") // by open
    private transient JobMetrics metrics;

    ReadUsage(RegistryAccess registry, JobClock clock) {
        this.registry = registry;
        this.clock = clock;
    }

    @Override
    public void open(OpenContext context) {
        codec = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry.connect());
        rejections = new Rejections(clock);
        metrics = new JobMetrics(getRuntimeContext().getMetricGroup());
    }

    @Override
    public void processElement(SourceRecord record, Context context, Collector<UsageRecord> out) {
        Decoded<UsageEvent> decoded = codec.decode(record.value());
        if (decoded instanceof Decoded.Value<UsageEvent> value) {
            UsageEvent event = value.record();
            Optional<Violation> violation = UsageRules.violation(event);
            if (violation.isPresent()) {
                reject(rejections.invalid(record, violation.get(), event), context);
            } else {
                out.collect(new UsageRecord(event.getEventId(), record));
            }
        } else if (decoded instanceof Decoded.Undecodable<UsageEvent> undecodable) {
            reject(rejections.undecodable(record, undecodable), context);
        }
    }

    private void reject(RejectedUsage rejected, Context context) {
        metrics.rejected(rejected.getReason());
        context.output(EnrichmentTopology.REJECTED, rejected);
    }
}
