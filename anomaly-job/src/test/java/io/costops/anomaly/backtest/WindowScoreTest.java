package io.costops.anomaly.backtest;

import static io.costops.anomaly.backtest.WindowScore.Profile.LOW_FALSE_ALARMS;
import static io.costops.anomaly.backtest.WindowScore.Profile.STANDARD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.costops.anomaly.backtest.WindowScore.Window;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The score of alerts against labelled windows")
class WindowScoreTest {
    private static final int POINTS = 1_000;
    private static final List<Window> WINDOWS = List.of(new Window(300, 349), new Window(700, 749));
    private static final double EXACTLY = 1e-9;

    private static WindowScore of(int... alerts) {
        boolean[] all = new boolean[POINTS];
        for (int at : alerts) {
            all[at] = true;
        }
        WindowScore score = new WindowScore();
        score.add(all, WINDOWS);
        return score;
    }

    @Test
    void is_0_for_silence_and_100_for_every_window_found_at_its_begin() {
        assertThat(of().score(STANDARD)).isZero();
        assertThat(of(300, 700).score(STANDARD)).isEqualTo(100, within(EXACTLY));
        assertThat(of(300, 700).found()).isEqualTo(2);
    }

    @Test
    void counts_a_window_less_the_later_it_is_found_and_once() {
        // In the middle: 2 / (1 + e^-2.5) - 1, as a share of 2 / (1 + e^-5) - 1.
        double middle = (2 / (1 + Math.exp(-2.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1);
        assertThat(of(325, 330, 349, 700).score(STANDARD)).isEqualTo(100 * (middle + 1 + 2) / 4, within(EXACTLY));
        assertThat(of(325, 330, 349, 700).falseAlarms()).isZero();
    }

    @Test
    void takes_the_profiles_weight_for_an_alert_before_any_window_or_far_behind_one() {
        assertThat(of(200).score(STANDARD)).isEqualTo(-100 * 0.11 / 4, within(EXACTLY));
        assertThat(of(200).score(LOW_FALSE_ALARMS)).isEqualTo(-100 * 0.22 / 4, within(EXACTLY));
        assertThat(of(650).score(STANDARD)).isEqualTo(-100 * 0.11 / 4, within(EXACTLY));
    }

    @Test
    void takes_less_for_an_alert_right_behind_a_window() {
        double cost = 1 - 2 / (1 + Math.exp(5 * 10 / 49.0));
        assertThat(of(359).score(STANDARD)).isEqualTo(-100 * 0.11 * cost / 4, within(EXACTLY));
        assertThat(of(359).falseAlarms()).isEqualTo(1);
    }

    @Test
    void leaves_the_first_15_percent_out_and_at_most_750_points() {
        assertThat(of(0, 100, 149).score(STANDARD)).isZero();
        assertThat(of(150).falseAlarms()).isEqualTo(1);
        boolean[] alerts = new boolean[20_000];
        alerts[750] = true;
        WindowScore score = new WindowScore();
        score.add(alerts, List.of(new Window(0, 700), new Window(10_000, 11_000)));
        assertThat(score.falseAlarms()).isEqualTo(1);
        assertThat(score.windows()).as("one lies wholly in the part left out").isEqualTo(1);
    }
}
