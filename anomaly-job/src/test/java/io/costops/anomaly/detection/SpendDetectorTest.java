package io.costops.anomaly.detection;

import static io.costops.anomaly.detection.Traffic.BUCKETS_PER_DAY;
import static io.costops.anomaly.detection.Traffic.BUCKET_SECONDS;
import static io.costops.anomaly.detection.Traffic.day;
import static io.costops.anomaly.detection.Traffic.secondsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.costops.anomaly.detection.SpendEvent.DataMissing;
import io.costops.anomaly.detection.SpendEvent.IncidentChanged;
import io.costops.anomaly.detection.SpendEvent.Step;
import io.costops.anomaly.detection.Traffic.Change;
import io.costops.anomaly.detection.Traffic.Plant;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpendDetectorTest {
    private static final int BUSY = 80;

    /** Tuesday of the fourth week, 13:00. */
    private static final int NOON = day(22) + 13 * 12;

    private static Plant during(int from, int buckets, Change change) {
        return bucket -> bucket >= from && bucket < from + buckets ? change : Change.NONE;
    }

    private static List<SpendEvent> watch(SpendDetector detector, Traffic traffic, int from, int to, Plant plant) {
        return watch(detector, traffic, from, to, plant, bucket -> false);
    }

    private static List<SpendEvent> watch(
            SpendDetector detector, Traffic traffic, int from, int to, Plant plant, IntPredicate missing) {
        List<SpendEvent> events = new ArrayList<>();
        for (int i = from; i < to; i++) {
            SpendBucket bucket = traffic.bucket(i, plant);
            if (!missing.test(i)) {
                events.addAll(detector.observe(bucket));
            }
        }
        return events;
    }

    private static List<SpendEvent> watch(int days, Plant plant) {
        return watch(new SpendDetector(Traffic.options()), new Traffic(7, BUSY), 0, day(days), plant);
    }

    private static List<IncidentChanged> changes(List<SpendEvent> events) {
        return events.stream()
                .filter(IncidentChanged.class::isInstance)
                .map(IncidentChanged.class::cast)
                .toList();
    }

    private static List<IncidentChanged> opened(List<SpendEvent> events) {
        return changes(events).stream().filter(c -> c.step() == Step.OPENED).toList();
    }

    private static IncidentChanged theOnlyIncident(List<SpendEvent> events) {
        assertThat(opened(events)).hasSize(1);
        return opened(events).get(0);
    }

    @Nested
    @DisplayName("is told about what costs money")
    class Harm {
        private void expectKind(IncidentKind kind, int from, long withinMinutes, Plant plant) {
            IncidentChanged opened = theOnlyIncident(watch(24, plant));
            assertThat(opened.incident().kind()).isEqualTo(kind);
            assertThat(opened.atSeconds() - secondsOf(from)).isBetween(1L, withinMinutes * 60);
        }

        @Test
        void a_token_spike_within_ten_minutes() {
            expectKind(IncidentKind.TOKEN_SPIKE, NOON, 10, during(NOON, 36, new Change(1, 4, 1, 0.01, 0.6)));
        }

        @Test
        void a_retry_loop_within_ten_minutes() {
            expectKind(IncidentKind.RETRY_LOOP, NOON, 10, during(NOON, 24, new Change(8, 1, 1, 0.6, 0.6)));
        }

        @Test
        void a_key_of_four_requests_an_hour_that_is_used_four_times_as_much_in_one_night() {
            int night = day(22) + 2 * 12;
            IncidentChanged opened = theOnlyIncident(watch(
                    new SpendDetector(Traffic.options()),
                    new Traffic(7, 1),
                    0,
                    day(24),
                    during(night, 72, Change.requests(4))));
            assertThat(opened.incident().kind()).isEqualTo(IncidentKind.LEAKED_KEY);
            assertThat(opened.atSeconds() - secondsOf(night)).isBetween(1L, 6 * 3_600L);
        }

        @Test
        void errors_without_more_requests() {
            expectKind(IncidentKind.ERROR_BURST, NOON, 10, during(NOON, 24, new Change(1, 1, 1, 0.5, 0.6)));
        }

        @Test
        void a_model_switch_within_ten_minutes() {
            expectKind(IncidentKind.MODEL_SWITCH, NOON, 10, during(NOON, day(2), new Change(1, 1, 6, 0.01, 0.6)));
        }

        @Test
        void a_price_hike_within_ten_minutes() {
            expectKind(IncidentKind.PRICE_HIKE, NOON, 10, during(NOON, day(2), new Change(1, 1, 1.2, 0.01, 0.6)));
        }

        @Test
        void a_cache_that_no_longer_hits() {
            expectKind(IncidentKind.CACHE_COLLAPSE, NOON, 10, during(NOON, 120, new Change(1, 1, 1, 0.01, 0.05)));
        }

        /** The price of a token hides it, for instance because another model became cheaper at the same time. */
        @Test
        void a_cache_that_no_longer_hits_though_tokens_cost_what_they_did() {
            IncidentChanged opened = theOnlyIncident(watchAltered(bucket -> new SpendBucket(
                    bucket.startSeconds(),
                    bucket.requests(),
                    bucket.errors(),
                    0,
                    bucket.tokens(),
                    (isDuringHarm(bucket) ? 0.1 : 1) * bucket.cachedTokens(),
                    bucket.cost())));

            assertThat(opened.incident().kind()).isEqualTo(IncidentKind.CACHE_COLLAPSE);
            assertThat(opened.incident().signals()).containsExactly(Signal.CACHE_RATIO);
            assertThat(opened.atSeconds() - secondsOf(NOON)).isBetween(1L, 1_200L);
        }

        @Test
        void calls_that_are_tried_again_and_again_though_none_fails_and_there_are_no_more_of_them() {
            IncidentChanged opened = theOnlyIncident(watchAltered(bucket -> new SpendBucket(
                    bucket.startSeconds(),
                    bucket.requests(),
                    0,
                    Math.rint((isDuringHarm(bucket) ? 0.6 : 0.02) * bucket.requests()),
                    bucket.tokens(),
                    bucket.cachedTokens(),
                    bucket.cost())));

            assertThat(opened.incident().kind()).isEqualTo(IncidentKind.RETRY_LOOP);
            assertThat(opened.incident().signals()).containsExactly(Signal.RETRIES);
            assertThat(opened.atSeconds() - secondsOf(NOON)).isBetween(1L, 1_200L);
        }

        private static boolean isDuringHarm(SpendBucket bucket) {
            return bucket.startSeconds() >= secondsOf(NOON) && bucket.startSeconds() < secondsOf(NOON + 36);
        }

        private List<SpendEvent> watchAltered(UnaryOperator<SpendBucket> altered) {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            List<SpendEvent> events = new ArrayList<>();
            for (int i = 0; i < day(25); i++) {
                events.addAll(detector.observe(altered.apply(traffic.bucket(i, Plant.NOTHING))));
            }
            return events;
        }

        @Test
        void a_leaked_key_that_is_used_at_night() {
            int night = day(22) + 2 * 12;
            expectKind(IncidentKind.LEAKED_KEY, night, 30, during(night, 60, Change.requests(5)));
        }

        @Test
        void a_slow_drift_of_10_percent_a_day_within_a_week() {
            Plant drift = bucket -> Change.requests(Math.pow(1.1, Math.max(0, bucket - day(22)) / 288.0));
            List<SpendEvent> events =
                    watch(new SpendDetector(Traffic.options()), new Traffic(7, BUSY), 0, day(30), drift);
            IncidentChanged opened = theOnlyIncident(events);
            assertThat(opened.incident().kind()).isEqualTo(IncidentKind.SLOW_DRIFT);
            assertThat(opened.incident().signals()).containsExactly(Signal.DAILY_DRIFT);
            assertThat(opened.atSeconds() - secondsOf(day(22))).isBetween(2L * 86_400, 7L * 86_400);
        }

        @Test
        void conversations_that_grow_longer_day_by_day() {
            Plant growth = bucket -> new Change(1, Math.pow(1.05, Math.max(0, bucket - day(22)) / 288.0), 1, 0.01, 0.6);
            List<SpendEvent> events =
                    watch(new SpendDetector(Traffic.options()), new Traffic(7, BUSY), 0, day(32), growth);
            assertThat(opened(events))
                    .isNotEmpty()
                    .allSatisfy(c ->
                            assertThat(c.incident().kind()).isIn(IncidentKind.SLOW_DRIFT, IncidentKind.TOKEN_SPIKE));
        }

        @Test
        void with_what_it_cost_what_was_expected_and_the_difference() {
            List<SpendEvent> events = watch(24, during(NOON, 36, new Change(1, 4, 1, 0.01, 0.6)));
            SpendIncident last = changes(events).get(changes(events).size() - 1).incident();
            assertThat(last.impact()).isEqualByComparingTo(last.actual().subtract(last.expected()));
            assertThat(last.actual().doubleValue() / last.expected().doubleValue())
                    .isCloseTo(4 * 36.0 / (36 * 4 + 12) + 1, within(3.0));
            assertThat(last.impact()).isGreaterThan(BigDecimal.TEN);
            assertThat(last.expectedLow()).isLessThan(last.expected());
            assertThat(last.expectedHigh()).isGreaterThan(last.expected());
            assertThat(last.severity()).isEqualTo(Severity.CRITICAL);
        }
    }

    @Nested
    @DisplayName("stays silent")
    class Benign {
        @ParameterizedTest
        @ValueSource(ints = {1, 5, 80, 2000})
        void on_ordinary_traffic_of_any_size(int requestsPerBucket) {
            SpendDetector detector = new SpendDetector(Traffic.options());
            List<SpendEvent> events = watch(detector, new Traffic(11, requestsPerBucket), 0, day(35), Plant.NOTHING);
            assertThat(events).isEmpty();
        }

        @Test
        void for_the_first_three_days() {
            Plant spike = during(day(2), 24, new Change(10, 10, 10, 0.9, 0));
            assertThat(watch(3, spike)).isEmpty();
        }

        @Test
        void on_a_holiday_and_on_the_day_after() {
            assertThat(watch(26, during(day(22), BUCKETS_PER_DAY, Change.requests(0.2))))
                    .isEmpty();
        }

        @Test
        void when_an_outage_is_made_up_for() {
            IntPredicate outage = bucket -> bucket >= NOON && bucket < NOON + 36;
            Plant backlog = during(NOON + 36, 18, Change.requests(1.9));
            List<SpendEvent> events =
                    watch(new SpendDetector(Traffic.options()), new Traffic(7, BUSY), 0, day(25), backlog, outage);
            assertThat(opened(events)).isEmpty();
            assertThat(events).containsExactly(new DataMissing(secondsOf(NOON), secondsOf(NOON + 36)));
        }

        @Test
        void when_a_batch_runs_at_the_months_end() {
            // 30 and 31 May are days 26 and 27.
            Plant batch = bucket -> bucket / BUCKETS_PER_DAY >= 26
                            && bucket / BUCKETS_PER_DAY <= 27
                            && bucket % BUCKETS_PER_DAY >= 36
                            && bucket % BUCKETS_PER_DAY < 84
                    ? Change.requests(2.5)
                    : Change.NONE;
            assertThat(watch(30, batch)).isEmpty();
        }

        @Test
        void on_a_job_that_a_clock_starts_every_day_within_the_hour() {
            Plant cron = bucket ->
                    bucket % BUCKETS_PER_DAY >= 44 && bucket % BUCKETS_PER_DAY < 50 ? Change.requests(12) : Change.NONE;
            assertThat(opened(watch(28, cron)).stream().filter(c -> c.atSeconds() > secondsOf(day(10))))
                    .isEmpty();
        }

        @Test
        void on_a_tenant_of_one_request_a_week() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            List<SpendEvent> events = new ArrayList<>();
            for (int week = 0; week < 60; week++) {
                long t = Traffic.MONDAY.getEpochSecond() + week * 7L * 86_400 + (week * 7919L % 300) * 300;
                events.addAll(detector.observe(new SpendBucket(t, 1, 0, 1000 + week * 37 % 400, 0.01)));
            }
            assertThat(events).isEmpty();
        }

        @Test
        void on_a_tenant_that_is_watched_and_idle_but_for_one_request_a_week() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            List<SpendEvent> events = new ArrayList<>();
            for (int i = 0; i < day(40); i++) {
                boolean event = i % 2016 == 700;
                events.addAll(detector.observe(
                        new SpendBucket(secondsOf(i), event ? 1 : 0, 0, event ? 1000 : 0, event ? 0.01 : 0)));
            }
            assertThat(events).isEmpty();
        }

        @Test
        void on_the_same_bucket_for_ever() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            List<SpendEvent> events = new ArrayList<>();
            for (int i = 0; i < day(40); i++) {
                events.addAll(detector.observe(new SpendBucket(secondsOf(i), 20, 0, 30_000, 0.5)));
            }
            assertThat(events).isEmpty();
        }

        @Test
        void on_history_that_is_filled_in_late() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            Plant spike = during(NOON, 36, new Change(9, 4, 1, 0.5, 0.6));
            for (int i = 0; i < day(24); i++) {
                detector.teach(traffic.bucket(i, spike));
            }
            assertThat(detector.openIncidents()).isEmpty();
            assertThat(watch(detector, traffic, day(24), day(25), Plant.NOTHING))
                    .isEmpty();
        }
    }

    @Nested
    @DisplayName("bad input")
    class BadInput {
        @Test
        void a_number_that_is_none_is_as_good_as_missing() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            List<SpendEvent> events = new ArrayList<>();
            for (int i = 0; i < day(24); i++) {
                SpendBucket bucket = traffic.bucket(i, Plant.NOTHING);
                events.addAll(detector.observe(
                        i % 500 == 17
                                ? new SpendBucket(
                                        bucket.startSeconds(), Double.NaN, 0, Double.POSITIVE_INFINITY, Double.NaN)
                                : bucket));
            }
            assertThat(opened(events)).isEmpty();
        }

        @Test
        void an_adjustment_corrects_and_never_alarms() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            List<SpendEvent> events = new ArrayList<>();
            for (int i = 0; i < day(24); i++) {
                events.addAll(detector.observe(traffic.bucket(i, Plant.NOTHING)));
                if (i % 288 == 100) {
                    events.addAll(detector.observe(new SpendBucket(secondsOf(i), -40, -1, -60_000, -9)));
                    events.addAll(detector.observe(new SpendBucket(secondsOf(i - 3), 0, 0, 0, 5000)));
                }
            }
            assertThat(opened(events)).isEmpty();
        }

        @Test
        void a_clock_that_jumps_ahead_is_a_gap_and_one_that_is_set_back_is_followed() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            assertThat(watch(detector, traffic, 0, day(20), Plant.NOTHING)).isEmpty();
            SpendBucket ahead = new SpendBucket(secondsOf(day(4000)), 50, 0, 75_000, 0.3);
            assertThat(opened(detector.observe(ahead))).isEmpty();
            Plant spike = during(NOON, 36, new Change(1, 4, 1, 0.01, 0.6));
            List<SpendEvent> after = watch(detector, traffic, day(20), day(24), spike);
            assertThat(theOnlyIncident(after).incident().kind()).isEqualTo(IncidentKind.TOKEN_SPIKE);
        }

        @Test
        void numbers_that_can_not_be_true_do_no_lasting_harm() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            double[] absurd = {1e300, 1e16, 1e15, Double.MIN_VALUE, -1e300};
            for (int i = 0; i < day(20); i++) {
                detector.observe(traffic.bucket(i, Plant.NOTHING));
                if (i % 200 == 17) {
                    double number = absurd[i / 200 % absurd.length];
                    detector.observe(new SpendBucket(secondsOf(i) + 1, number, 0, 1e3, 1));
                    detector.observe(new SpendBucket(secondsOf(i) + 2, 1, 0, number, 1));
                    detector.observe(new SpendBucket(secondsOf(i) + 3, 1, 0, 1e3, number));
                }
            }
            watch(detector, traffic, day(20), day(44), Plant.NOTHING);
            assertThat(detector.openIncidents())
                    .allSatisfy(incident -> assertThat(incident.score()).isFinite());
            int noon = day(44) + 13 * 12;
            List<SpendEvent> after =
                    watch(detector, traffic, day(44), day(45), during(noon, 36, new Change(1, 8, 1, 0.01, 0.6)));
            assertThat(opened(after)).isNotEmpty();
        }

        @Test
        void zeros_for_ever_and_then_traffic_are_no_error() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            for (int i = 0; i < day(20); i++) {
                assertThat(detector.observe(new SpendBucket(secondsOf(i), 0, 0, 0, 0)))
                        .isEmpty();
            }
            Traffic traffic = new Traffic(7, BUSY);
            for (int i = day(20); i < day(21); i++) {
                for (SpendIncident incident : incidents(detector.observe(traffic.bucket(i, Plant.NOTHING)))) {
                    assertThat(incident.score()).isFinite();
                }
            }
        }

        private List<SpendIncident> incidents(List<SpendEvent> events) {
            return changes(events).stream().map(IncidentChanged::incident).toList();
        }

        @Test
        void buckets_that_do_not_divide_an_hour_are_refused() {
            assertThatThrownBy(() -> SpendOptions.defaults(Duration.ofMinutes(7)))
                    .hasMessageContaining("bucket")
                    .hasMessageContaining("divide an hour");
        }
    }

    @Nested
    @DisplayName("an incident")
    class Life {
        private final Plant spike = during(NOON, 36, new Change(1, 4, 1, 0.01, 0.6));

        @Test
        void is_resolved_after_12_calm_buckets() {
            List<SpendEvent> events = watch(24, spike);
            IncidentChanged last = changes(events).get(changes(events).size() - 1);
            assertThat(last.step()).isEqualTo(Step.RESOLVED);
            long ended = secondsOf(NOON + 36);
            assertThat(last.atSeconds() - ended).isBetween(12L * BUCKET_SECONDS, 30L * BUCKET_SECONDS);
        }

        @Test
        void is_reopened_within_6_hours_under_its_own_number() {
            Plant twice = bucket -> {
                boolean on = (bucket >= NOON && bucket < NOON + 12) || (bucket >= NOON + 50 && bucket < NOON + 62);
                return on ? new Change(1, 8, 1, 0.01, 0.6) : Change.NONE;
            };
            List<IncidentChanged> changes = changes(watch(24, twice));
            assertThat(changes).extracting(IncidentChanged::step).contains(Step.REOPENED);
            assertThat(changes).extracting(c -> c.incident().number()).containsOnly(1);
            assertThat(changes.get(changes.size() - 1).step()).isEqualTo(Step.RESOLVED);
        }

        @Test
        void that_lasts_a_day_is_the_new_normal() {
            Plant forEver = during(NOON, day(40), new Change(1, 1, 1.5, 0.01, 0.6));
            List<IncidentChanged> changes =
                    changes(watch(new SpendDetector(Traffic.options()), new Traffic(7, BUSY), 0, day(30), forEver));
            IncidentChanged last = changes.get(changes.size() - 1);
            assertThat(last.step()).isEqualTo(Step.RESOLVED);
            assertThat(last.atSeconds() - secondsOf(NOON)).isBetween(86_400L, 2 * 86_400L);
            assertThat(changes).filteredOn(c -> c.step() == Step.OPENED).hasSize(1);
        }

        @Test
        void that_a_person_accepts_is_the_new_normal_at_once() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            Plant planned = during(NOON, day(40), Change.requests(3));
            watch(detector, traffic, 0, NOON + 24, planned);
            assertThat(detector.openIncidents()).hasSize(1);
            List<SpendEvent> answer = detector.acceptAsNormal(secondsOf(NOON + 24));
            assertThat(changes(answer)).extracting(IncidentChanged::step).containsExactly(Step.RESOLVED);
            assertThat(opened(watch(detector, traffic, NOON + 24, NOON + day(2), planned)))
                    .isEmpty();
        }

        @Test
        void of_a_few_cents_is_listed_but_nobody_is_told() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            List<SpendEvent> events = watch(detector, new Traffic(7, 2), 0, day(24), spike);
            IncidentChanged opened = theOnlyIncident(events);
            assertThat(opened.incident().belowMinimumImpact()).isTrue();
            assertThat(changes(events))
                    .allSatisfy(c -> assertThat(c.incident().impact()).isLessThan(new BigDecimal("5")));
        }

        @Test
        void escalates_when_it_passes_the_minimum_impact() {
            Plant small = during(NOON, 36, new Change(1, 1, 1.6, 0.01, 0.6));
            List<IncidentChanged> changes = changes(watch(24, small));
            assertThat(changes.get(0).step()).isEqualTo(Step.OPENED);
            assertThat(changes.get(0).incident().belowMinimumImpact()).isTrue();
            assertThat(changes).anySatisfy(c -> {
                assertThat(c.step()).isEqualTo(Step.ESCALATED);
                assertThat(c.incident().belowMinimumImpact()).isFalse();
            });
        }

        @Test
        void of_several_signals_is_one_incident() {
            Plant both = during(NOON, 24, new Change(1, 3, 6, 0.01, 0.6));
            List<SpendEvent> events = watch(24, both);
            theOnlyIncident(events);
            List<IncidentChanged> changes = changes(events);
            assertThat(changes.get(changes.size() - 1).incident().signals())
                    .contains(Signal.TOKENS_PER_REQUEST, Signal.UNIT_PRICE);
            assertThat(changes.get(changes.size() - 1).incident().kind()).isEqualTo(IncidentKind.MODEL_SWITCH);
        }

        @Test
        void in_the_cold_start_comes_from_the_cap_alone() {
            SpendDetector detector = new SpendDetector(Traffic.options().withColdStartCap(new BigDecimal("20")));
            List<SpendEvent> events = watch(detector, new Traffic(7, BUSY), 0, day(1), Plant.NOTHING);
            assertThat(theOnlyIncident(events).incident().kind()).isEqualTo(IncidentKind.COLD_START_CAP);
        }
    }

    @Nested
    @DisplayName("saved and restored")
    class State {
        @Test
        void in_the_middle_of_an_incident_it_says_the_same_as_if_nothing_had_happened() {
            Plant plant = bucket -> {
                if (bucket >= NOON && bucket < NOON + 30) {
                    return new Change(6, 2, 1, 0.5, 0.2);
                }
                return bucket >= day(24) ? new Change(1, 1, 1.4, 0.01, 0.6) : Change.NONE;
            };
            IntPredicate missing = bucket -> bucket % 700 == 3;
            List<SpendEvent> undisturbed =
                    watch(new SpendDetector(Traffic.options()), new Traffic(7, BUSY), 0, day(27), plant, missing);
            List<SpendEvent> restarted = new ArrayList<>();
            SpendDetector detector = new SpendDetector(Traffic.options());
            Traffic traffic = new Traffic(7, BUSY);
            for (int i = 0; i < day(27); i++) {
                SpendBucket bucket = traffic.bucket(i, plant);
                if (!missing.test(i)) {
                    if (i % 97 == 0 || (i > NOON && i < NOON + 40)) {
                        detector = SpendDetector.fromBytes(detector.toBytes(), Traffic.options());
                    }
                    restarted.addAll(detector.observe(bucket));
                }
            }
            assertThat(opened(undisturbed)).hasSizeGreaterThanOrEqualTo(2);
            assertThat(restarted).isEqualTo(undisturbed);
        }

        @Test
        void takes_less_than_4_kb_for_all_metrics_of_a_key() {
            SpendDetector detector = new SpendDetector(Traffic.options());
            watch(detector, new Traffic(7, BUSY), 0, day(30), Plant.NOTHING);
            assertThat(detector.toBytes()).hasSizeLessThan(3_300);
        }

        /** Three weeks of traffic. */
        @ParameterizedTest
        @ValueSource(ints = {1, 2})
        void by_an_earlier_version_it_goes_on_with_what_it_had_learned(int version) throws IOException {
            byte[] saved;
            try (InputStream in =
                    SpendDetectorTest.class.getResourceAsStream("/state/spend-detector-v" + version + ".bin")) {
                saved = Objects.requireNonNull(in, "the saved state").readAllBytes();
            }
            SpendDetector detector = SpendDetector.fromBytes(saved, Traffic.options());

            List<SpendEvent> usual = goOn(detector, day(21), day(22), 1);
            List<SpendEvent> loop = goOn(detector, day(22), day(22) + 6, 6);

            assertThat(changes(usual)).isEmpty();
            assertThat(theOnlyIncident(loop).atSeconds()).isEqualTo(secondsOf(day(22) + 1));
            assertThat(SpendDetector.fromBytes(detector.toBytes(), Traffic.options())
                            .toBytes())
                    .isEqualTo(detector.toBytes());
        }

        private List<SpendEvent> goOn(SpendDetector detector, int from, int to, double factor) {
            List<SpendEvent> events = new ArrayList<>();
            for (int i = from; i < to; i++) {
                double requests = factor * (60 + i % 288 / 8 + i * 31 % 17);
                double tokens = requests * (1500 + i * 7 % 100);
                events.addAll(detector.observe(new SpendBucket(
                        secondsOf(i), requests, i % 5 == 0 ? 1 : 0, tokens, tokens * 0.5, tokens * 4e-6)));
            }
            return events;
        }

        @Test
        void of_another_version_kind_or_length_is_refused() {
            byte[] state = new SpendDetector(Traffic.options()).toBytes();
            byte[] newer = state.clone();
            newer[3] = 9;
            assertThatThrownBy(() -> SpendDetector.fromBytes(newer, Traffic.options()))
                    .isInstanceOf(StateFormatException.class)
                    .hasMessageContaining("version 9");
            byte[] other = new SeriesDetector().toBytes();
            assertThatThrownBy(() -> SpendDetector.fromBytes(other, Traffic.options()))
                    .isInstanceOf(StateFormatException.class)
                    .hasMessageContaining("tag");
            byte[] cut = Arrays.copyOf(state, state.length - 1);
            assertThatThrownBy(() -> SpendDetector.fromBytes(cut, Traffic.options()))
                    .isInstanceOf(StateFormatException.class);
            byte[] longer = Arrays.copyOf(state, state.length + 1);
            assertThatThrownBy(() -> SpendDetector.fromBytes(longer, Traffic.options()))
                    .isInstanceOf(StateFormatException.class)
                    .hasMessageContaining("too many");
            assertThatThrownBy(() -> SpendDetector.fromBytes(state, SpendOptions.defaults(Duration.ofMinutes(1))))
                    .isInstanceOf(StateFormatException.class)
                    .hasMessageContaining("300 s");
        }
    }

    @Test
    void the_first_day_of_a_month_and_its_last_two_are_its_edge() {
        assertThat(List.of("2026-05-30", "2026-05-31", "2026-06-01", "2026-02-27", "2026-02-28"))
                .allMatch(d ->
                        WeekClock.isMonthsEdge(Instant.parse(d + "T00:00:00Z").getEpochSecond() / 86_400));
        assertThat(List.of("2026-05-29", "2026-06-02", "2026-02-26"))
                .noneMatch(d ->
                        WeekClock.isMonthsEdge(Instant.parse(d + "T00:00:00Z").getEpochSecond() / 86_400));
    }
}
