package io.costops.ingest;

import io.costops.ingest.normalise.Normaliser;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.time.Clock;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;

/** From {@code usage.raw} to {@code usage.events}; what can't be used goes to {@code usage.rejected}, whole. */
public final class UsageIngest {
    static final String EVENTS = "Usage events";
    static final String REJECTED = "Rejected usage";

    private static final String RAW = "Raw usage";
    private static final String NORMALISE = "Normalise usage";

    private UsageIngest() {}

    /**
     * The topology.
     *
     * @param registry where the schemas of what is written are registered; shared by all threads
     * @param clock the time of a rejection
     */
    public static Topology topology(
            Normaliser normaliser, SchemaRegistry registry, IngestMetrics metrics, Clock clock) {
        ByteArraySerializer asTheyAre = new ByteArraySerializer();
        return new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        RAW,
                        new ReceiptTime(clock),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer(),
                        Topics.USAGE_RAW.name())
                .addProcessor(NORMALISE, () -> new NormaliseUsage(normaliser, registry, metrics, clock), RAW)
                .addSink(EVENTS, Topics.USAGE_EVENTS.name(), asTheyAre, asTheyAre, NORMALISE)
                .addSink(REJECTED, Topics.USAGE_REJECTED.name(), asTheyAre, asTheyAre, NORMALISE);
    }
}
