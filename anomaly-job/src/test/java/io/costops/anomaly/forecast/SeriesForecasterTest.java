package io.costops.anomaly.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The forecast of a series")
class SeriesForecasterTest {
    private final SeriesForecaster hourly = new SeriesForecaster(Frequency.HOURLY);

    private static List<Double> points(SeriesForecast forecast) {
        return Arrays.stream(forecast.point()).boxed().toList();
    }

    @Test
    void follows_the_rhythm_of_the_day_and_of_the_week() {
        double[] point = hourly.forecast(Rhythm.hours(5 * 168, 0.05, 1), 72).point();
        for (int i = 0; i < 72; i++) {
            assertThat(point[i]).isCloseTo(Rhythm.usual(i), within(0.15 * Rhythm.usual(i) + 0.2));
        }
    }

    @Test
    void of_a_total_is_within_five_percent() {
        double[] y = Rhythm.hours(6 * 168, 0.2, 2);
        SeriesForecast forecast = hourly.forecast(Arrays.copyOf(y, 4 * 168), 336);
        double actual = Rhythm.sum(y, 4 * 168, 6 * 168);
        assertThat(forecast.total()).isCloseTo(actual, within(0.05 * actual));
        assertThat(forecast.totalInterval(95, IntervalCalibration.shipped(Frequency.HOURLY))
                        .contains(actual))
                .isTrue();
    }

    @Test
    void covers_what_its_intervals_say() {
        List<SeriesForecast> forecasts = new ArrayList<>();
        List<double[]> actuals = new ArrayList<>();
        for (int s = 0; s < 30; s++) {
            // Each ends on another day of the week.
            int known = 4 * 168 + s % 7 * 24;
            double[] y = Rhythm.hours(known + 48, 0.1 + 0.01 * s, 100 + s);
            forecasts.add(hourly.forecast(Arrays.copyOf(y, known), 48));
            actuals.add(Arrays.copyOfRange(y, known, known + 48));
        }
        IntervalCalibration calibration = IntervalCalibration.pooled(Frequency.HOURLY, forecasts);
        assertThat(coverage(forecasts, actuals, calibration, 95)).isBetween(0.92, 0.98);
        assertThat(coverage(forecasts, actuals, calibration, 80)).isBetween(0.74, 0.9);
        assertThat(coverage(forecasts, actuals, IntervalCalibration.shipped(Frequency.HOURLY), 95))
                .isBetween(0.88, 1.0);
    }

    private static double coverage(
            List<SeriesForecast> forecasts, List<double[]> actuals, IntervalCalibration calibration, double percent) {
        int inside = 0;
        int all = 0;
        for (int s = 0; s < forecasts.size(); s++) {
            for (int i = 0; i < 48; i++) {
                boolean contains =
                        forecasts.get(s).interval(i, percent, calibration).contains(actuals.get(s)[i]);
                inside += contains ? 1 : 0;
                all++;
            }
        }
        return (double) inside / all;
    }

    @Test
    void is_the_same_every_time() {
        double[] y = Rhythm.hours(800, 0.3, 3);
        assertThat(hourly.forecast(y, 48).point())
                .isEqualTo(hourly.forecast(y, 48).point());
    }

    @Test
    void does_not_depend_on_the_unit() {
        double[] y = Rhythm.hours(800, 0.3, 4);
        double[] thousands = Arrays.stream(y).map(v -> v * 1024).toArray();
        double[] one = hourly.forecast(y, 24).point();
        double[] other = hourly.forecast(thousands, 24).point();
        for (int i = 0; i < 24; i++) {
            assertThat(other[i]).isCloseTo(1024 * one[i], within(1e-3 * other[i]));
        }
    }

