package io.costops.anomaly.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The outlook of a key's spend")
class SpendForecasterTest {
    /** A Monday. */
    private static final Instant START = Instant.parse("2026-05-04T00:00:00Z");

    private final SpendForecaster forecaster = new SpendForecaster();

    private static SpendHistory history(Instant from, Instant to, LongToDoubleFunction costOfHour) {
        SpendHistory history = new SpendHistory();
        for (Instant t = from; t.isBefore(to); t = t.plus(Duration.ofHours(1))) {
            double cost = costOfHour.applyAsDouble(t.getEpochSecond() / 3_600);
            if (cost != 0) {
                history.add(t.getEpochSecond(), cost);
            }
        }
        history.advance(to.getEpochSecond());
        return history;
    }

    private static double usual(long hour) {
        return Rhythm.usual((int) (hour - START.getEpochSecond() / 3_600 + 168_000));
    }

    private static double usual(Instant from, Instant to) {
        double sum = 0;
        for (long h = from.getEpochSecond() / 3_600; h < to.getEpochSecond() / 3_600; h++) {
            sum += usual(h);
        }
        return sum;
    }

    private SpendOutlook outlook(SpendHistory history, Instant now) {
        return forecaster.outlook(history, now, SpendOutlook.usualEnd(now, ZoneOffset.UTC), 7);
    }

    private static void ordered(PeriodForecast f) {
        assertThat(f.low95()).isLessThanOrEqualTo(f.low80());
        assertThat(f.low80()).isLessThanOrEqualTo(f.expected());
        assertThat(f.expected()).isLessThanOrEqualTo(f.high80());
        assertThat(f.high80()).isLessThanOrEqualTo(f.high95());
        assertThat(f.spent()).isLessThanOrEqualTo(f.low95());
    }

    @Test
    void adds_the_rest_of_the_month_to_what_has_been_spent() {
        Instant now = Instant.parse("2026-06-12T15:20:00Z");
        SpendHistory history = history(START, now, SpendForecasterTest::usual);
        PeriodForecast month = outlook(history, now).monthEnd(ZoneOffset.UTC);
        double actual = usual(Instant.parse("2026-06-01T00:00:00Z"), Instant.parse("2026-07-01T00:00:00Z"));
        assertThat(month.from()).isEqualTo("2026-06-01T00:00:00Z");
        assertThat(month.to()).isEqualTo("2026-07-01T00:00:00Z");
        assertThat(month.expected().doubleValue()).isCloseTo(actual, within(0.02 * actual));
        assertThat(month.spent().doubleValue())
                .isCloseTo(usual(month.from(), Instant.parse("2026-06-12T16:00:00Z")), within(5.0));
        assertThat(month.confidence()).isEqualTo(Confidence.SETTLED);
        ordered(month);
    }

    @Test
    void reaches_the_quarters_end_and_thirty_days() {
        Instant now = Instant.parse("2026-07-02T09:00:00Z");
        SpendOutlook outlook = outlook(history(START, now, SpendForecasterTest::usual), now);
        PeriodForecast quarter = outlook.quarterEnd(ZoneOffset.UTC);
        double actual = usual(Instant.parse("2026-07-01T00:00:00Z"), Instant.parse("2026-10-01T00:00:00Z"));
        assertThat(quarter.to()).isEqualTo("2026-10-01T00:00:00Z");
        assertThat(quarter.expected().doubleValue()).isCloseTo(actual, within(0.05 * actual));
        ordered(quarter);
        PeriodForecast thirty = outlook.nextThirtyDays();
        double next = usual(now, now.plus(Duration.ofDays(30)));
        assertThat(thirty.spent()).isZero();
        assertThat(thirty.expected().doubleValue()).isCloseTo(next, within(0.03 * next));
        ordered(thirty);
        assertThat(width(quarter)).isGreaterThan(width(thirty));
    }

    private static double width(PeriodForecast f) {
        return f.high95().subtract(f.low95()).doubleValue();
    }

    @Test
    void takes_a_months_end_by_its_owners_clock() {
        Instant now = Instant.parse("2026-06-30T23:30:00Z");
        Instant end = SpendOutlook.usualEnd(now, ZoneId.of("Asia/Tokyo"));
        SpendOutlook outlook = forecaster.outlook(history(START, now, SpendForecasterTest::usual), now, end, 7);
        assertThat(outlook.monthEnd(ZoneId.of("Asia/Tokyo")).from()).isEqualTo("2026-06-30T15:00:00Z");
        assertThat(outlook.monthEnd(ZoneId.of("America/Los_Angeles")).to()).isEqualTo("2026-07-01T07:00:00Z");
    }

