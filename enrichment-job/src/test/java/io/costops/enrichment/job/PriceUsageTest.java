package io.costops.enrichment.job;

import static io.costops.enrichment.job.TestTopics.price;
import static io.costops.enrichment.job.TestTopics.team;
import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.tombstone;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.costops.enrichment.position.Requests;
import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.heap.HeapKeyedStateBackend;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedBroadcastOperatorTestHarness;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PriceUsageTest {
    private static final Duration HORIZON = Duration.ofHours(24);
    private static final Duration WINDOW = Duration.ofDays(3);
    private static final Instant START = Instant.parse("2026-08-03T12:00:00Z");
    private static final int MAX_PARALLELISM = 128;
    private static final String KEY = "openai:chatcmpl-1";

    private final TestRegistry registry = new TestRegistry();
    private final TestTopics topics = new TestTopics(registry);
    private final ManualClock clock = ManualClock.at(START);
    private final List<SourceRecord> atStart = new ArrayList<>();
    private final List<Job> opened = new ArrayList<>();
    private int read;

    @AfterEach
    void close() throws Exception {
        for (var harness : opened) {
            harness.close();
        }
    }

    @Nested
    @DisplayName("the books")
    class TheBooks {
        @Test
        void are_loaded_before_the_first_event_is_priced() throws Exception {
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            atStart.add(topics.rule(team("chatbot", "search")));
            var job = start();

            LedgerEntry entry = only(send(job, usage(0).build()));

            assertThat(entry.getStatus()).isEqualTo(EntryStatus.PRICED);
            assertThat(entry.getListCost()).isEqualByComparingTo("0.003215");
            assertThat(entry.getDimensions().getTeam()).isEqualTo("search");
            assertThat(entry.getRecordedAt()).isEqualTo(START);
        }

        @Test
        void price_by_the_terms_of_the_tenant_that_attribution_names() throws Exception {
            AttributionRule acmes = team("chatbot", "search");
            acmes.setPrecedence(AttributionPrecedence.RULE_WINS);
            acmes.getDimensions().setTenant("acme");
            PriceRevision negotiated = price("0.000001", "0.00001");
            negotiated.setScope("tenant:acme");
            PriceRevision euros = terms("billing_currency:acme", "*", "EUR", Map.of());
            PriceRevision rate = terms("exchange_rate", "EUR/USD", "USD", Map.of("rate", decimal("1.25")));
            atStart.add(topics.rule(acmes));
            for (PriceRevision revision : List.of(price("0.0000025", "0.00001"), negotiated, euros, rate)) {
                atStart.add(topics.price(revision));
            }
            var job = start();

            LedgerEntry entry = only(send(job, usage(0).build()));

            assertThat(entry.getDimensions().getTenant()).isEqualTo("acme");
            assertThat(entry.getListCost()).isEqualByComparingTo("0.003215");
            assertThat(entry.getContractedCost()).isEqualByComparingTo("0.003086");
            assertThat(entry.getBilledCost()).isEqualByComparingTo("0.0024688");
            assertThat(entry.getPricingCurrency()).isEqualTo("USD");
            assertThat(entry.getBillingCurrency()).isEqualTo("EUR");
            assertThat(entry.getPriceRevision()).contains("list/gpt-4o@", ",tenant:acme/gpt-4o@");
            assertThat(entry.getExchangeRateRevision()).startsWith("exchange_rate/EUR/USD@");
            assertThat(entry.getLines().get(0).getContractedUnitPrice()).isEqualByComparingTo("0.000001");
        }

        @Test
        void leave_usage_unpriced_with_the_reason_where_an_exchange_rate_is_missing() throws Exception {
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            atStart.add(topics.price(terms("billing_currency:*", "*", "EUR", Map.of())));
            var job = start();

            LedgerEntry entry = only(send(job, usage(0).build()));

            assertThat(entry.getStatus()).isEqualTo(EntryStatus.UNPRICED);
            assertThat(entry.getBilledCost()).isNull();
            assertThat(entry.getListCost()).isNull();
            assertThat(entry.getReason()).startsWith("no exchange rate between USD and EUR holds at ");

            update(job, terms("exchange_rate", "USD/EUR", "EUR", Map.of("rate", decimal("0.5"))));
            assertThat(only(send(job, usage(0).setEventId("b").build())).getBilledCost())
                    .isEqualByComparingTo("0.0016075");
        }

        private static PriceRevision terms(String scope, String key, String currency, Map<String, BigDecimal> numbers) {
            PriceRevision terms = price("0", "0");
            terms.setScope(scope);
            terms.setPriceKey(key);
            terms.setProvider(null);
            terms.setCurrency(currency);
            terms.setRates(numbers);
            return terms;
        }

        private static BigDecimal decimal(String number) {
            return new BigDecimal(number).setScale(LedgerDecimal.SCALE);
        }

        @Test
        void follow_the_stream() throws Exception {
            var job = start();
            assertThat(only(send(job, usage(0).build())).getStatus()).isEqualTo(EntryStatus.UNPRICED);

            update(job, price("0.0000025", "0.00001"));

            assertThat(only(send(job, usage(0).setEventId("b").build())).getListCost())
                    .isEqualByComparingTo("0.003215");
        }

        @Test
        void are_not_set_back_by_records_of_the_stream_that_were_loaded() throws Exception {
            SourceRecord old = topics.price(price("0.0009", "0.0009"));
            atStart.add(old);
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            var job = start();

            job.processBroadcastElement(decoded(Book.PRICES, old), 0);

            assertThat(only(send(job, usage(0).build())).getListCost()).isEqualByComparingTo("0.003215");
        }

        @Test
        void take_a_later_record_of_a_key_for_the_earlier_and_a_removal_for_none() throws Exception {
            atStart.add(topics.price(price("0.0009", "0.0009")));
            var job = start();

            update(job, price("0.0000025", "0.00001"));
            assertThat(only(send(job, usage(0).build())).getListCost()).isEqualByComparingTo("0.003215");

            SourceRecord removal = topics.price(price("0.0009", "0.0009"));
            job.processBroadcastElement(
                    decoded(
                            Book.PRICES,
                            new SourceRecord(
                                    removal.topic(),
                                    removal.partition(),
                                    removal.offset(),
                                    removal.timestampMillis(),
                                    removal.key(),
                                    null,
                                    removal.headers())),
                    0);
            assertThat(only(send(job, usage(0).setEventId("b").build())).getStatus())
                    .isEqualTo(EntryStatus.UNPRICED);
        }

        /** Its removal is compacted away as well: no record says any more that it is gone. */
        @Test
        void lose_what_the_topic_lost_while_the_job_was_down() throws Exception {
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            atStart.add(topics.rule(team("chatbot", "search")));
            atStart.add(topics.period("2026-07", true));
            var job = start();
            LedgerEntry before = only(send(job, usage(0).build()));
            assertThat(before.getStatus()).isEqualTo(EntryStatus.PRICED);
            assertThat(before.getDimensions().getTeam()).isEqualTo("search");
            assertThat(before.getBillingPeriod()).isEqualTo("2026-08-01");
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);
            atStart.clear();

            var restored = restore(checkpoint);

            LedgerEntry after = only(send(restored, usage(0).setEventId("b").build()));
            assertThat(after.getStatus()).isEqualTo(EntryStatus.UNPRICED);
            assertThat(after.getDimensions().getTeam()).isNull();
            assertThat(after.getBillingPeriod()).isEqualTo("2026-07-01");
        }

        /** Usage has waited while the job was down. It must not be priced by what was known before that. */
        @Test
        void are_told_what_came_while_the_job_was_down_before_it_takes_any_usage() throws Exception {
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            var job = start();
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);
            SourceRecord meanwhile = topics.price(price("0.000005", "0.00002"));
            atStart.add(meanwhile);
            atStart.add(topics.period("2026-07", true));

            var restored = restore(checkpoint);

            LedgerEntry entry = only(send(restored, usage(0).build()));
            assertThat(entry.getListCost()).isEqualByComparingTo("0.00643");
            assertThat(entry.getBillingPeriod()).isEqualTo("2026-08-01");
            restored.processBroadcastElement(decoded(Book.PRICES, meanwhile), 0);
            assertThat(only(send(restored, usage(0).setEventId("b").build())).getListCost())
                    .isEqualByComparingTo("0.00643");
        }

        @Test
        void that_cant_be_loaded_stop_the_job_instead_of_leaving_usage_unpriced() {
            atStart.add(topics.price(price("0.0009", "0.0009")));
            registry.failNext(1, 1);

            assertThatThrownBy(() -> start()).hasMessageContaining("the registry doesn't answer");
        }
    }

    @Nested
    @DisplayName("an event")
    class AnEvent {
        @Test
        void is_booked_once_however_often_it_comes() throws Exception {
            var job = start();

            assertThat(send(job, usage(0).build())).hasSize(1);
            assertThat(send(job, usage(0).build())).isEmpty();
        }

        @Test
        void published_straight_to_the_topic_has_its_place_there_as_origin() throws Exception {
            var job = start();
            SourceRecord record = topics.usage(usage(0).setOrigin(null).build());

            LedgerEntry entry = only(send(job, record));

            assertThat(entry.getOrigin().getTopic()).isEqualTo("usage.events");
            assertThat(entry.getOrigin().getOffset()).isEqualTo(record.offset());
        }

        @Test
        void whose_cost_doesnt_fit_the_ledger_is_rejected_whole() throws Exception {
            PriceRevision finest = price("0.0009", "0.0009");
            finest.setRates(Map.of("input_cost_per_second", new BigDecimal("1E-30").setScale(30)));
            atStart.add(topics.price(finest));
            var job = start();
            SourceRecord half = topics.usage(
                    usage(0).setMeters(List.of(meter("audio_seconds", "0.5"))).build());

            assertThat(send(job, half)).isEmpty();

            RejectedUsage rejected =
                    job.getSideOutput(EnrichmentTopology.REJECTED).element().getValue();
            assertThat(rejected.getReason()).isEqualTo(RejectReason.OUT_OF_RANGE);
            assertThat(rejected.getEventId()).isEqualTo(KEY);
            assertThat(rejected.getTenant()).isEqualTo("acme");
            assertThat(rejected.getOriginal().array()).isEqualTo(half.value());
            assertThat(rejected.getOrigin().getOffset()).isEqualTo(half.offset());
            assertThat(job.keyedStateEntries()).isZero();
        }
    }

    @Nested
    @DisplayName("state")
    class State {
        @Test
        void is_gone_once_the_window_has_passed_timers_included() throws Exception {
            var job = start();
            send(job, usage(0).build());
            send(job, usage(1).build());
            send(job, usage(0).setEventId("b").build());
            assertThat(job.numProcessingTimeTimers()).isEqualTo(2);
            assertThat(job.held(PriceUsage.POSITION)).isEqualTo(2);

            advance(job, HORIZON);
            assertThat(job.held(PriceUsage.POSITION)).isZero();
            assertThat(job.held(PriceUsage.MEMORY)).isEqualTo(2);
            assertThat(job.numProcessingTimeTimers()).isEqualTo(2);

            advance(job, WINDOW.minus(HORIZON));
            assertThat(job.held(PriceUsage.MEMORY)).isZero();
            assertThat(job.numProcessingTimeTimers()).isZero();
        }

        @Test
        void is_kept_longer_when_the_event_was_booked_again() throws Exception {
            var job = start();
            send(job, usage(0).build());
            advance(job, HORIZON.minusHours(1));
            send(job, usage(1).build());
            advance(job, Duration.ofHours(2));

            assertThat(send(job, usage(2).build()))
                    .extracting(LedgerEntry::getKind)
                    .containsExactly(EntryKind.REVERSAL, EntryKind.CORRECTION);
        }

        @Test
        void remembers_duplicates_for_the_whole_window() throws Exception {
            var job = start();
            send(job, usage(0).build());

            advance(job, WINDOW.minusMillis(1));
            assertThat(send(job, usage(0).build())).isEmpty();

            advance(job, Duration.ofMillis(1));
            assertThat(send(job, usage(0).build()))
                    .extracting(LedgerEntry::getKind)
                    .containsExactly(EntryKind.USAGE);
        }

        @Test
        void leaves_a_memo_of_what_comes_after_the_horizon() throws Exception {
            var job = start();
            send(job, usage(0).build());
            advance(job, HORIZON);

            assertThat(send(job, usage(1).build()))
                    .extracting(LedgerEntry::getKind, LedgerEntry::getStatus, LedgerEntry::getSequence)
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.POSITION_EXPIRED, 1));
            assertThat(send(job, tombstone(2)))
                    .extracting(LedgerEntry::getStatus, LedgerEntry::getSequence)
                    .containsExactly(tuple(EntryStatus.POSITION_EXPIRED, 2));
            assertThat(send(job, usage(1).build())).isEmpty();

            advance(job, WINDOW);
            assertThat(job.keyedStateEntries()).isZero();
            assertThat(job.numProcessingTimeTimers()).isZero();
        }

        @Test
        void expires_by_a_clock_that_stands_still_while_the_job_is_down() throws Exception {
            var job = start();
            send(job, usage(0).build());
            advance(job, Duration.ofHours(23));
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);

            clock.advance(Duration.ofDays(30));
            var restored = restore(checkpoint);
            advance(restored, Duration.ofMillis(1));

            assertThat(send(restored, usage(0).build())).isEmpty();
            assertThat(send(restored, usage(1).build()))
                    .extracting(LedgerEntry::getKind)
                    .containsExactly(EntryKind.REVERSAL, EntryKind.CORRECTION);
            advance(restored, HORIZON);
            assertThat(restored.held(PriceUsage.POSITION)).isZero();
            advance(restored, WINDOW);
            assertThat(restored.keyedStateEntries()).isZero();
            assertThat(restored.numProcessingTimeTimers()).isZero();
        }

        @Test
        void is_not_hurried_by_a_wall_clock_that_is_set_forward() throws Exception {
            var job = start();
            send(job, usage(0).build());

            job.setProcessingTime(START.plus(Duration.ofDays(365)).toEpochMilli());

            assertThat(job.held(PriceUsage.POSITION)).isEqualTo(1);
            assertThat(job.numProcessingTimeTimers()).isEqualTo(1);
        }

        @Test
        void is_forgotten_by_the_window_and_the_horizon_that_the_job_is_restored_with() throws Exception {
            var job = start();
            send(job, usage(0).build());
            advance(job, Duration.ofHours(1));
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);

            // What is shortened is kept until the time at which it was to be looked at, and no longer.
            var shorter = restore(checkpoint, Duration.ofMinutes(1), Duration.ofMinutes(2));
            assertThat(send(shorter, usage(0).build())).isEmpty();
            advance(shorter, HORIZON);
            assertThat(shorter.keyedStateEntries()).isZero();
            assertThat(shorter.numProcessingTimeTimers()).isZero();

            var longer = restore(checkpoint, HORIZON.multipliedBy(2), WINDOW.multipliedBy(2));
            advance(longer, HORIZON.multipliedBy(2).minusHours(1).minusMillis(1));
            assertThat(longer.held(PriceUsage.POSITION)).isEqualTo(1);
            advance(longer, Duration.ofMillis(1));
            assertThat(longer.held(PriceUsage.POSITION)).isZero();
            advance(
                    longer,
                    WINDOW.multipliedBy(2).minus(HORIZON.multipliedBy(2)).minusMillis(1));
            assertThat(send(longer, usage(0).build())).isEmpty();
            advance(longer, Duration.ofMillis(1));
            assertThat(longer.keyedStateEntries()).isZero();
        }

        @Test
        void survives_a_restore_with_every_digit_of_what_stands() throws Exception {
            atStart.add(topics.price(price("0.00000000000000000000012345", "0.00001")));
            var job = start();
            LedgerEntry standing = only(send(job, usage(0).build()));
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);

            List<LedgerEntry> entries = send(restore(checkpoint), usage(1).build());

            assertThat(entries.get(0).getKind()).isEqualTo(EntryKind.REVERSAL);
            assertThat(entries.get(0).getListCost())
                    .isEqualTo(standing.getListCost().negate());
            assertThat(entries.get(0).getLines().get(0).getListCost())
                    .isEqualTo(standing.getLines().get(0).getListCost().negate());
            assertThat(entries.get(1).getSequence()).isEqualTo(2);
        }

        @Test
        void moves_with_its_keys_when_the_job_is_rescaled_and_the_clock_goes_on() throws Exception {
            var job = start();
            send(job, usage(0).build());
            advance(job, Duration.ofHours(23));
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);

            int subtask = KeyGroupRangeAssignment.assignKeyToParallelOperator(KEY, MAX_PARALLELISM, 2);
            var half = harness(2, subtask);
            half.initializeState(
                    KeyedBroadcastOperatorTestHarness.repartitionOperatorState(checkpoint, 128, 1, 2, subtask));
            half.open();
            half.setProcessingTime(clock.now().toEpochMilli());

            assertThat(send(half, usage(0).build())).isEmpty();
            advance(half, Duration.ofHours(1));
            assertThat(half.held(PriceUsage.POSITION)).isZero();
        }
    }

    @Nested
    @DisplayName("a request")
    class ARequest {
        @Test
        void prices_an_event_whose_price_came_late() throws Exception {
            var job = start();
            List<LedgerEntry> ledger = new ArrayList<>(send(job, usage(0).build()));
            update(job, price("0.0000025", "0.00001"));

            LedgerEntry adjustment = only(send(job, topics.request(Requests.reprice("r-1", ledger))));

            assertThat(adjustment.getKind()).isEqualTo(EntryKind.ADJUSTMENT);
            assertThat(adjustment.getListCost()).isEqualByComparingTo("0.003215");
            assertThat(adjustment.getRequestId()).isEqualTo("r-1");
            assertThat(send(job, topics.request(Requests.reprice("r-1", ledger))))
                    .isEmpty();
        }

        @Test
        void that_comes_before_the_price_changes_nothing_and_may_come_again() throws Exception {
            var job = start();
            List<LedgerEntry> ledger = send(job, usage(0).build());
            assertThat(send(job, topics.request(Requests.reprice("r-1", ledger))))
                    .isEmpty();

            update(job, price("0.0000025", "0.00001"));

            assertThat(send(job, topics.request(Requests.reprice("r-1", ledger))))
                    .hasSize(1);
        }

        @Test
        void applies_what_came_after_the_horizon_by_the_memo_that_kept_it() throws Exception {
            var job = start();
            List<LedgerEntry> ledger = new ArrayList<>(send(job, usage(0).build()));
            advance(job, HORIZON);
            SourceRecord late = topics.usage(tombstone(1));
            ledger.addAll(send(job, late));
            assertThat(ledger.get(1).getRecord().array()).isEqualTo(late.value());

            assertThat(send(job, topics.request(Requests.correct("late", ledger, tombstone(1)))))
                    .extracting(LedgerEntry::getKind, LedgerEntry::getSequence)
                    .containsExactly(tuple(EntryKind.REVERSAL, 2));
            assertThat(job.held(PriceUsage.POSITION)).isEqualTo(1);
        }

        @Test
        void about_an_event_that_was_forgotten_is_remembered_and_forgotten_like_any_other() throws Exception {
            var job = start();
            List<LedgerEntry> ledger = new ArrayList<>(send(job, usage(0).build()));
            advance(job, WINDOW);
            assertThat(job.keyedStateEntries()).isZero();
            ledger.addAll(send(job, usage(0).build()));
            advance(job, WINDOW);

            assertThat(send(job, topics.request(Requests.reverse(ledger))))
                    .extracting(LedgerEntry::getKind, LedgerEntry::getRequests)
                    .containsExactly(tuple(EntryKind.REVERSAL, -1));
            assertThat(send(job, usage(0).build())).isEmpty();

            advance(job, HORIZON);
            advance(job, WINDOW);
            assertThat(job.keyedStateEntries()).isZero();
            assertThat(job.numProcessingTimeTimers()).isZero();
        }

        @Test
        void survives_a_restore_as_applied() throws Exception {
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            var job = start();
            List<LedgerEntry> ledger = List.copyOf(send(job, usage(0).build()));
            update(job, price("0.000005", "0.00002"));
            assertThat(send(job, topics.request(Requests.reprice("r-1", ledger))))
                    .hasSize(1);
            OperatorSubtaskState checkpoint = job.snapshot(1, 1);

            var restored = restore(checkpoint);
            update(restored, price("0.000001", "0.00002"));

            assertThat(send(restored, topics.request(Requests.reprice("r-1", ledger))))
                    .isEmpty();
        }
    }

    /**
     * State of version 0.1.0 as Flink's harness wrote it. To make the next one: {@code -Dcostops.snapshot=<file>} writes what
     * {@link #history} leaves; add it to {@link #versions} and never touch those that are there.
     */
    @Nested
    @DisplayName("restored from the state of an earlier version")
    class OfAnEarlierVersion {
        private static final Duration SINCE_HELD = Duration.ofHours(1);
        private static final Duration SINCE_REMEMBERED = HORIZON.plus(SINCE_HELD);

        private List<LedgerEntry> held = List.of();

        static Stream<String> versions() {
            return Stream.of("price-usage-0.1.0.snapshot");
        }

        /** Something of each state: what stands, what is remembered, other records, requests, books, time. */
        private Job history() throws Exception {
            atStart.add(topics.price(price("0.0000025", "0.00001")));
            atStart.add(topics.rule(team("chatbot", "search")));
            atStart.add(topics.period("2026-06", true));
            Job job = start();
            assertThat(send(job, usage(1).setEventId("remembered").build())).hasSize(1);
            assertThat(send(job, usage(0).setEventId("remembered").build()))
                    .extracting(LedgerEntry::getStatus)
                    .containsExactly(EntryStatus.SUPERSEDED);
            advance(job, HORIZON);
            held = new ArrayList<>(send(job, usage(0).build()));
            SourceRecord risen = topics.price(price("0.000005", "0.00002"));
            job.processBroadcastElement(decoded(Book.PRICES, risen), 0);
            held.addAll(send(job, topics.request(Requests.reprice("r-1", held))));
            assertThat(held).hasSize(2);
            // The topic has it for whoever starts later.
            atStart.add(risen);
            advance(job, SINCE_HELD);
            return job;
        }

        private static Path resource(String version) throws Exception {
            return Path.of(Objects.requireNonNull(PriceUsageTest.class.getResource(version), version)
                    .toURI());
        }

        @Test
        @EnabledIfSystemProperty(named = "costops.snapshot", matches = ".+")
        void writes_the_state_of_this_version() throws Exception {
            OperatorSnapshotUtil.writeStateHandle(history().snapshot(1, 1), System.getProperty("costops.snapshot", ""));
        }

        @ParameterizedTest
        @MethodSource("versions")
        void goes_on_exactly(String version) throws Exception {
            history();
            var job = restore(
                    OperatorSnapshotUtil.readStateHandle(resource(version).toString()));

            // position: reversed to the last digit, by its own sequence
            assertThat(job.held(PriceUsage.POSITION)).isEqualTo(1);
            assertThat(send(job, usage(0).build())).as("a repeat").isEmpty();
            assertThat(send(job, topics.request(Requests.reprice("r-1", held))))
                    .as("a request that was applied")
                    .isEmpty();
            List<LedgerEntry> corrected = send(job, usage(1).build());
            assertThat(corrected)
                    .extracting(LedgerEntry::getKind, LedgerEntry::getSequence)
                    .containsExactly(tuple(EntryKind.REVERSAL, 2), tuple(EntryKind.CORRECTION, 3));
            assertThat(corrected.get(0).getListCost()).isEqualByComparingTo("-0.00643");
            assertThat(corrected.get(0).getDimensions().getTeam()).isEqualTo("search");

            // memory: known, and what it was told of too
            assertThat(job.held(PriceUsage.MEMORY)).isEqualTo(2);
            assertThat(send(job, usage(1).setEventId("remembered").build())).isEmpty();
            assertThat(send(job, usage(0).setEventId("remembered").build())).isEmpty();
            assertThat(send(job, usage(2).setEventId("remembered").build()))
                    .extracting(LedgerEntry::getStatus, LedgerEntry::getSequence)
                    .containsExactly(tuple(EntryStatus.POSITION_EXPIRED, 2));

            // the books, which the topics hold
            LedgerEntry fresh = only(send(
                    job,
                    usage(0).setEventId("fresh")
                            .setEventTime(Instant.parse("2026-06-30T23:00:00Z"))
                            .build()));
            assertThat(fresh.getListCost()).isEqualByComparingTo("0.00643");
            assertThat(fresh.getDimensions().getTeam()).isEqualTo("search");
            assertThat(fresh.getBillingPeriod()).isEqualTo("2026-08-01");
        }

        @ParameterizedTest
        @MethodSource("versions")
        void forgets_when_it_would_have_forgotten_timers_and_clock_included(String version) throws Exception {
            history();
            var job = restore(
                    OperatorSnapshotUtil.readStateHandle(resource(version).toString()));
            assertThat(job.numProcessingTimeTimers()).isEqualTo(2);

            advance(job, HORIZON.minus(SINCE_HELD));
            assertThat(job.held(PriceUsage.POSITION)).isZero();
            advance(job, WINDOW.minus(SINCE_REMEMBERED).minus(HORIZON.minus(SINCE_HELD)));
            assertThat(job.held(PriceUsage.MEMORY)).isEqualTo(1);
            advance(job, HORIZON);
            assertThat(job.keyedStateEntries()).isZero();
            assertThat(job.numProcessingTimeTimers()).isZero();
        }

        @ParameterizedTest
        @MethodSource("versions")
        void drops_the_books_that_it_held(String version) throws Exception {
            var job = restore(
                    OperatorSnapshotUtil.readStateHandle(resource(version).toString()));

            assertThat(send(job, usage(0).setEventId("fresh").build()))
                    .extracting(LedgerEntry::getStatus)
                    .containsExactly(EntryStatus.UNPRICED);
            for (var held : FormerBooks.STATES) {
                assertThat(job.getOperator()
                                .getOperatorStateBackend()
                                .getBroadcastState(held)
                                .iterator())
                        .as(held.getName())
                        .isExhausted();
            }
            assertThat(send(
                            restore(job.snapshot(1, 1)),
                            usage(0).setEventId("fresh").build()))
                    .isEmpty();
        }

        /** What state is found by, and how it is written: to change one of these is to lose it. */
        @Test
        void finds_its_state_by_these_names_and_forms() {
            assertThat(Stream.of(PriceUsage.MEMORY, PriceUsage.POSITION, PriceUsage.ACTIVE_TIME)
                            .map(OfAnEarlierVersion::form))
                    .containsExactly(
                            "memory VALUE PojoSerializerSnapshot",
                            "position VALUE AvroSerializerSnapshot",
                            "active-time LIST ListSerializerSnapshot");
        }

        private static String form(StateDescriptor<?, ?> state) {
            state.initializeSerializerUnlessSet(new ExecutionConfig());
            return state.getName() + " " + state.getType() + " "
                    + state.getSerializer().snapshotConfiguration().getClass().getSimpleName();
        }
    }

    @Nested
    @DisplayName("a closed month")
    class AClosedMonth {
        @Test
        void takes_no_entry_and_its_usage_is_billed_in_the_month_that_is_open() throws Exception {
            atStart.add(topics.period("2026-07", true));
            var job = start();

            LedgerEntry entry = only(send(job, usage(0).build()));

            assertThat(entry.getEventTime()).isEqualTo("2026-07-31T23:59:59.999999Z");
            assertThat(entry.getBillingPeriod()).isEqualTo("2026-08-01");
        }

        @Test
        void is_heard_of_while_the_job_runs() throws Exception {
            var job = start();
            List<LedgerEntry> ledger = new ArrayList<>(send(job, usage(0).build()));
            assertThat(ledger.get(0).getBillingPeriod()).isEqualTo("2026-07-01");

            job.processBroadcastElement(decoded(Book.PERIODS, topics.period("2026-07", true)), 0);

            assertThat(send(job, usage(1).build()))
                    .extracting(entry -> entry.getBillingPeriod().toString())
                    .containsExactly("2026-08-01", "2026-08-01");
        }
    }

    private Job start() throws Exception {
        var harness = harness(1, 0);
        harness.open();
        harness.setProcessingTime(clock.now().toEpochMilli());
        return harness;
    }

    private Job restore(OperatorSubtaskState checkpoint) throws Exception {
        return restore(checkpoint, HORIZON, WINDOW);
    }

    private Job restore(OperatorSubtaskState checkpoint, Duration horizon, Duration window) throws Exception {
        var harness = harness(1, 0, horizon, window);
        harness.initializeState(checkpoint);
        harness.open();
        harness.setProcessingTime(clock.now().toEpochMilli());
        return harness;
    }

    private Job harness(int parallelism, int subtask) throws Exception {
        return harness(parallelism, subtask, HORIZON, WINDOW);
    }

    private Job harness(int parallelism, int subtask, Duration horizon, Duration window) throws Exception {
        Job harness = new Job(
                new PriceUsage(registry.access(), TestTopics.loader(atStart), clock, horizon, window),
                parallelism,
                subtask);
        harness.setup(StreamTypes.LEDGER_ENTRY.createSerializer(new SerializerConfigImpl()));
        opened.add(harness);
        read = 0;
        return harness;
    }

    private void advance(Job job, Duration duration) throws Exception {
        clock.advance(duration);
        job.setProcessingTime(clock.now().toEpochMilli());
    }

    private List<LedgerEntry> send(Job job, UsageEvent event) throws Exception {
        return send(job, topics.usage(event));
    }

    private List<LedgerEntry> send(Job job, SourceRecord record) throws Exception {
        String eventId = new String(record.key(), StandardCharsets.UTF_8);
        job.processElement(new StreamRecord<>(new UsageRecord(eventId, record)));
        List<LedgerEntry> all = job.extractOutputValues();
        List<LedgerEntry> made = List.copyOf(all.subList(read, all.size()));
        read = all.size();
        return made;
    }

    private void update(Job job, PriceRevision price) throws Exception {
        job.processBroadcastElement(decoded(Book.PRICES, topics.price(price)), 0);
    }

    private BookUpdate decoded(Book book, SourceRecord record) {
        BookDecoder decoder = new BookDecoder(registry, new Rejections(clock));
        return ((BookDecoder.Outcome.Valid) decoder.decode(book, record)).update();
    }

    private static LedgerEntry only(List<LedgerEntry> entries) {
        assertThat(entries).hasSize(1);
        return entries.get(0);
    }

    @SuppressWarnings("try") // the harness's close may be interrupted
    private static final class Job
            extends KeyedBroadcastOperatorTestHarness<String, UsageRecord, BookUpdate, LedgerEntry> {
        Job(PriceUsage function, int parallelism, int subtask) throws Exception {
            super(
                    new CoBroadcastWithKeyedOperator<>(function, List.of()),
                    UsageRecord::eventId,
                    Types.STRING,
                    MAX_PARALLELISM,
                    parallelism,
                    subtask);
        }

        int keyedStateEntries() {
            return ((HeapKeyedStateBackend<String>) getOperator().<String>getKeyedStateBackend())
                    .numKeyValueStateEntries();
        }

        long held(StateDescriptor<?, ?> state) {
            try (Stream<String> keys =
                    getOperator().<String>getKeyedStateBackend().getKeys(state.getName(), VoidNamespace.INSTANCE)) {
                return keys.count();
            }
        }
    }
}
