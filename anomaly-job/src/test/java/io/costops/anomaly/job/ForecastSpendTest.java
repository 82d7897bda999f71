package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.ForecastHorizon;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Forecasts in the job")
class ForecastSpendTest {
    private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");
    private static final SpendSeries ALL = new SpendSeries("", "USD", "all_tenants", "");

    @Test
    @SuppressWarnings("try") // closing the harness
    void are_made_of_all_tenants_together_for_each_horizon() throws Exception {
        try (var harness = harness()) {
            harness.open();
            List<Forecast> made = forecasts(harness, 30);

            assertThat(made).allSatisfy(forecast -> {
                assertThat(forecast.getTenant()).isNull();
                assertThat(forecast.getDimension()).isEqualTo("all_tenants");
                assertThat(forecast.getSeries()).isEqualTo("/USD/all_tenants/");
                assertThat(forecast.getColdStart()).isFalse();
                assertThat(forecast.getHistoryDays()).isEqualTo(30);
                assertThat(forecast.getLow95()).isLessThanOrEqualTo(forecast.getLow80());
                assertThat(forecast.getLow80()).isLessThanOrEqualTo(forecast.getExpected());
                assertThat(forecast.getExpected()).isLessThanOrEqualTo(forecast.getHigh80());
                assertThat(forecast.getHigh80()).isLessThanOrEqualTo(forecast.getHigh95());
            });
            assertThat(made)
                    .extracting(Forecast::getHorizon)
                    .containsExactly(
                            ForecastHorizon.MONTH_END, ForecastHorizon.QUARTER_END, ForecastHorizon.NEXT_30_DAYS);
            // Two an hour, day and night.
            assertThat(made.get(2).getExpected()).isBetween(new BigDecimal("1300"), new BigDecimal("1580"));
            assertThat(made.get(0).getSpent()).isBetween(new BigDecimal("450"), new BigDecimal("462"));
        }
    }

    @Test
    @SuppressWarnings("try") // closing the harness
    void are_made_again_each_hour_also_by_a_job_that_was_restored() throws Exception {
        OperatorSubtaskState state;
        try (var harness = harness()) {
            harness.open();
            forecasts(harness, 30);
            state = harness.snapshot(1, 1);
        }
        try (var harness = harness()) {
            harness.setProcessingTime(NOW.plusSeconds(61).toEpochMilli());
            harness.initializeState(state);
            harness.open();
            for (int hour = 1; hour <= 3; hour++) {
                Instant later = NOW.plus(Duration.ofHours(hour));
                harness.processWatermark(later.toEpochMilli());
                harness.setProcessingTime(later.plusSeconds(60).toEpochMilli());
            }

            assertThat(harness.extractOutputValues())
                    .filteredOn(forecast -> forecast.getHorizon() == ForecastHorizon.MONTH_END)
                    .hasSize(3)
                    .allSatisfy(
                            forecast -> assertThat(forecast.getHistoryDays()).isEqualTo(30));
        }
    }

    @Test
    @SuppressWarnings("try") // closing the harness
    void are_made_once_after_the_job_was_down_however_long_that_was() throws Exception {
        Instant later = NOW.plus(Duration.ofDays(2));
        OperatorSubtaskState state;
        try (var harness = harness()) {
            harness.open();
            forecasts(harness, 30);
            state = harness.snapshot(1, 1);
        }
        try (var harness = harness()) {
            harness.setProcessingTime(later.toEpochMilli());
            harness.initializeState(state);
            harness.open();
            harness.processWatermark(later.toEpochMilli());
            harness.setProcessingTime(later.plusSeconds(90).toEpochMilli());

            assertThat(harness.extractOutputValues())
                    .filteredOn(forecast -> forecast.getHorizon() == ForecastHorizon.MONTH_END)
                    .hasSizeBetween(1, 2);
        }
    }

    @Test
    @SuppressWarnings("try") // closing the harness
    void say_that_they_are_made_of_little_and_are_wide_then() throws Exception {
        try (var young = harness();
                var old = harness()) {
            young.open();
            old.open();
            Forecast ofTwoDays = forecasts(young, 2).get(0);
            Forecast ofMonths = forecasts(old, 60).get(0);

            assertThat(ofTwoDays.getColdStart()).isTrue();
            assertThat(relativeWidth(ofTwoDays))
                    .isGreaterThan(relativeWidth(ofMonths).multiply(BigDecimal.valueOf(3)));
        }
    }

    /** What hasn't been read yet would look like savings. */
    @Test
    @SuppressWarnings("try") // closing the harness
    void wait_until_the_stream_has_caught_up() throws Exception {
        try (var harness = harness()) {
            harness.open();
            harness.setProcessingTime(NOW.toEpochMilli());
            harness.processElement(new SpendPoint(ALL, hourOf(NOW.minus(Duration.ofDays(9))), BigDecimal.ONE), 0);
            harness.processWatermark(NOW.minus(Duration.ofDays(9)).toEpochMilli());
            harness.setProcessingTime(NOW.plus(Duration.ofMinutes(30)).toEpochMilli());

            assertThat(harness.extractOutputValues()).isEmpty();
        }
    }

    @Test
    void count_corrections_and_adjustments_and_leave_out_what_costs_nothing() {
        List<SpendPoint> points = new ArrayList<>();
        SpendPoint.ofAll(cell("5", "-2"), new ListCollector<>(points));
        SpendPoint.ofAll(cell("2", "-2"), new ListCollector<>(points));
        assertThat(points).containsExactly(new SpendPoint(ALL, hourOf(NOW), new BigDecimal("3")));

        points.clear();
        SpendPoint.of(cell("5", "0"), new ListCollector<>(points));
        assertThat(points)
                .extracting(point -> point.series().id())
                .containsExactly("a%2Fb/USD/tenant/", "a%2Fb/USD/project/chat", "a%2Fb/USD/model/m");
    }

    private static Cell cell(String cost, String corrected) {
        Sums none = Sums.NOTHING;
        return new Cell(
                new Place("a/b", "USD", "chat", "m", "k"),
                NOW.toEpochMilli(),
                false,
                new Sums(
                        none.requests(),
                        0,
                        0,
                        0,
                        0,
                        new BigDecimal(cost),
                        new BigDecimal(cost),
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        new BigDecimal(corrected)));
    }

    private static BigDecimal relativeWidth(Forecast forecast) {
        return forecast.getHigh95()
                .subtract(forecast.getLow95())
                .divide(forecast.getExpected(), java.math.RoundingMode.HALF_EVEN);
    }

    /** Two an hour for so many days, and what is forecast a minute later. */
    private static List<Forecast> forecasts(
            KeyedOneInputStreamOperatorTestHarness<SpendSeries, SpendPoint, Forecast> harness, int days)
            throws Exception {
        harness.setProcessingTime(NOW.toEpochMilli());
        long now = hourOf(NOW);
        for (long hour = now - 24L * days; hour < now; hour++) {
            harness.processElement(new SpendPoint(ALL, hour, new BigDecimal("2")), 0);
        }
        harness.processWatermark(NOW.toEpochMilli());
        harness.setProcessingTime(NOW.plusSeconds(60).toEpochMilli());
        return harness.extractOutputValues();
    }

    private static long hourOf(Instant at) {
        return at.getEpochSecond() / 3_600;
    }

    private static KeyedOneInputStreamOperatorTestHarness<SpendSeries, SpendPoint, Forecast> harness()
            throws Exception {
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(new ForecastSpend()), SpendPoint::series, StreamTypes.SPEND_SERIES);
    }
}
