package io.costops.enrichment.job;

import io.costops.enrichment.position.RequestRules;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Lets through requests that decode and are valid, under the id of the event that they are about. */
final class ReadRequests extends ProcessFunction<SourceRecord, UsageRecord> {
    private static final long serialVersionUID = 1L;

    private final RegistryAccess registry;
    private final JobClock clock;

    @SuppressWarnings("NullAway.Init") // by open
    private transient AvroCodec<UsageRequest> codec;

    @SuppressWarnings("NullAway.Init") // by open
    private transient Rejections rejections;

    @SuppressWarnings("NullAway.Init") // by open
    private transient JobMetrics metrics;

    ReadRequests(RegistryAccess registry, JobClock clock) {
        this.registry = registry;
        this.clock = clock;
    }

    static AvroCodec<UsageRequest> codec(SchemaRegistry registry) {
        return new AvroCodec<>(UsageRequest.class, Topics.USAGE_REQUESTS.subject(), registry);
    }

    @Override
    public void open(OpenContext context) {
        codec = codec(registry.connect());
        rejections = new Rejections(clock);
        metrics = new JobMetrics(getRuntimeContext().getMetricGroup());
    }

    @Override
    public void processElement(SourceRecord record, Context context, Collector<UsageRecord> out) {
        Decoded<UsageRequest> decoded = codec.decode(record.value());
        if (decoded instanceof Decoded.Value<UsageRequest> value) {
            UsageRequest request = value.record();
            Optional<Violation> violation = RequestRules.violation(request);
            if (violation.isPresent()) {
                RejectedUsage rejected = rejections.invalid(record, violation.get());
                rejected.setEventId(request.getEventId());
                reject(rejected, context);
            } else {
                out.collect(new UsageRecord(request.getEventId(), record));
            }
        } else if (decoded instanceof Decoded.Undecodable<UsageRequest> undecodable) {
            reject(rejections.undecodable(record, undecodable), context);
        }
    }

    private void reject(RejectedUsage rejected, Context context) {
        metrics.rejected(rejected.getReason());
        context.output(EnrichmentTopology.REJECTED, rejected);
    }
}
