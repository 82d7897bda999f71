package io.costops.sinks.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.config.Secret;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings.Common;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.config.Route;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.courier.Answer;
import io.costops.sinks.notify.lane.Dispatch;
import io.costops.sinks.notify.lane.Parcel;
import io.costops.sinks.notify.lane.Report;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedPunctuator;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The outbox")
class OutboxTest {
    private static final Answer OK = new Answer.Taken(200, "ok");
    private static final Answer OOPS = new Answer.Later(500, "oops");
    private static final Answer NO = new Answer.Refused(400, "invalid_payload");
    private static final String SECRET = "verysecret";
    private static final Duration KEEP = Duration.ofDays(7);

    private static final Routing ROUTING = new Routing(
            Map.of(
                    "finops",
                    new Slack(
                            new Common("finops", Duration.ofSeconds(10), 60),
                            new Secret("https://hooks.slack.com/" + SECRET)),
                    "on-call",
                    new PagerDuty(
                            new Common("on-call", Duration.ofSeconds(10), 60),
                            URI.create("https://events.pagerduty.com/v2/enqueue"),
                            new Secret(SECRET))),
            List.of(
                    new Route("acme's", Route.About.ANY, Set.of("acme"), Set.of(), Set.of(), Set.of("finops")),
                    new Route(
                            "pages",
                            Route.About.ANY,
                            Set.of("acme"),
                            Set.of(AlertSeverity.CRITICAL),
                            Set.of(),
                            Set.of("on-call"))),
            Optional.empty());

