package io.costops.sinks.notify;

import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.lane.Dispatch;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** From {@code cost.alerts} to the receivers; what becomes of it goes to {@code alert.deliveries}. */
public final class Notifier {
    /** Store names are an interface: the state of a running notifier is found by them. */
    static final String OUTBOX = "outbox";

    static final String INCIDENTS = "incidents";

    private static final String ALERTS = "Alerts";
    private static final String NOTIFY = "Notify";
    private static final String DELIVERIES = "Deliveries";

    private Notifier() {}

    /**
     * What every task of the stream works with; thread-safe.
     *
     * @param keep how long what can't be delivered is kept
     * @param unrecorded answers of receivers that the stream has not recorded yet
     */
    record Surroundings(
            Routing routing,
            SchemaRegistry registry,
            Dispatch dispatch,
            Releases releases,
            NotifierMetrics metrics,
            Clock clock,
            Duration keep,
            AtomicInteger unrecorded) {}

    static Topology topology(Surroundings surroundings) {
        ByteArraySerializer asTheyAre = new ByteArraySerializer();
        return new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        ALERTS,
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer(),
                        Topics.COST_ALERTS.name())
                .addProcessor(NOTIFY, () -> new Outbox(surroundings), ALERTS)
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(OUTBOX), Serdes.Bytes(), Serdes.ByteArray()),
                        NOTIFY)
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(INCIDENTS), Serdes.String(), Serdes.ByteArray()),
                        NOTIFY)
                .addSink(DELIVERIES, Topics.ALERT_DELIVERIES.name(), asTheyAre, asTheyAre, NOTIFY);
    }
}
