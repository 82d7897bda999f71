package io.costops.sinks.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Secret;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import io.costops.sinks.Await;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings.Common;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.config.Route;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.courier.Couriers;
import io.costops.sinks.notify.courier.LoopbackHttp;
import io.costops.sinks.notify.lane.PostOffice;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The notifier")
class NotifierTest {
    /** Messages a minute: one each 100 ms. */
    private static final int RATE = 600;

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final LoopbackHttp slack = new LoopbackHttp();
    private final AtomicInteger unrecorded = new AtomicInteger();
    private final AvroCodec<Alert> alertCodec = new AvroCodec<>(Alert.class, Topics.COST_ALERTS.subject(), registry);
    private final AvroCodec<AlertDelivery> deliveryCodec =
            new AvroCodec<>(AlertDelivery.class, Topics.ALERT_DELIVERIES.subject(), registry);
    private final List<AlertDelivery> deliveries = new ArrayList<>();

    @TempDir
    private Path stateDir;

    private PostOffice office;
    private Topology topology;
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> alerts;
    private TestOutputTopic<byte[], byte[]> delivered;

    @BeforeEach
    void start() {
        Routing routing = new Routing(
                Map.of(
                        "finops",
                        new Slack(
                                new Common("finops", Duration.ofSeconds(10), RATE),
                                new Secret(slack.uri("/services/x").toString()))),
                List.of(new Route("all", Route.About.ANY, Set.of(), Set.of(), Set.of(), Set.of("finops"))),
                Optional.empty());
        Clock clock = Clock.systemUTC();
        office = new PostOffice(routing.receivers().values(), Couriers.of(routing, clock), clock);
        Properties properties = new Properties();
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
        topology = Notifier.topology(new Notifier.Surroundings(
                routing,
                registry,
                office,
                new Releases(),
                new NotifierMetrics(new SimpleMeterRegistry()),
                clock,
                Duration.ofDays(7),
                unrecorded));
        driver = new TopologyTestDriver(topology, properties);
        alerts = driver.createInputTopic(
                Topics.COST_ALERTS.name(), new ByteArraySerializer(), new ByteArraySerializer());
        delivered = driver.createOutputTopic(
                Topics.ALERT_DELIVERIES.name(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void stop() {
        driver.close();
        office.close();
        slack.close();
    }

    private void publish(Alert alert) {
        alerts.pipeInput(alert.getIncidentId().getBytes(StandardCharsets.UTF_8), alertCodec.encode(alert));
    }

    private List<DeliveryOutcome> outcomes() {
        driver.advanceWallClockTime(Outbox.RECORDING);
        delivered.readValuesToList().forEach(value -> {
            if (deliveryCodec.decode(value) instanceof Decoded.Value<AlertDelivery> read) {
                deliveries.add(read.record());
            }
        });
        return deliveries.stream().map(AlertDelivery::getOutcome).toList();
    }

    private void awaitOutcomes(DeliveryOutcome... expected) throws Exception {
        Await.until(List.of(expected) + ", not " + outcomes(), () -> outcomes().equals(List.of(expected)));
    }

    /** Stores and their changelogs, {@code <application.id>-<store>-changelog}, are found by these: to change one is to forget. */
    @Test
    void finds_its_state_by_the_names_of_its_steps_and_stores_and_by_its_application_id() {
        assertThat(topology.describe().toString()).isEqualToNormalizingWhitespace("""
                Topologies:
                   Sub-topology: 0
                    Source: Alerts (topics: [cost.alerts])
                      --> Notify
                    Processor: Notify (stores: [incidents, outbox])
                      --> Deliveries
                      <-- Alerts
                    Sink: Deliveries (topic: alert.deliveries)
                      <-- Notify
                """);
        String[] least = {"--kafka.bootstrap", "b:1", "--schema.registry.url", "http://r:2", "--state.dir", "d"};
        assertThat(Configurations.read(NotifierConfiguration.class, least, Map.of())
                        .applicationId())
                .isEqualTo("costops-notifier");
    }

    @Test
    void tells_of_an_incidents_beginning_and_end_once_each() throws Exception {
        publish(TestAlerts.retryLoop());
        awaitOutcomes(DeliveryOutcome.QUEUED, DeliveryOutcome.DELIVERED);
        publish(TestAlerts.step(1, AlertAction.RESOLVED));
        awaitOutcomes(
                DeliveryOutcome.QUEUED, DeliveryOutcome.DELIVERED, DeliveryOutcome.QUEUED, DeliveryOutcome.DELIVERED);
        assertThat(slack.requests()).hasSize(2);
        assertThat(slack.requests().take().body()).contains("Critical: Cost of chatbot");
        assertThat(slack.requests().take().body()).contains("Resolved: Cost of chatbot");
    }

    @Test
    void tries_again_until_the_receiver_is_well() throws Exception {
        slack.behave(LoopbackHttp.answer(503, "maintenance"));
        publish(TestAlerts.retryLoop());
        awaitOutcomes(DeliveryOutcome.QUEUED, DeliveryOutcome.FAILED);
        slack.behave(LoopbackHttp.answer(200, "ok"));
        awaitOutcomes(DeliveryOutcome.QUEUED, DeliveryOutcome.FAILED, DeliveryOutcome.DELIVERED);
        assertThat(slack.requests()).hasSize(2);
    }

    @Test
    void waits_as_long_as_the_receiver_asks() throws Exception {
        slack.behave(LoopbackHttp.answer(429, "", "Retry-After", "1"));
        publish(TestAlerts.retryLoop());
        awaitOutcomes(DeliveryOutcome.QUEUED, DeliveryOutcome.FAILED);
        slack.behave(LoopbackHttp.answer(200, "ok"));
        awaitOutcomes(DeliveryOutcome.QUEUED, DeliveryOutcome.FAILED, DeliveryOutcome.DELIVERED);
        assertThat(Duration.between(
                        deliveries.get(1).getRecordedAt(), deliveries.get(2).getRecordedAt()))
                .isGreaterThanOrEqualTo(Duration.ofMillis(900));
    }

    @Test
    void keeps_to_the_rate() throws Exception {
        long begun = System.nanoTime();
        for (int i = 0; i < 6; i++) {
            publish(TestAlerts.of("acme", "incident " + i));
        }
        Await.until("six messages", () -> slack.requests().size() == 6);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    }

    @Test
    void begins_nothing_more_when_it_is_to_end_and_records_what_was_under_way() throws Exception {
        publish(TestAlerts.retryLoop());
        Await.until("the request", () -> !slack.requests().isEmpty());
        office.finish(Duration.ofSeconds(10));
        publish(TestAlerts.of("acme", "later"));
        outcomes();
        assertThat(unrecorded).hasValue(0);
        assertThat(outcomes())
                .containsExactlyInAnyOrder(DeliveryOutcome.QUEUED, DeliveryOutcome.DELIVERED, DeliveryOutcome.QUEUED);
        assertThat(slack.requests()).hasSize(1);
    }
}