    @Test
    void grows_as_the_key_has_grown() {
        Instant now = START.plus(Duration.ofDays(60));
        LongToDoubleFunction growing = h -> usual(h) * Math.exp(0.01 * (h - START.getEpochSecond() / 3600) / 24.0);
        PeriodForecast next = outlook(history(START, now, growing), now).nextThirtyDays();
        double flat = usual(now, now.plus(Duration.ofDays(30))) * Math.exp(0.6);
        assertThat(next.expected().doubleValue()).isGreaterThan(1.04 * flat);
        assertThat(next.high95().doubleValue()).isGreaterThan(1.15 * flat);
    }

    @Test
    void expects_a_holiday_again_that_last_year_had() {
        Instant now = Instant.parse("2027-05-20T00:00:00Z");
        long holiday = LocalDate.parse("2026-05-26").toEpochDay();
        SpendHistory history = history(START, now, h -> usual(h) * (h / 24 == holiday ? 0.1 : 1));
        SpendOutlook outlook = outlook(history, now);
        Instant day = Instant.parse("2027-05-26T00:00:00Z");
        double expected = outlook.period(day, day.plus(Duration.ofDays(1)), null)
                .expected()
                .doubleValue();
        assertThat(expected).isLessThan(0.4 * usual(day, day.plus(Duration.ofDays(1))));
        Instant other = Instant.parse("2027-05-27T00:00:00Z");
        double ordinary = usual(other, other.plus(Duration.ofDays(1)));
        assertThat(outlook.period(other, other.plus(Duration.ofDays(1)), null)
                        .expected()
                        .doubleValue())
                .isCloseTo(ordinary, within(0.1 * ordinary));
    }

    @Test
    void expects_the_batch_of_each_months_last_day_again() {
        Instant now = Instant.parse("2026-08-20T00:00:00Z");
        SpendHistory history = history(START, now, h -> {
            LocalDate date = LocalDate.ofEpochDay(h / 24);
            return usual(h) * (date.getDayOfMonth() == date.lengthOfMonth() ? 3 : 1);
        });
        Instant day = Instant.parse("2026-08-31T00:00:00Z");
        double ordinary = usual(day, day.plus(Duration.ofDays(1)));
        assertThat(outlook(history, now)
                        .period(day, day.plus(Duration.ofDays(1)), null)
                        .expected()
                        .doubleValue())
                .isBetween(2 * ordinary, 3.3 * ordinary);
    }

    @Test
    void is_the_same_for_the_same_history_moment_and_seed() {
        Instant now = START.plus(Duration.ofDays(40));
        SpendHistory history = history(START, now, SpendForecasterTest::usual);
        SpendHistory restored = SpendHistory.fromBytes(history.toBytes());
        assertThat(outlook(restored, now).nextThirtyDays())
                .isEqualTo(outlook(history, now).nextThirtyDays());
    }

