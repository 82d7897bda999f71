package io.costops.infra.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.enrichment.position.LedgerPosition;
import io.costops.enrichment.position.RequestRules;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What is asked from the ledger")
@SuppressWarnings("NullAway.Init") // by start
class LedgerLoopTest {
    private static final Instant USED = Instant.parse("2026-07-14T12:00:00.123456Z");
    private static final Instant EVER = Instant.parse("2025-01-01T00:00:00Z");
    private static final String BILLED = "SELECT toString(sum(billed_cost)) FROM costops.chargeback_monthly";

    @TempDir
    private static Path directory;

    private static LedgerDouble ledger;

    private final List<UsageRequest> sent = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        ledger = new LedgerDouble(directory.resolve("clickhouse"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    @BeforeEach
    void clear() throws Exception {
        ledger.clear();
    }

    @Test
    @DisplayName("reads every field of an entry back as it was written")
    void entries_come_back_whole() {
        ledger.price(price("gpt-4o", "0.00000000000000000000012345", "1"));
        UsageEvent event = usage("e", "gpt-4o");
        event.setGateway("litellm");
        event.setRegion("eu");
        event.setTags(new TreeMap<>(Map.of("k", "it's a \"v\"\\", "z", "")));
        event.setLatencyMs(840L);
        event.setAttempt(2);
        event.setQuality(0.1);
        event.setReportedCost(decimal("-0.000000000000000000000000000001"));
        event.getDimensions().setUser("Zoë");
        event.getDimensions().setAgentStep(3L);
        ledger.usage(event);
        ledger.price(price("gpt-4o", "0.5", "1"));
        ledger.apply(List.of(new EventRequests(Clock.systemUTC())
                .reprice(LedgerPosition.of(entriesOf("e")), new LedgerEntry(), "a test asks")));

        List<LedgerEntry> entries = entriesOf("e");

        assertThat(entries).hasSize(2);
        LedgerEntry usage = entries.get(0);
        assertThat(usage.getTags()).isEqualTo(event.getTags());
        assertThat(usage.getEventTime()).isEqualTo(USED);
        assertThat(usage.getReportedCost()).isEqualTo(event.getReportedCost());
        assertThat(usage.getDimensions()).isEqualTo(event.getDimensions());
        assertThat(usage.getOrigin()).isEqualTo(event.getOrigin());
        assertThat(usage.getLines().get(0).getListUnitPrice()).isEqualTo(decimal("0.00000000000000000000012345"));
        assertThat(usage.getLatencyMs()).isEqualTo(840);
        assertThat(usage.getQuality()).isEqualTo(0.1);
        assertThat(entries.get(1).getListCost()).isEqualTo(decimal("499.99999999999999999987655"));
    }

    private static List<LedgerEntry> entriesOf(String eventId) {
        Map<String, List<LedgerEntry>> byEvent = ledger.reader().entries(List.of(eventId, "nobody's"));
        assertThat(byEvent).containsOnlyKeys(eventId);
        return byEvent.values().iterator().next();
    }

    @Nested
    @DisplayName("by the adjuster")
    class ByTheAdjuster {
        private final Adjuster adjuster = new Adjuster(
                ledger.reader(), sent::addAll, ledger.registry(), Clock.fixed(LedgerDouble.NOW, ZoneOffset.UTC));

        @Test
        void prices_usage_as_soon_as_its_price_has_come() throws Exception {
            ledger.usage(usage("a", "new-model"));
            ledger.usage(usage("b", "another"));
            ledger.price(price("new-model", "0.001", "0.01"));

            adjuster.pricesChanged(LedgerDouble.NOW);
            adjuster.work(ledger.prices(), () -> true);

            assertThat(sent).extracting(UsageRequest::getEventId).containsExactly("a");
            ledger.apply(sent);
            ledger.apply(sent);
            assertThat(ledger.row(BILLED)).isEqualTo("4");
            assertThat(ledger.row("SELECT event_id FROM costops.unpriced_usage"))
                    .isEqualTo("b");
        }

        @Test
        void prices_the_part_that_had_no_rate() throws Exception {
            PriceRevision inputOnly = price("new-model", "0.001", "0");
            inputOnly.setRates(Map.of("input_cost_per_token", decimal("0.001")));
            ledger.price(inputOnly);
            ledger.usage(usage("a", "new-model"));
            assertThat(ledger.row("SELECT event_id, unpriced_meters FROM costops.unpriced_usage"))
                    .isEqualTo("a ['output_text']");
            PriceRevision both = price("new-model", "0.001", "0.01");
            both.setRecordedAt(EVER.plusSeconds(1));
            ledger.price(both);

            adjuster.pricesChanged(LedgerDouble.NOW);
            adjuster.work(ledger.prices(), () -> true);
            ledger.apply(sent);

            assertThat(ledger.row(BILLED)).isEqualTo("4");
            assertThat(ledger.row("SELECT count() FROM costops.unpriced_usage")).isEqualTo("0");
        }

        @Test
        void prices_anew_what_was_in_flight_when_the_price_changed_and_leaves_the_past_alone() throws Exception {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            ledger.pass(Duration.ofHours(-1));
            ledger.usage(usage("past", "gpt-4o"));
            ledger.pass(Duration.ofHours(1).plusSeconds(2));
            ledger.usage(usage("in flight", "gpt-4o"));
            PriceRevision changed = price("gpt-4o", "0.002", "0.02");
            changed.setRecordedAt(EVER.plusSeconds(1));
            ledger.price(changed);

            adjuster.pricesChanged(LedgerDouble.NOW);
            adjuster.work(ledger.prices(), () -> true);

            assertThat(sent).extracting(UsageRequest::getEventId).containsExactly("in flight");
        }

        /** Kafka or the job may be down for long just after a price has come. */
        @Test
        void prices_anew_what_was_in_flight_until_the_job_had_heard_of_the_price_however_late() throws Exception {
            ManualTime time = new ManualTime(LedgerDouble.NOW);
            Adjuster watching = new Adjuster(ledger.reader(), sent::addAll, ledger.registry(), time);
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            PriceRevision changed = price("gpt-4o", "0.002", "0.02");
            changed.setRecordedAt(EVER.plusSeconds(1));
            CurrentPrices after = new CurrentPrices(List.of(price("gpt-4o", "0.001", "0.01"), changed));
            watching.pricesChanged(LedgerDouble.NOW);
            watching.work(after, () -> false);
            ledger.pass(Duration.ofHours(2));
            ledger.usage(usage("waited", "gpt-4o"));
            time.pass(Duration.ofHours(2));
            watching.work(after, () -> false);
            assertThat(sent).isEmpty();

            watching.work(after, () -> true);

            assertThat(sent).extracting(UsageRequest::getEventId).containsExactly("waited");
        }

        @Test
        void begins_a_first_look_where_the_newest_prices_began_to_come() {
            assertThat(PriceFeed.beginOfNewest(new TreeSet<>(
                            List.of(EVER, EVER.plusSeconds(60), EVER.plusSeconds(75), EVER.plusSeconds(90)))))
                    .isEqualTo(EVER.plusSeconds(60));
            assertThat(PriceFeed.beginOfNewest(new TreeSet<>(List.of(EVER)))).isEqualTo(EVER);
        }

        /** What the job refuses it refuses every time, and tells each time. */
        @Test
        void asks_ever_more_seldom_for_what_is_not_applied() {
            ManualTime time = new ManualTime(LedgerDouble.NOW);
            Adjuster watching = new Adjuster(ledger.reader(), sent::addAll, ledger.registry(), time);
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            ledger.usage(usage("e", "gpt-4o"));
            ledger.expire();
            UsageEvent correction = usage("e", "gpt-4o");
            correction.setRevision(1);
            ledger.usage(correction);

            int step = 5;
            for (int second = 0; second < 3_600; second += step) {
                step = second < 120 ? 5 : 40;
                watching.work(ledger.prices(), () -> true);
                time.pass(Duration.ofSeconds(step));
            }

            assertThat(sent).hasSizeBetween(8, 10);
            ledger.apply(sent);
            assertThat(ledger.reader().entries(List.of("e")).get("e")).hasSize(4);
        }

        /** The whole ledger is read in each round only; in between it is what was recorded lately. */
        @Test
        void finds_at_once_what_was_recorded_lately_and_in_the_next_round_what_took_longer_to_come() {
            ManualTime time = new ManualTime(LedgerDouble.NOW);
            Adjuster watching = new Adjuster(ledger.reader(), sent::addAll, ledger.registry(), time);
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            ledger.usage(usage("soon", "gpt-4o"));
            ledger.usage(usage("behind", "gpt-4o"));
            ledger.expire();
            watching.work(ledger.prices(), () -> true);

            ledger.usage(revised("soon"));
            ledger.usage(deletion("never seen"));
            ledger.pass(Duration.ofHours(-1));
            ledger.usage(revised("behind"));
            time.pass(Duration.ofSeconds(2));
            watching.work(ledger.prices(), () -> true);
            assertThat(sent).extracting(UsageRequest::getEventId).containsExactly("soon");

            time.pass(Duration.ofMinutes(5));
            watching.work(ledger.prices(), () -> true);
            assertThat(sent)
                    .extracting(UsageRequest::getEventId)
                    .contains("behind")
                    .doesNotContain("never seen");
        }

        private UsageEvent revised(String eventId) {
            UsageEvent correction = usage(eventId, "gpt-4o");
            correction.setRevision(1);
            return correction;
        }

        private UsageEvent deletion(String eventId) {
            UsageEvent tombstone = usage(eventId, "gpt-4o");
            tombstone.setDeleted(true);
            tombstone.setMeters(List.of());
            return tombstone;
        }

        @Test
        void applies_what_came_after_the_horizon_and_every_roll_up_follows() throws Exception {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            ledger.price(price("gpt-4o-mini", "0.0001", "0.001"));
            ledger.usage(usage("moved", "gpt-4o"));
            ledger.usage(usage("deleted", "gpt-4o"));
            ledger.expire();
            UsageEvent correction = usage("moved", "gpt-4o-mini");
            correction.setRevision(1);
            correction.setEventTime(USED.minus(Duration.ofDays(60)));
            correction.setDimensions(Dimensions.newBuilder()
                    .setTenant("globex")
                    .setProject("search")
                    .build());
            ledger.usage(correction);
            UsageEvent tombstone = usage("deleted", "gpt-4o");
            tombstone.setRevision(1);
            tombstone.setDeleted(true);
            tombstone.setMeters(List.of());
            ledger.usage(tombstone);
            assertThat(ledger.row(BILLED)).isEqualTo("8");

            adjuster.work(ledger.prices(), () -> true);
            assertThat(sent)
                    .hasSize(2)
                    .allSatisfy(request ->
                            assertThat(RequestRules.violation(request)).isEmpty());
            ledger.apply(sent);
            ledger.apply(sent);

            for (String view : List.of("hourly", "daily", "monthly")) {
                assertThat(ledger.row(
                                "SELECT tenant, project, model, sum(requests), sum(billed_cost) FROM costops.chargeback_"
                                        + view + " GROUP BY ALL HAVING sum(requests) != 0"))
                        .isEqualTo("globex search gpt-4o-mini 1 0.4");
            }
            assertThat(ledger.row("SELECT count() FROM costops.pending_corrections"))
                    .isEqualTo("0");
            assertThat(ledger.row("SELECT countIf(difference != 0) FROM costops.reconciliation"))
                    .isEqualTo("0");
        }
    }

    @Test
    @DisplayName("applies a deletion that came when its event was forgotten")
    void deletes_what_was_forgotten() throws Exception {
        ledger.price(price("gpt-4o", "0.001", "0.01"));
        ledger.usage(usage("deleted", "gpt-4o"));
        ledger.forget();
        UsageEvent tombstone = usage("deleted", "gpt-4o");
        tombstone.setDeleted(true);
        tombstone.setMeters(List.of());
        ledger.usage(tombstone);
        ledger.usage(unknown(tombstone));

        new Adjuster(ledger.reader(), sent::addAll, ledger.registry(), Clock.systemUTC())
                .work(ledger.prices(), () -> true);
        assertThat(sent).extracting(UsageRequest::getEventId).containsExactly("deleted");
        ledger.apply(sent);

        assertThat(ledger.row(BILLED)).isEqualTo("0");
        assertThat(ledger.row("SELECT count() FROM costops.pending_corrections"))
                .isEqualTo("0");
    }

    private static UsageEvent unknown(UsageEvent event) {
        UsageEvent other = UsageEvent.newBuilder(event).build();
        other.setEventId("never seen");
        return other;
    }

    @Nested
    @DisplayName("a correction of everything")
    class Corrected {
        private UsageEvent correction(long revision) {
            UsageEvent correction = usage("e", "gpt-4o-mini");
            correction.setRevision(revision);
            // Over the turn of a month, and of the year.
            correction.setEventTime(Instant.parse("2025-12-31T23:59:59.999999Z"));
            correction.setDimensions(Dimensions.newBuilder()
                    .setTenant("globex")
                    .setProject("search")
                    .setTeam("finders")
                    .build());
            correction.setMeters(List.of(new MeterQuantity("uncached_input", decimal("500"))));
            return correction;
        }

        private void assertStandsCorrected() throws Exception {
            for (String view : List.of("hourly", "daily", "monthly")) {
                assertThat(
                                ledger.row(
                                        "SELECT tenant, project, team, model, sum(requests), sum(input_tokens),"
                                                + " sum(output_tokens), sum(billed_cost) FROM costops.chargeback_"
                                                + view
                                                + " GROUP BY tenant, project, team, model HAVING sum(requests) != 0 OR sum(billed_cost) != 0"))
                        .as(view)
                        .isEqualTo("globex search finders gpt-4o-mini 1 500 0 0.05");
            }
            assertThat(ledger.row(
                            "SELECT tenant, model, requests, billed_cost FROM costops.usage_current WHERE standing"))
                    .isEqualTo("globex gpt-4o-mini 1 0.05");
            assertThat(ledger.row("SELECT countIf(difference != 0) FROM costops.reconciliation"))
                    .isEqualTo("0");
        }

        @BeforeEach
        void prices() {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            ledger.price(price("gpt-4o-mini", "0.0001", "0.001"));
        }

        @Test
        void moves_tenant_project_team_time_model_and_units_and_every_roll_up_follows() throws Exception {
            ledger.usage(usage("e", "gpt-4o"));
            ledger.usage(correction(1));

            assertStandsCorrected();
        }

        @Test
        void after_the_close_of_both_months_is_billed_in_the_open_one_and_leaves_what_was_billed_as_it_is()
                throws Exception {
            ledger.usage(usage("e", "gpt-4o"));
            String billed = "SELECT sum(billed_cost) FROM costops.ledger WHERE billing_period = '2026-07-01'";
            assertThat(ledger.row(billed)).isEqualTo("4");
            ledger.close(YearMonth.of(2026, 7));
            ledger.close(YearMonth.of(2025, 12));

            ledger.usage(correction(1));

            assertStandsCorrected();
            assertThat(ledger.row(billed)).isEqualTo("4");
            assertThat(ledger.row(
                            "SELECT billing_period, charge_class, sum(requests), sum(billed_cost) FROM costops.ledger"
                                    + " WHERE kind != 'usage' GROUP BY ALL"))
                    .isEqualTo("2026-08-01 Correction 0 -3.95");
        }

        @Test
        void that_comes_before_what_it_corrects_counts_alone() throws Exception {
            ledger.usage(correction(1));
            ledger.usage(usage("e", "gpt-4o"));

            assertStandsCorrected();
        }

        @Test
        void that_comes_after_it_was_deleted_by_a_tombstone_which_came_before_everything_stands() throws Exception {
            UsageEvent tombstone = usage("e", "gpt-4o");
            tombstone.setDeleted(true);
            tombstone.setMeters(List.of());
            ledger.usage(tombstone);
            ledger.usage(usage("e", "gpt-4o"));
            assertThat(ledger.row("SELECT sum(requests) FROM costops.ledger")).isEqualTo("0");

            ledger.usage(correction(1));

            assertStandsCorrected();
        }

        /** The request was made from the ledger; before it is applied the live stream has moved the event. */
        @Test
        void that_overtakes_a_request_to_price_it_anew_is_priced_and_not_what_it_replaced() throws Exception {
            ledger.usage(usage("e", "gpt-4o"));
            PriceRevision dearer = price("gpt-4o", "0.002", "0.02");
            dearer.setRecordedAt(EVER.plusSeconds(1));
            ledger.price(dearer);
            RepriceRun run =
                    new RepriceRun(ledger.reader(), new RepriceRun.Scope(EVER, USED.plusSeconds(60), null, null));
            EventRequests asks = new EventRequests(Clock.systemUTC());
            run.round(
                    new Repricer(ledger.prices()),
                    changes -> changes.forEach(
                            change -> sent.add(asks.reprice(change.position(), change.target(), "a test asks"))),
                    events -> {});
            assertThat(sent).hasSize(1);
            ledger.usage(correction(1));

            ledger.apply(sent);
            assertStandsCorrected();

            ledger.expire();
            ledger.apply(sent);
            assertStandsCorrected();
        }
    }

    @Nested
    @DisplayName("by reprice")
    class ByReprice {
        private final RepriceRun run = new RepriceRun(
                ledger.reader(), new RepriceRun.Scope(USED.minusSeconds(60), USED.plusSeconds(60), null, null));

        @Test
        void shows_first_what_changes_by_tenant_and_model() {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            ledger.usage(usage("a", "gpt-4o"));
            ledger.usage(usage("b", "gpt-4o"));
            ledger.usage(usage("c", "unknown"));
            UsageEvent later = usage("d", "gpt-4o");
            later.setEventTime(USED.plusSeconds(60));
            ledger.usage(later);
            PriceRevision changed = price("gpt-4o", "0.002", "0.01");
            changed.setRecordedAt(EVER.plusSeconds(1));
            ledger.price(changed);

            RepriceRun.Survey survey = run.round(new Repricer(ledger.prices()), changes -> {}, events -> {});

            assertThat(survey.events()).isEqualTo(3);
            assertThat(survey.changed()).isEqualTo(2);
            assertThat(survey.changes()).hasSize(1);
            survey.changes().forEach((group, effect) -> {
                assertThat(group).isEqualTo(new RepriceRun.Group("acme", "gpt-4o", "USD"));
                assertThat(effect.before()).isEqualByComparingTo("8");
                assertThat(effect.difference()).isEqualByComparingTo("2");
            });
        }

        @Test
        void may_be_killed_and_run_again_without_doubling() throws Exception {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            for (int i = 0; i < 10; i++) {
                ledger.usage(usage("e" + i, "gpt-4o"));
            }
            ledger.expire();
            PriceRevision changed = price("gpt-4o", "0.002", "0.01");
            changed.setRecordedAt(EVER.plusSeconds(1));
            ledger.price(changed);

            EventRequests asks = new EventRequests(Clock.systemUTC());
            run.round(new Repricer(ledger.prices()), changes -> ask(asks, changes), events -> {});
            List<UsageRequest> first = List.copyOf(sent);
            ledger.apply(first.subList(0, 4));
            sent.clear();
            run.round(new Repricer(ledger.prices()), changes -> ask(asks, changes), events -> {});
            assertThat(sent).hasSize(6);
            ledger.apply(sent);
            ledger.apply(first);

            assertThat(ledger.row(BILLED)).isEqualTo("50");
            assertThat(run.round(new Repricer(ledger.prices()), changes -> {}, events -> {})
                            .changed())
                    .isZero();
            assertThat(ledger.row("SELECT count(), uniqExact(entry_id) FROM costops.ledger"))
                    .isEqualTo("20 20");
        }

        private void ask(EventRequests asks, List<Repricer.Change> changes) {
            changes.forEach(change -> sent.add(asks.reprice(change.position(), change.target(), "a test asks")));
        }
    }

    @Test
    @DisplayName("by ledger reverse takes back what came again after the window, once")
    void takes_back_what_came_again() throws Exception {
        ledger.price(price("gpt-4o", "0.001", "0.01"));
        ledger.usage(usage("twice", "gpt-4o"));
        ledger.usage(usage("once", "gpt-4o"));
        ledger.forget();
        ledger.pass(Duration.ofDays(4));
        ledger.usage(usage("twice", "gpt-4o"));
        assertThat(ledger.row(BILLED)).isEqualTo("12");

        Again again = new Again(ledger.reader(), new EventRequests(Clock.systemUTC()));
        List<Again.Charge> charges = again.charges(null);
        assertThat(charges)
                .singleElement()
                .satisfies(charge -> assertThat(charge.entry().getEventId()).isEqualTo("twice"));
        again.takeBack(charges, null, ledger::apply, Duration.ofSeconds(30));

        ledger.apply(List.of(charges.get(0).request()));
        assertThat(ledger.row(BILLED)).isEqualTo("8");
        assertThat(ledger.row("SELECT standing, requests FROM costops.usage_current WHERE event_id = 'twice'"))
                .isEqualTo("1 1");
        assertThat(ledger.row("SELECT countIf(difference != 0) FROM costops.reconciliation"))
                .isEqualTo("0");
    }

    @Nested
    @DisplayName("about what came again after the window")
    class CameAgain {
        private final Again again = new Again(ledger.reader(), new EventRequests(Clock.systemUTC()));

        @BeforeEach
        void prices() {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
        }

        private void comesAgain(UsageEvent event) {
            ledger.forget();
            ledger.pass(Duration.ofDays(4));
            ledger.usage(event);
        }

        private void takeBack() {
            again.takeBack(again.charges(null), null, ledger::apply, Duration.ofSeconds(30));
        }

        /** The first revision has been replaced; what is too much is the repeated second one. */
        @Test
        void takes_back_the_repeated_correction_and_not_what_it_had_replaced() throws Exception {
            ledger.usage(usage("e", "gpt-4o"));
            UsageEvent corrected = usage("e", "gpt-4o");
            corrected.setRevision(1);
            corrected.setMeters(List.of(new MeterQuantity("uncached_input", decimal("500"))));
            ledger.usage(corrected);
            comesAgain(corrected);
            assertThat(ledger.row(BILLED)).isEqualTo("1");

            takeBack();

            assertThat(ledger.row(BILLED)).isEqualTo("0.5");
            assertThat(ledger.row("SELECT count() FROM costops.booked_again")).isEqualTo("0");
            assertThat(ledger.row("SELECT countIf(difference != 0) FROM costops.reconciliation"))
                    .isEqualTo("0");
        }

        @Test
        void finds_usage_that_was_deleted_before_it_came_again() throws Exception {
            UsageEvent tombstone = usage("deleted", "gpt-4o");
            tombstone.setDeleted(true);
            tombstone.setMeters(List.of());
            ledger.usage(usage("deleted", "gpt-4o"));
            ledger.usage(tombstone);
            comesAgain(usage("deleted", "gpt-4o"));
            assertThat(ledger.row("SELECT event_id, charges, billed_cost FROM costops.booked_again"))
                    .isEqualTo("deleted 1 4");

            takeBack();

            assertThat(ledger.row(BILLED)).isEqualTo("0");
            assertThat(ledger.row("SELECT count() FROM costops.booked_again")).isEqualTo("0");
        }

        @Test
        void lets_stand_what_came_with_a_higher_revision_after_it_was_deleted() throws Exception {
            UsageEvent tombstone = usage("e", "gpt-4o");
            tombstone.setRevision(1);
            tombstone.setDeleted(true);
            tombstone.setMeters(List.of());
            ledger.usage(usage("e", "gpt-4o"));
            ledger.usage(tombstone);
            UsageEvent anew = usage("e", "gpt-4o");
            anew.setRevision(2);
            comesAgain(anew);

            assertThat(ledger.row("SELECT count() FROM costops.booked_again")).isEqualTo("0");
            assertThat(again.charges(null)).isEmpty();
            assertThat(ledger.row(BILLED)).isEqualTo("4");
        }

        /** A reversal of it would be one too many in the log that a rebuild reads. */
        @Test
        void leaves_alone_a_row_that_the_ledger_holds_twice() throws Exception {
            ledger.usage(usage("e", "gpt-4o"));
            ledger.insertAgain(entriesOf("e"));
            assertThat(ledger.row(
                            "SELECT toInt64(ledger) FROM costops.reconciliation WHERE measure = 'duplicate entries'"))
                    .isEqualTo("1");

            assertThat(again.charges(null)).isEmpty();
            assertThat(ledger.row("SELECT count() FROM costops.booked_again")).isEqualTo("0");
        }

        @Test
        void is_left_alone_by_reprice_which_says_so_until_it_is_taken_back() throws Exception {
            ledger.usage(usage("twice", "gpt-4o"));
            comesAgain(usage("twice", "gpt-4o"));
            PriceRevision dearer = price("gpt-4o", "0.002", "0.02");
            dearer.setRecordedAt(EVER.plusSeconds(1));
            ledger.price(dearer);
            RepriceRun run =
                    new RepriceRun(ledger.reader(), new RepriceRun.Scope(EVER, USED.plusSeconds(60), null, null));
            EventRequests asks = new EventRequests(Clock.systemUTC());

            RepriceRun.Survey before = run.round(new Repricer(ledger.prices()), changes -> {}, events -> {});
            takeBack();
            run.round(
                    new Repricer(ledger.prices()),
                    changes -> changes.forEach(
                            change -> sent.add(asks.reprice(change.position(), change.target(), "a test asks"))),
                    events -> {});
            ledger.apply(sent);

            assertThat(before.changed()).isZero();
            assertThat(before.chargedTwice()).isEqualTo(1);
            assertThat(ledger.row(BILLED)).isEqualTo("8");
        }
    }

    @Nested
    @DisplayName("by close")
    class ByClose {
        private static final YearMonth MAY = YearMonth.of(2026, 5);
        private static final YearMonth JULY = YearMonth.of(2026, 7);
        private static final Duration PATIENCE = Duration.ofSeconds(30);

        private final Months months = new Months();

        /** The topic of the months, and what is priced while a close waits for the job. */
        private static final class Months implements MonthEnd.Periods {
            private final Set<YearMonth> closed = new TreeSet<>();
            private Runnable meanwhile = () -> {};

            @Override
            public Set<YearMonth> closed() {
                return new TreeSet<>(closed);
            }

            @Override
            public void append(Collection<Period> all) {
                all.forEach(period -> closed.add(YearMonth.from(period.getMonth())));
            }

            @Override
            public void awaitJob(Duration atMost) {
                meanwhile.run();
                closed.forEach(ledger::close);
            }

            @Override
            public void awaitLedger(Duration atMost) {}
        }

        /** As SIGKILL: nothing that follows is done. */
        private static final class Killed extends Error {
            private static final long serialVersionUID = 1L;
        }

        private Set<YearMonth> close(YearMonth month, boolean andEarlier, int killedAfterSteps) {
            int[] steps = {killedAfterSteps};
            return new MonthEnd(ledger.reader(), months, Clock.fixed(LedgerDouble.NOW, ZoneOffset.UTC))
                    .close(month, andEarlier, PATIENCE, message -> {
                        if (--steps[0] == 0) {
                            throw new Killed();
                        }
                    });
        }

        private static UsageEvent at(String id, YearMonth month) {
            UsageEvent event = usage(id, "gpt-4o");
            event.setEventTime(month.atDay(14).atStartOfDay().toInstant(ZoneOffset.UTC));
            return event;
        }

        private List<String> statements() throws Exception {
            return ledger.row("SELECT billing_period, sum(entries), sum(billed_cost) FROM costops.statements"
                            + " GROUP BY ALL ORDER BY ALL")
                    .lines()
                    .toList();
        }

        @BeforeEach
        void usageOfThreeMonths() {
            ledger.price(price("gpt-4o", "0.001", "0.01"));
            for (YearMonth month = MAY; !month.isAfter(JULY); month = month.plusMonths(1)) {
                ledger.usage(at("in time " + month, month));
            }
        }

        @ParameterizedTest(name = "killed after step {0}")
        @ValueSource(ints = {1, 2, 3})
        void goes_on_wherever_it_was_killed_with_the_earlier_months_too(int steps) throws Exception {
            assertThatThrownBy(() -> close(JULY, true, steps)).isInstanceOf(Killed.class);

            close(JULY, true, 0);
            close(JULY, true, 0);

            assertThat(statements()).containsExactly("2026-05-01 1 4", "2026-06-01 1 4", "2026-07-01 1 4");
            assertThat(ledger.row("SELECT countIf(difference != 0) FROM costops.reconciliation"))
                    .isEqualTo("0");
        }

        @Test
        void goes_on_where_it_was_killed_between_two_statements() throws Exception {
            assertThatThrownBy(() -> close(JULY, true, 3)).isInstanceOf(Killed.class);
            close(MAY, false, 0);
            assertThat(statements()).containsExactly("2026-05-01 1 4");

            assertThat(close(JULY, false, 0)).containsExactly(YearMonth.of(2026, 6), JULY);

            assertThat(statements()).hasSize(3);
        }

        /** Nothing of the month was in the ledger yet when the close was cut off. */
        @Test
        void goes_on_though_what_was_priced_comes_into_the_ledger_only_then() throws Exception {
            YearMonth april = YearMonth.of(2026, 4);
            assertThatThrownBy(() -> close(april, false, 1)).isInstanceOf(Killed.class);
            months.meanwhile = () -> ledger.usage(at("slow", april));

            assertThat(close(april, false, 0)).containsExactly(april);

            assertThat(statements()).containsExactly("2026-04-01 1 4");
        }

        @Test
        void never_changes_a_statement_and_bills_what_comes_late_in_the_open_month() throws Exception {
            close(JULY, true, 0);
            ledger.usage(at("late", MAY));

            assertThat(close(JULY, true, 0)).isEmpty();

            assertThat(statements()).containsExactly("2026-05-01 1 4", "2026-06-01 1 4", "2026-07-01 1 4");
            assertThat(ledger.row("SELECT billing_period, charge_class FROM costops.ledger WHERE event_id = 'late'"))
                    .isEqualTo("2026-08-01 Correction");
            assertThatThrownBy(() -> close(YearMonth.of(2026, 8), false, 0)).hasMessageContaining("is not over");
        }

        @Test
        void refuses_to_leave_an_earlier_month_open() {
            assertThatThrownBy(() -> close(JULY, false, 0)).hasMessageContaining("close 2026-05 first");
            assertThat(months.closed).isEmpty();
        }
    }

    @Nested
    @DisplayName("by replay")
    class ByReplay {
        private final RejectedTopic rejects = new RejectedTopic("unused:9092", ledger.registry(), ledger.reader());

        @Test
        void puts_back_usage_of_which_the_ledger_knows_only_that_there_was_none() {
            UsageEvent none = usage("e", "gpt-4o");
            none.setStatus(UsageStatus.NO_USAGE);
            none.setMeters(List.of());
            ledger.usage(none);

            assertThat(rejects.news(List.of(usage("e", "gpt-4o"), none)))
                    .extracting(UsageEvent::getStatus)
                    .containsExactly(UsageStatus.BILLABLE);
        }

        @Test
        void leaves_alone_what_the_ledger_tells_and_what_it_has_replaced() {
            UsageEvent corrected = usage("e", "gpt-4o");
            corrected.setRevision(2);
            UsageEvent higher = usage("e", "gpt-4o");
            higher.setRevision(3);
            ledger.usage(usage("e", "gpt-4o"));
            ledger.usage(corrected);

            assertThat(rejects.news(List.of(usage("e", "gpt-4o"), corrected, higher, usage("other", "gpt-4o"))))
                    .containsExactly(higher, usage("other", "gpt-4o"));
        }
    }

    /** Whatever the rules of usage let through. */
    @Test
    @DisplayName("takes hostile names through the ledger and every command")
    void hostile_names() throws Exception {
        List<String> names = List.of(
                "'; DROP TABLE ledger; --",
                "\\",
                "\\'",
                "\\N",
                "NULL",
                "\\t\\0",
                "{}[],\"",
                "💥 ñ\u2028\uFEFF漢",
                "$1 %s {x:String}",
                "`",
                "x".repeat(UsageRules.MAX_NAME_LENGTH));
        for (String name : names) {
            UsageEvent event = hostile(name);
            assertThat(UsageRules.violation(event)).isEmpty();
            ledger.usage(event);
            ledger.price(price(name, "0.001", "0.01"));
        }
        Adjuster adjuster = new Adjuster(
                ledger.reader(), sent::addAll, ledger.registry(), Clock.fixed(LedgerDouble.NOW, ZoneOffset.UTC));

        adjuster.pricesChanged(LedgerDouble.NOW);
        adjuster.work(ledger.prices(), () -> true);
        ledger.apply(sent);

        assertThat(ledger.row(BILLED)).isEqualTo(String.valueOf(4 * names.size()));
        Map<String, List<LedgerEntry>> entries = ledger.reader().entries(names);
        assertThat(entries).containsOnlyKeys(names);
        entries.forEach((name, all) -> assertThat(all).hasSize(2).allSatisfy(entry -> {
            assertThat(entry.getDimensions()).isEqualTo(hostile(name).getDimensions());
            assertThat(entry.getModel()).isEqualTo(name);
            assertThat(entry.getTags()).isEqualTo(hostile(name).getTags());
        }));
        for (String name : names) {
            RepriceRun run =
                    new RepriceRun(ledger.reader(), new RepriceRun.Scope(EVER, USED.plusSeconds(60), name, name));
            assertThat(run.round(new Repricer(ledger.prices()), changes -> {}, events -> {})
                            .events())
                    .isEqualTo(1);
        }

        ledger.expire();
        for (String name : names) {
            ledger.usage(corrected(name));
        }
        sent.clear();
        adjuster.work(ledger.prices(), () -> true);
        ledger.apply(sent);
        assertThat(new BigDecimal(ledger.row(BILLED)))
                .isEqualByComparingTo(
                        new BigDecimal(names.size()).movePointLeft(1).multiply(BigDecimal.valueOf(5)));

        ledger.forget();
        ledger.pass(Duration.ofDays(4));
        for (String name : names) {
            ledger.usage(corrected(name));
        }
        Again again = new Again(ledger.reader(), new EventRequests(Clock.systemUTC()));
        assertThat(again.charges(names.get(0))).hasSize(1);
        again.takeBack(again.charges(null), null, ledger::apply, Duration.ofSeconds(30));
        assertThat(new BigDecimal(ledger.row(BILLED)))
                .isEqualByComparingTo(
                        new BigDecimal(names.size()).movePointLeft(1).multiply(BigDecimal.valueOf(5)));
        assertThat(ledger.row("SELECT countIf(difference != 0) FROM costops.reconciliation"))
                .isEqualTo("0");
    }

    private static UsageEvent hostile(String name) {
        UsageEvent event = usage(name, name);
        event.getDimensions().setTenant(name);
        event.getDimensions().setUser(name);
        event.setRegion(name);
        event.setTags(Map.of(name.substring(0, Math.min(name.length(), UsageRules.MAX_TAG_KEY_LENGTH)), name));
        return event;
    }

    /** It costs 0.5. */
    private static UsageEvent corrected(String name) {
        UsageEvent event = hostile(name);
        event.setRevision(1);
        event.setMeters(List.of(new MeterQuantity("uncached_input", decimal("500"))));
        return event;
    }

    /** 1,000 tokens in and 300 out: at 0.001 and 0.01 a token they cost 4. */
    private static UsageEvent usage(String id, String model) {
        return UsageEvent.newBuilder()
                .setEventId(id)
                .setStatus(UsageStatus.BILLABLE)
                .setSourceKind("openai.chat")
                .setProvider("openai")
                .setModel(model)
                .setEventTime(USED)
                .setReceivedAt(USED.plusSeconds(1))
                .setDimensions(Dimensions.newBuilder()
                        .setTenant("acme")
                        .setProject("chatbot")
                        .build())
                .setMeters(List.of(
                        new MeterQuantity("uncached_input", decimal("1000")),
                        new MeterQuantity("output_text", decimal("300"))))
                .setOrigin(new Origin("usage.raw", 3, 100L, null))
                .build();
    }

    private static PriceRevision price(String key, String input, String output) {
        return PriceRevision.newBuilder()
                .setPriceKey(key)
                .setProvider("openai")
                .setEffectiveFrom(EVER)
                .setRecordedAt(EVER)
                .setUnitChecked(true)
                .setRates(Map.of("input_cost_per_token", decimal(input), "output_cost_per_token", decimal(output)))
                .build();
    }

    private static BigDecimal decimal(String value) {
        return LedgerDecimal.fit(new BigDecimal(value), "value");
    }

    /** A clock that the test moves. */
    private static final class ManualTime extends Clock {
        private Instant now;

        private ManualTime(Instant now) {
            this.now = now;
        }

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