    private final TestClock clock = new TestClock(TestAlerts.NOON);
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Releases releases = new Releases();
    private final AtomicInteger unrecorded = new AtomicInteger();
    private final AvroCodec<Alert> alerts = new AvroCodec<>(Alert.class, Topics.COST_ALERTS.subject(), registry);
    private final AvroCodec<AlertDelivery> deliveries =
            new AvroCodec<>(AlertDelivery.class, Topics.ALERT_DELIVERIES.subject(), registry);
    private final KeyValueStore<Bytes, byte[]> outboxStore = Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore(Notifier.OUTBOX), Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    private final KeyValueStore<String, byte[]> incidentStore = Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore(Notifier.INCIDENTS), Serdes.String(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    private final List<AlertDelivery> reported = new ArrayList<>();
    private MockProcessorContext<byte[], byte[]> context = new MockProcessorContext<>();
    private Hands hands = new Hands();
    private Outbox outbox;
    private long offset;

    OutboxTest() {
        for (StateStore store : List.of(outboxStore, incidentStore)) {
            store.init(context.getStateStoreContext(), store);
        }
        outbox = start(ROUTING);
    }

    /** What was handed in and not answered or taken back. */
    private static final class Hands implements Dispatch {
        private record Held(String receiver, Parcel parcel) {}

        private final List<Held> held = new ArrayList<>();
        private @Nullable Consumer<Report> reports;

        @Override
        public Desk open(Consumer<Report> given) {
            reports = given;
            return new Desk() {
                @Override
                public void handIn(String receiver, Parcel parcel) {
                    held.add(new Held(receiver, parcel));
                }

                @Override
                public void takeBack(String receiver, long key) {
                    held.removeIf(one ->
                            one.receiver().equals(receiver) && one.parcel().key() == key);
                }

                @Override
                public void close() {
                    held.clear();
                }
            };
        }

        List<String> toDo() {
            return held.stream()
                    .map(one ->
                            one.receiver() + " " + one.parcel().letter().alert().getAction())
                    .toList();
        }
    }

    private Outbox start(Routing routing) {
        Outbox started = new Outbox(new Notifier.Surroundings(
                routing, registry, hands, releases, new NotifierMetrics(meters), clock, KEEP, unrecorded));
        context.addStateStore(outboxStore);
        context.addStateStore(incidentStore);
        started.init(context);
        return started;
    }

    /** The process dies; another takes up its committed state. */
    private void crash() {
        crash(ROUTING);
    }

    private void crash(Routing next) {
        collect();
        hands = new Hands();
        context = new MockProcessorContext<>();
        outbox = start(next);
    }

    private void publish(Alert alert) {
        publish(alerts.encode(alert));
    }

    private void publish(byte[] value) {
        context.setRecordMetadata(Topics.COST_ALERTS.name(), 0, offset++);
        outbox.process(new Record<>("key".getBytes(StandardCharsets.UTF_8), value, 0));
    }

    /** The receiver answers the oldest letter that it was handed. */
    private void answer(String receiver, Answer answer) {
        Hands.Held held = hands.held.stream()
                .filter(one -> one.receiver().equals(receiver))
                .findFirst()
                .orElseThrow();
        boolean again = !(answer instanceof Answer.Taken || answer instanceof Answer.Refused);
        if (!again) {
            hands.held.remove(held);
        }
        Objects.requireNonNull(hands.reports)
                .accept(new Report(
                        receiver,
                        held.parcel(),
                        answer,
                        held.parcel().attempts() + 1,
                        clock.instant(),
                        again ? clock.instant().plusSeconds(4) : null));
    }

    private void tick() {
        punctuate(Outbox.RECORDING);
    }

    private void punctuate(Duration interval) {
        for (CapturedPunctuator punctuator : context.scheduledPunctuators()) {
            if (punctuator.getInterval().equals(interval)) {
                punctuator.getPunctuator().punctuate(clock.millis());
            }
        }
    }

    private void collect() {
        context.forwarded().forEach(forward -> {
            Decoded<AlertDelivery> decoded = deliveries.decode(forward.record().value());
            reported.add(((Decoded.Value<AlertDelivery>) decoded).record());
        });
        context.resetForwards();
    }

    /** {@code receiver outcome revision attempts}, in order. */
    private List<String> reports() {
        collect();
        return reported.stream()
                .map(delivery -> delivery.getReceiver() + " " + delivery.getOutcome() + " " + delivery.getRevision()
                        + " " + delivery.getAttempts())
                .toList();
    }

    private double metric(String name, String receiver) {
        return meters.get(name).tag("receiver", receiver).gauge().value();
    }

    @Test
    void hands_in_one_letter_for_each_receiver_and_says_so() {
        publish(TestAlerts.retryLoop());
        assertThat(hands.toDo()).containsExactly("finops OPENED", "on-call OPENED");
        assertThat(reports()).containsExactly("finops QUEUED 0 0", "on-call QUEUED 0 0");
        assertThat(reported.get(0).getRoutes()).containsExactly("acme's");
        assertThat(reported.get(0).getKind()).isEqualTo("slack");
    }

    @Test
    void forgets_what_was_delivered_and_says_so() {
        publish(TestAlerts.retryLoop());
        answer("finops", OK);
        assertThat(unrecorded).hasValue(1);
        tick();
        assertThat(unrecorded).hasValue(0);
        assertThat(context.committed()).as("recorded at once").isTrue();
        assertThat(reports()).endsWith("finops DELIVERED 1 1");
        assertThat(outboxStore.approximateNumEntries()).isEqualTo(1);
        assertThat(metric("costops.notifier.waiting", "finops")).isZero();
        assertThat(metric("costops.notifier.waiting", "on-call")).isEqualTo(1);
    }

    @Test
    void tells_of_the_end_whom_it_told_of_the_beginning() {
        publish(TestAlerts.retryLoop());
        Alert end = TestAlerts.step(1, AlertAction.RESOLVED);
        end.setSeverity(AlertSeverity.INFO);
        publish(end);
        assertThat(hands.toDo())
                .containsExactly("finops OPENED", "on-call OPENED", "finops RESOLVED", "on-call RESOLVED");
    }

    @Test
    void says_when_no_route_matches() {
        publish(TestAlerts.of("globex", "i"));
        assertThat(hands.toDo()).isEmpty();
        assertThat(reports()).containsExactly(" NO_ROUTE 0 0");
    }

    @Test
    void says_nothing_of_what_is_suppressed() {
        Alert alert = TestAlerts.retryLoop();
        alert.setSuppressed("silenced");
        publish(alert);
        assertThat(hands.toDo()).isEmpty();
        assertThat(reports()).isEmpty();
    }

    @Test
    void tells_a_step_that_comes_again_only_once() {
        publish(TestAlerts.retryLoop());
        publish(TestAlerts.retryLoop());
        assertThat(hands.toDo()).containsExactly("finops OPENED", "on-call OPENED");
        assertThat(meters.get("costops.notifier.repeated").counter().count()).isEqualTo(1);
    }

    @Test
    void goes_on_after_a_record_that_can_not_be_read() {
        publish("nonsense".getBytes(StandardCharsets.UTF_8));
        publish(TestAlerts.retryLoop());
        assertThat(hands.toDo()).hasSize(2);
        assertThat(meters.get("costops.notifier.undecodable").counter().count()).isEqualTo(1);
    }

    @Test
    void holds_no_secret() {
        publish(TestAlerts.retryLoop());
        answer("finops", OOPS);
        tick();
        StringBuilder state = new StringBuilder();
        outboxStore.all().forEachRemaining(entry -> state.append(new String(entry.value, StandardCharsets.ISO_8859_1)));
        incidentStore
                .all()
                .forEachRemaining(entry -> state.append(new String(entry.value, StandardCharsets.ISO_8859_1)));
        assertThat(state.toString()).contains("finops", "on-call").doesNotContain(SECRET);
        assertThat(reported.toString()).doesNotContain(SECRET);
        meters.getMeters().forEach(meter -> assertThat(meter.getId().toString()).doesNotContain(SECRET));
    }

    @Test
    void keeps_a_flood_in_its_store_and_hands_in_a_window_of_it() {
        for (int i = 0; i < 3 * Outbox.WINDOW; i++) {
            publish(TestAlerts.of("acme", "incident " + i));
        }
        assertThat(hands.held).hasSize(2 * Outbox.WINDOW);
        for (int i = 0; i < Outbox.WINDOW; i++) {
            answer("finops", OK);
        }
        tick();
        assertThat(hands.held).hasSize(2 * Outbox.WINDOW);
        for (int i = 0; i < 2 * Outbox.WINDOW; i++) {
            if (i == Outbox.WINDOW) {
                tick();
            }
            answer("finops", OK);
        }
        tick();
        assertThat(hands.toDo()).hasSize(Outbox.WINDOW).allMatch(one -> one.startsWith("on-call"));
        assertThat(reports())
                .filteredOn(one -> one.startsWith("finops DELIVERED"))
                .hasSize(3 * Outbox.WINDOW);
    }

    @Nested
    @DisplayName("when the process dies")
    class Death {
        @Test
        void before_the_receiver_answers_it_hands_the_letter_in_again() {
            publish(TestAlerts.retryLoop());
            crash();
            assertThat(hands.toDo()).containsExactly("finops OPENED", "on-call OPENED");
        }

        @Test
        void after_the_answer_was_recorded_it_hands_nothing_in() {
            publish(TestAlerts.retryLoop());
            answer("finops", OK);
            answer("on-call", OK);
            tick();
            crash();
            assertThat(hands.toDo()).isEmpty();
        }

        @Test
        void between_the_answer_and_its_recording_it_hands_in_again_which_is_the_window_of_doubling() {
            publish(TestAlerts.retryLoop());
            answer("finops", OK);
            crash();
            assertThat(hands.toDo()).contains("finops OPENED");
        }

        @Test
        void while_a_letter_waits_for_its_next_try_it_waits_on() {
            publish(TestAlerts.retryLoop());
            answer("finops", OOPS);
            tick();
            Instant next = clock.instant().plusSeconds(4);
            crash();
            assertThat(hands.held.get(0).parcel().notBefore()).isEqualTo(next);
            assertThat(hands.held.get(0).parcel().attempts()).isEqualTo(1);
        }

        @Test
        void it_still_knows_which_steps_it_has_taken_and_whom_it_told() {
            publish(TestAlerts.retryLoop());
            answer("finops", OK);
            answer("on-call", OK);
            tick();
            crash();
            publish(TestAlerts.retryLoop());
            assertThat(hands.toDo()).isEmpty();
            publish(TestAlerts.step(1, AlertAction.RESOLVED));
            assertThat(hands.toDo()).containsExactly("finops RESOLVED", "on-call RESOLVED");
        }

        @Test
        void and_a_receiver_was_taken_out_of_the_configuration_its_letters_are_kept() {
            publish(TestAlerts.retryLoop());
            crash(Routing.none());
            assertThat(hands.toDo()).isEmpty();
            assertThat(outboxStore.approximateNumEntries()).isEqualTo(2);
            crash();
            assertThat(hands.toDo()).containsExactly("finops OPENED", "on-call OPENED");
        }
    }

    @Nested
    @DisplayName("what fails")
    class Failing {
        @Test
        void is_kept_with_what_was_said() {
            publish(TestAlerts.retryLoop());
            answer("finops", OOPS);
            tick();
            assertThat(reports()).endsWith("finops FAILED 1 1");
            AlertDelivery last = reported.get(reported.size() - 1);
            assertThat(last.getStatus()).isEqualTo(500);
            assertThat(last.getMessage()).isEqualTo("oops");
            assertThat(last.getNextAttemptAt()).isEqualTo(clock.instant().plusSeconds(4));
            answer("finops", OK);
            tick();
            assertThat(reports()).endsWith("finops DELIVERED 2 1");
        }

        @Test
        void is_given_up_after_a_week_which_is_said() {
            publish(TestAlerts.retryLoop());
            clock.advance(KEEP.plusSeconds(1));
            answer("finops", OOPS);
            tick();
            assertThat(reports()).endsWith("finops EXPIRED 1 1");
            assertThat(hands.toDo()).containsExactly("on-call OPENED");
            assertThat(outboxStore.approximateNumEntries()).isEqualTo(1);
        }
    }

    @Nested
    @DisplayName("what is refused")
    class Refused {
        private void refuse() {
            publish(TestAlerts.retryLoop());
            answer("finops", NO);
            tick();
        }

        @Test
        void is_kept_and_not_tried_again_not_even_by_another_process() {
            refuse();
            assertThat(reports()).endsWith("finops REFUSED 1 1");
            assertThat(metric("costops.notifier.refused", "finops")).isEqualTo(1);
            crash();
            tick();
            assertThat(hands.toDo()).containsExactly("on-call OPENED");
            assertThat(outboxStore.approximateNumEntries()).isEqualTo(2);
        }

        @Test
        void holds_no_later_step_back() {
            refuse();
            publish(TestAlerts.step(1, AlertAction.ESCALATED));
            assertThat(hands.toDo()).contains("finops ESCALATED");
        }

        @Test
        void is_tried_once_more_when_an_operator_asks_for_it() {
            refuse();
            releases.ask("finops");
            tick();
            assertThat(hands.toDo()).containsExactly("on-call OPENED", "finops OPENED");
            assertThat(reports()).endsWith("finops QUEUED 2 1");
            answer("finops", OK);
            tick();
            assertThat(reports()).endsWith("finops DELIVERED 3 2");
        }

        @Test
        void is_dropped_then_if_the_incident_has_ended_since() {
            refuse();
            publish(TestAlerts.step(1, AlertAction.RESOLVED));
            releases.ask("finops");
            tick();
            assertThat(reports()).endsWith("finops EXPIRED 2 1");
            assertThat(hands.toDo()).doesNotContain("finops OPENED");
        }

        @Test
        void is_given_up_after_a_week() {
            refuse();
            clock.advance(KEEP.plusSeconds(1));
            punctuate(Outbox.HOUSEKEEPING);
            assertThat(reports()).endsWith("finops EXPIRED 2 1");
        }
    }

    @Test
    void forgets_incidents_that_ended_a_month_ago() {
        publish(TestAlerts.retryLoop());
        publish(TestAlerts.step(1, AlertAction.RESOLVED));
        publish(TestAlerts.of("acme", "lasting"));
        clock.advance(Duration.ofDays(31));
        punctuate(Outbox.HOUSEKEEPING);
        List<String> known = new ArrayList<>();
        incidentStore.all().forEachRemaining(entry -> known.add(entry.key));
        assertThat(known).containsExactly("lasting");
    }

    @Test
    void keeps_a_receivers_letters_together_and_in_order() {
        List<OutboxKey> keys =
                List.of(new OutboxKey("a", 2), new OutboxKey("a", 300), new OutboxKey("a-b", 1), new OutboxKey("b", 0));
        assertThat(keys.stream().sorted(Comparator.comparing(OutboxKey::bytes)).toList())
                .isEqualTo(keys);
        assertThat(keys).allSatisfy(key -> assertThat(OutboxKey.of(key.bytes())).isEqualTo(key));
    }
}
