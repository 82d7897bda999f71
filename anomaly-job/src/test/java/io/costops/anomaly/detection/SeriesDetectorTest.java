package io.costops.anomaly.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeriesDetectorTest {
    private static final long START = Traffic.MONDAY.getEpochSecond();

    private static List<SeriesScore> scores(int points, IntToDoubleFunction values) {
        SeriesDetector detector = new SeriesDetector();
        List<SeriesScore> scores = new ArrayList<>();
        for (int i = 0; i < points; i++) {
            scores.add(detector.observe(START + i * 300L, values.applyAsDouble(i)));
        }
        return scores;
    }

    private static List<Integer> alerts(List<SeriesScore> scores) {
        List<Integer> alerts = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            if (scores.get(i).alert()) {
                alerts.add(i);
            }
        }
        return alerts;
    }

    private static IntToDoubleFunction noise(long seed) {
        Random random = new Random(seed);
        return i -> 100 + 10 * random.nextGaussian();
    }

    /** A day's rhythm with noise. */
    private static IntToDoubleFunction rhythm(long seed) {
        Random random = new Random(seed);
        return i -> 100 + 40 * Math.sin(2 * Math.PI * i / 288) + 5 * random.nextGaussian();
    }

    @Nested
    @DisplayName("alerts")
    class Alerts {
        @Test
        void at_the_very_point_of_a_planted_spike() {
            IntToDoubleFunction base = rhythm(3);
            assertThat(alerts(scores(4000, i -> base.applyAsDouble(i) + (i == 3000 ? 150 : 0))))
                    .contains(3000);
        }

        @Test
        void at_a_dip_as_well() {
            IntToDoubleFunction base = rhythm(4);
            assertThat(alerts(scores(4000, i -> base.applyAsDouble(i) - (i == 3000 ? 150 : 0))))
                    .contains(3000);
        }

        @Test
        void once_at_a_level_shift_and_then_takes_it_as_normal() {
            IntToDoubleFunction base = noise(5);
            List<Integer> alerts = alerts(scores(4000, i -> base.applyAsDouble(i) + (i >= 2500 ? 120 : 0)));
            assertThat(alerts).filteredOn(i -> i >= 2500 && i < 2510).hasSize(1);
            assertThat(alerts).filteredOn(i -> i >= 2510 && i < 2800).isEmpty();
        }

        @Test
        void when_a_constant_series_moves_at_last() {
            assertThat(alerts(scores(2000, i -> i < 1500 ? 42 : 43))).containsExactly(1500);
        }
    }

    @Nested
    @DisplayName("stays silent")
    class Silence {
        @Test
        void on_a_constant_series() {
            assertThat(scores(5000, i -> 42)).allMatch(s -> !s.alert() && s.score() == 0);
        }

        @Test
        void in_its_first_150_points() {
            assertThat(alerts(scores(150, i -> i == 120 ? 1e9 : i % 7))).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
        void on_noise_but_for_one_point_in_500(long seed) {
            assertThat(alerts(scores(10_000, noise(seed)))).hasSizeLessThanOrEqualTo(20);
        }

        @Test
        void on_points_that_are_missing() {
            IntToDoubleFunction base = rhythm(9);
            List<SeriesScore> scores = scores(3000, i -> i % 50 == 7 ? Double.NaN : base.applyAsDouble(i));
            for (int i = 7; i < 3000; i += 50) {
                assertThat(scores.get(i)).isEqualTo(SeriesScore.SILENT);
            }
            assertThat(scores).allMatch(s -> s.score() >= 0 && s.score() < 1);
        }

        @Test
        void on_one_point_a_week() {
            SeriesDetector detector = new SeriesDetector();
            for (int week = 0; week < 100; week++) {
                assertThat(detector.observe(START + week * 604_800L, 10 + week % 3)
                                .alert())
                        .isFalse();
            }
        }
    }

    @Nested
    @DisplayName("bears")
    class BadInput {
        @Test
        void numbers_of_any_size() {
            IntToDoubleFunction base = noise(21);
            double[] absurd = {1e300, -1e300, Double.MAX_VALUE, Double.MIN_VALUE, -Double.MAX_VALUE};
            List<SeriesScore> scores =
                    scores(4_000, i -> i % 400 == 399 ? absurd[i / 400 % absurd.length] : base.applyAsDouble(i));
            assertThat(scores).allMatch(s -> s.score() >= 0 && s.score() < 1);
        }

        @Test
        void a_clock_that_jumps_and_goes_back() {
            IntToDoubleFunction base = rhythm(22);
            SeriesDetector detector = new SeriesDetector();
            List<SeriesScore> scores = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                long jump = i % 700 < 350 ? 0 : (i % 2 == 0 ? 400 : -400) * 86_400L;
                scores.add(detector.observe(START + i * 300L + jump, base.applyAsDouble(i)));
            }
            assertThat(scores).allMatch(s -> s.score() >= 0 && s.score() < 1);
            assertThat(alerts(scores)).hasSizeLessThan(10);
        }

        @Test
        void zeros_with_negative_corrections() {
            assertThat(alerts(scores(3_000, i -> i == 2_000 ? -5 : 0))).containsExactly(2_000);
        }

        @Test
        void a_series_of_gaps_alone() {
            assertThat(scores(1_000, i -> Double.NaN)).allMatch(s -> s.equals(SeriesScore.SILENT));
        }
    }

    @Test
    void has_no_look_ahead() {
        IntToDoubleFunction base = rhythm(11);
        double[] values = new double[2000];
        for (int i = 0; i < values.length; i++) {
            values[i] = base.applyAsDouble(i);
        }
        List<SeriesScore> whole = scores(2000, i -> values[i]);
        assertThat(scores(1200, i -> values[i])).isEqualTo(whole.subList(0, 1200));
    }

    @Test
    void does_not_depend_on_the_unit_or_the_offset() {
        IntToDoubleFunction base = rhythm(12);
        double[] values = new double[3000];
        for (int i = 0; i < values.length; i++) {
            values[i] = base.applyAsDouble(i) + (i == 2000 ? 300 : 0);
        }
        assertThat(alerts(scores(3000, i -> values[i] * 1024 + 65_536)))
                .isEqualTo(alerts(scores(3000, i -> values[i])));
    }

    @Test
    void goes_on_after_a_restart_as_if_nothing_had_happened() {
        IntToDoubleFunction base = rhythm(13);
        double[] values = new double[2500];
        for (int i = 0; i < values.length; i++) {
            values[i] = base.applyAsDouble(i) + (i % 600 == 599 ? 200 : 0);
        }
        SeriesDetector detector = new SeriesDetector();
        List<SeriesScore> restarted = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (i < 200 || i % 13 == 0) {
                detector = SeriesDetector.fromBytes(detector.toBytes());
            }
            restarted.add(detector.observe(START + i * 300L, values[i]));
        }
        assertThat(restarted).isEqualTo(scores(2500, i -> values[i]));
    }

    @Test
    void keeps_one_and_a_half_kb() {
        assertThat(new SeriesDetector().toBytes()).hasSizeLessThanOrEqualTo(1536);
    }

    @Test
    void refuses_the_state_of_another_version() {
        byte[] state = new SeriesDetector().toBytes();
        state[3] = 2;
        assertThatThrownBy(() -> SeriesDetector.fromBytes(state))
                .isInstanceOf(StateFormatException.class)
                .hasMessageContaining("version 2");
    }
}