    @Nested
    @DisplayName("from bad input")
    class BadInput {
        @ParameterizedTest
        @EnumSource(Frequency.class)
        void of_a_constant_series_is_that_constant(Frequency frequency) {
            double[] y = new double[200];
            Arrays.fill(y, 7);
            SeriesForecast forecast = new SeriesForecaster(frequency).forecast(y, 20);
            assertThat(points(forecast)).allSatisfy(v -> assertThat(v).isCloseTo(7, within(1e-3)));
            assertThat(forecast.interval(10, 95, IntervalCalibration.shipped(frequency))
                            .contains(7))
                    .isTrue();
        }

        @ParameterizedTest
        @EnumSource(Frequency.class)
        void of_zeros_is_zero(Frequency frequency) {
            SeriesForecast forecast = new SeriesForecaster(frequency).forecast(new double[200], 20);
            assertThat(forecast.point()).containsOnly(0);
            assertThat(forecast.total()).isZero();
        }

        @Test
        void fills_gaps_with_what_is_usual_then() {
            double[] y = Rhythm.hours(4 * 168, 0.02, 5);
            double[] holes = y.clone();
            for (int i = 0; i < holes.length; i++) {
                if (i < 5 || i % 17 == 3 || (i > 400 && i < 430) || i == holes.length - 1) {
                    holes[i] = i % 2 == 0 ? Double.NaN : Double.POSITIVE_INFINITY;
                }
            }
            double[] point = hourly.forecast(holes, 24).point();
            for (int i = 0; i < 24; i++) {
                assertThat(point[i]).isCloseTo(Rhythm.usual(i), within(0.15 * Rhythm.usual(i) + 0.3));
            }
        }

        @Test
        void takes_numbers_that_can_not_be_true_for_gaps() {
            double[] y = Rhythm.hours(4 * 168, 0.05, 7);
            y[100] = 1e300;
            y[400] = -Double.MAX_VALUE;
            assertThat(points(hourly.forecast(y, 24)))
                    .allSatisfy(v -> assertThat(v).isBetween(0.0, 20.0));
        }

        @Test
        void takes_negative_values_for_what_they_are() {
            double[] y = Rhythm.hours(4 * 168, 0.1, 6);
            for (int i = 0; i < y.length; i += 50) {
                y[i] = -5;
            }
            assertThat(points(hourly.forecast(y, 48)))
                    .allSatisfy(v -> assertThat(v).isFinite());
        }

        @Test
        void of_one_event_a_week_stays_finite_and_at_or_above_zero() {
            double[] y = new double[5 * 168];
            for (int i = 50; i < y.length; i += 168) {
                y[i] = 3;
            }
            SeriesForecast forecast = hourly.forecast(y, 168);
            assertThat(points(forecast)).allSatisfy(v -> assertThat(v).isBetween(0.0, 4.0));
            assertThat(forecast.total()).isBetween(0.5, 8.0);
        }

        @Test
        void of_a_few_values_is_wide_and_says_so() {
            SeriesForecast forecast = hourly.forecast(new double[] {3, 5, 4}, 24);
            assertThat(forecast.isShortHistory()).isTrue();
            SeriesForecast.Interval interval = forecast.interval(0, 95, IntervalCalibration.shipped(Frequency.HOURLY));
            assertThat(interval.low()).isZero();
            assertThat(interval.high()).isGreaterThan(10);
        }

        @Test
        void of_any_short_length_works() {
            for (Frequency frequency : Frequency.values()) {
                for (int length = 1; length < 120; length++) {
                    double[] y = Rhythm.hours(length, 0.3, length);
                    SeriesForecast forecast = new SeriesForecaster(frequency).forecast(y, 13);
                    assertThat(points(forecast)).allSatisfy(v -> assertThat(v).isBetween(0.0, 1e3));
                }
            }
        }

        @Test
        void of_nothing_is_refused() {
            assertThatThrownBy(() -> hourly.forecast(new double[] {Double.NaN}, 24))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no number");
            assertThatThrownBy(() -> hourly.forecast(new double[] {1}, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("horizon");
        }
    }
}