    @Test
    void does_not_reach_further_than_it_was_asked_to() {
        Instant now = START.plus(Duration.ofDays(40));
        SpendOutlook outlook = forecaster.outlook(
                history(START, now, SpendForecasterTest::usual), now, now.plus(Duration.ofDays(3)), 7);
        assertThatThrownBy(() -> outlook.period(now, now.plus(Duration.ofDays(9)), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must end");
    }

    @Nested
    @DisplayName("says when a budget runs out")
    class Budget {
        private final Instant now = START.plus(Duration.ofDays(35)).plus(Duration.ofHours(9));
        private final Instant end = now.plus(Duration.ofDays(25));
        private final SpendOutlook outlook = outlook(history(START, now, SpendForecasterTest::usual), now);

        @Test
        void within_half_a_day_on_a_steady_key() {
            Instant due = now.plus(Duration.ofDays(10)).plus(Duration.ofHours(3));
            RunOut runOut = outlook.runOut(BigDecimal.valueOf(usual(now, due)), end);
            assertThat(Duration.between(due, runOut.expected().orElseThrow()).abs())
                    .isLessThan(Duration.ofHours(12));
            assertThat(runOut.earliest95().orElseThrow())
                    .isBefore(runOut.earliest80().orElseThrow());
            assertThat(runOut.earliest80().orElseThrow())
                    .isBefore(runOut.expected().orElseThrow());
            assertThat(runOut.latest95().orElse(Instant.MAX))
                    .isAfter(runOut.latest80().orElseThrow());
            assertThat(runOut.probability()).isGreaterThan(0.95);
        }

        @Test
        void never_if_there_is_plenty() {
            RunOut runOut = outlook.runOut(BigDecimal.valueOf(20 * usual(now, end)), end);
            assertThat(runOut.probability()).isLessThan(0.05);
            assertThat(runOut.expected()).isEmpty();
            assertThat(runOut.latest95()).isEmpty();
        }

        @Test
        void with_a_probability_when_it_is_close() {
            RunOut runOut = outlook.runOut(BigDecimal.valueOf(1.02 * usual(now, end)), end);
            assertThat(runOut.probability()).isBetween(0.1, 0.7);
        }

        @Test
        void now_if_nothing_is_left() {
            RunOut runOut = outlook.runOut(BigDecimal.ZERO, end);
            assertThat(runOut.expected()).contains(now);
            assertThat(runOut.probability()).isEqualTo(1);
        }
    }

    @Nested
    @DisplayName("is honest about a key")
    class ColdStart {
        @Test
        void that_has_spent_nothing() {
            SpendOutlook outlook = outlook(new SpendHistory(), START);
            assertThat(outlook.confidence()).isEqualTo(Confidence.NONE);
            assertThat(outlook.monthEnd(ZoneOffset.UTC).expected()).isZero();
            assertThat(outlook.runOut(BigDecimal.TEN, START.plusSeconds(86_400)).probability())
                    .isZero();
        }

        @Test
        void of_a_few_hours_days_and_weeks_with_intervals_that_narrow() {
            double before = Double.POSITIVE_INFINITY;
            for (int hours : new int[] {6, 30, 4 * 24, 8 * 24, 15 * 24, 40 * 24}) {
                Instant now = START.plus(Duration.ofHours(hours));
                SpendOutlook outlook = outlook(history(START, now, SpendForecasterTest::usual), now);
                PeriodForecast next = outlook.nextThirtyDays();
                ordered(next);
                double relative = width(next) / next.expected().doubleValue();
                assertThat(relative).isLessThan(before);
                before = relative;
                Confidence expected = hours < 14 * 24
                        ? Confidence.COLD_START
                        : hours < 28 * 24 ? Confidence.SHORT_HISTORY : Confidence.SETTLED;
                assertThat(next.confidence()).isEqualTo(expected);
            }
        }

        @Test
        void of_one_event_a_week() {
            Instant now = START.plus(Duration.ofDays(90));
            SpendHistory history =
                    history(START, now, h -> (h - START.getEpochSecond() / 3_600) % 168 == 33 ? 2.0 : 0.0);
            PeriodForecast next = outlook(history, now).nextThirtyDays();
            ordered(next);
            assertThat(next.expected().doubleValue()).isBetween(3.0, 14.0);
        }

        @ParameterizedTest(name = "for {0} days, after {1} days of use")
        @CsvSource({"7, 10", "20, 30", "34, 1", "60, 2", "180, 4", "380, 10", "800, 30"})
        void that_fell_silent(int silentDays, int usedDays) {
            Instant end = START.plus(Duration.ofDays(usedDays));
            Instant now = end.plus(Duration.ofDays(silentDays));
            SpendHistory history = history(START, now, hour -> hour < end.getEpochSecond() / 3_600 ? 4 : 0);

            SpendOutlook outlook = outlook(history, now);

            ordered(outlook.monthEnd(ZoneOffset.UTC));
            ordered(outlook.quarterEnd(ZoneOffset.UTC));
            ordered(outlook.nextThirtyDays());
            assertThat(outlook.runOut(BigDecimal.TEN, now.plus(Duration.ofDays(20)))
                            .probability())
                    .isBetween(0.0, 1.0);
        }

        @Test
        void of_any_sparse_history_is_a_number() {
            for (int seed = 0; seed < 40; seed++) {
                Random random = new Random(seed);
                Instant now = START.plus(Duration.ofHours(random.nextInt(24 * 150) + 1));
                double share = Math.pow(random.nextDouble(), 4);
                SpendHistory history =
                        history(START, now, hour -> random.nextDouble() < share ? random.nextDouble() * 10 - 0.5 : 0);

                ordered(outlook(history, now).nextThirtyDays());
            }
        }

        @Test
        void whose_adjustments_are_larger_than_its_usage() {
            Instant now = START.plus(Duration.ofDays(30));
            SpendHistory history = history(START, now, h -> h % 7 == 0 ? -20 : 1);
            PeriodForecast next = outlook(history, now).nextThirtyDays();
            assertThat(next.low95()).isNotNegative();
            assertThat(next.expected()).isNotNegative();
        }
    }
}
