package io.costops.anomaly.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.costops.anomaly.detection.StateFormatException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The history of a key's spend")
class SpendHistoryTest {
    private static final long DAY_0 = 20_000;
    private static final long START = DAY_0 * 86_400;

    private final SpendHistory history = new SpendHistory();

    private void spend(double[] hours) {
        for (int i = 0; i < hours.length; i++) {
            history.add(START + i * 3_600L + 17, hours[i]);
        }
    }

    @Test
    void sums_up_hours_and_days_in_any_order() {
        double[] hours = Rhythm.hours(10 * 24, 0.2, 1);
        Integer[] order = new Integer[hours.length];
        Arrays.setAll(order, i -> i);
        Random random = new Random(1);
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            Integer swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        for (int i : order) {
            history.add(START + i * 3_600L, hours[i] / 2);
            history.add(START + i * 3_600L + 1800, hours[i] / 2);
        }
        double[] days = history.daysBefore(DAY_0 + 10);
        assertThat(days).hasSize(10);
        for (int d = 0; d < 10; d++) {
            assertThat(days[d]).isCloseTo(Rhythm.sum(hours, 24 * d, 24 * d + 24), within(1e-3));
        }
        assertThat(history.spent(DAY_0 * 24 + 30, DAY_0 * 24 + 200))
                .isCloseTo(Rhythm.sum(hours, 30, 200), within(0.002 * Rhythm.sum(hours, 30, 200)));
    }

    @Test
    void is_restored_to_the_bit_and_goes_on_alike() {
        double[] hours = Rhythm.hours(60 * 24, 0.4, 2);
        SpendHistory restarted = new SpendHistory();
        for (int i = 0; i < hours.length; i++) {
            history.add(START + i * 3_600L, hours[i]);
            history.add(START + Math.max(0, i - 90) * 3_600L, 0.01);
            restarted = i % 7 == 0 ? SpendHistory.fromBytes(restarted.toBytes()) : restarted;
            restarted.add(START + i * 3_600L, hours[i]);
            restarted.add(START + Math.max(0, i - 90) * 3_600L, 0.01);
        }
        assertThat(restarted.toBytes()).isEqualTo(history.toBytes());
    }

    @Test
    void takes_less_than_3_8_kb_however_long_and_little_when_young() {
        spend(Rhythm.hours(500 * 24, 0.2, 3));
        assertThat(history.toBytes()).hasSizeLessThan(3_800);
        SpendHistory young = new SpendHistory();
        young.add(START, 1);
        assertThat(young.toBytes()).hasSizeLessThan(64);
        assertThat(SpendHistory.fromBytes(new SpendHistory().toBytes()).isEmpty())
                .isTrue();
    }

    @Test
    void corrections_count_where_they_belong() {
        spend(Rhythm.hours(5 * 24, 0, 4));
        double before = history.spent(DAY_0 * 24 + 24, DAY_0 * 24 + 48);
        history.add(START + 30 * 3_600, -2.5);
        assertThat(history.spent(DAY_0 * 24 + 24, DAY_0 * 24 + 48)).isCloseTo(before - 2.5, within(1e-3));
    }

    @Test
    void hours_that_are_missing_are_made_up_for_with_the_usual() {
        double[] hours = Rhythm.hours(21 * 24, 0, 5);
        for (int i = 0; i < hours.length; i++) {
            boolean outage = i / 24 == 15 && i % 24 >= 10 && i % 24 < 16;
            if (!outage) {
                history.add(START + i * 3_600L, hours[i]);
            }
        }
        double holed = history.daysBefore(DAY_0 + 20)[15];
        history.missing(START + (15 * 24 + 10) * 3_600L, START + (15 * 24 + 16) * 3_600L);
        double made = history.daysBefore(DAY_0 + 20)[15];
        assertThat(holed).isLessThan(0.6 * Rhythm.sum(hours, 15 * 24, 16 * 24));
        assertThat(made).isCloseTo(Rhythm.sum(hours, 15 * 24, 16 * 24), within(0.05 * made));
    }

    @Test
    void forgets_what_is_too_old_and_what_is_no_number() {
        history.add(START + 450 * 86_400L, 1);
        history.add(START, 1_000);
        history.add(START + 450 * 86_400L, Double.NaN);
        history.add(START + 450 * 86_400L, Double.POSITIVE_INFINITY);
        assertThat(history.spent(0, Long.MAX_VALUE / 86_400)).isEqualTo(1);
    }

    @Test
    void survives_a_clock_that_jumps_a_year_ahead() {
        spend(Rhythm.hours(30 * 24, 0.2, 6));
        history.add(START + 800 * 86_400L, 5);
        assertThat(history.spent(0, Long.MAX_VALUE / 86_400)).isEqualTo(5);
        assertThat(SpendHistory.fromBytes(history.toBytes())).isEqualTo(history);
    }

    @Test
    void refuses_the_state_of_another_version() {
        byte[] state = history.toBytes();
        state[3] = 2;
        assertThatThrownBy(() -> SpendHistory.fromBytes(state))
                .isInstanceOf(StateFormatException.class)
                .hasMessageContaining("version 2");
    }
}
