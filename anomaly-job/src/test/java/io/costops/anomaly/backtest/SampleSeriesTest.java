package io.costops.anomaly.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.backtest.SampleSeries.OfKind;
import io.costops.anomaly.backtest.SampleSeries.Sample;
import io.costops.anomaly.backtest.WindowScore.Window;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Seeded series of many kinds")
class SampleSeriesTest {
    @Test
    void are_the_same_for_a_seed_and_others_for_another() {
        List<Sample> samples = SampleSeries.of(1);
        List<Sample> again = SampleSeries.of(1);
        assertThat(samples).hasSize(58).hasSameSizeAs(again);
        for (int i = 0; i < samples.size(); i++) {
            assertThat(again.get(i).values()).isEqualTo(samples.get(i).values());
        }
        assertThat(SampleSeries.of(2).get(0).values())
                .isNotEqualTo(samples.get(0).values());
    }

    @Test
    void have_ascending_times_finite_values_and_windows_apart_from_each_other() {
        for (Sample sample : SampleSeries.of(3)) {
            assertThat(sample.seconds()).isSorted().doesNotHaveDuplicates().hasSameSizeAs(sample.values());
            for (double value : sample.values()) {
                assertThat(value).isFinite();
            }
            int next = 0;
            for (Window window : sample.windows()) {
                assertThat(window.first()).isGreaterThanOrEqualTo(next);
                assertThat(window.last()).isBetween(window.first() + 1, sample.values().length - 1);
                next = window.last() + 1;
            }
        }
    }

    @Test
    void are_found_by_the_shipped_detector_with_few_false_alarms() {
        List<OfKind> results = SampleSeries.score(SampleSeries.of(4));
        OfKind all = results.get(results.size() - 1);
        assertThat(all.kind()).isEqualTo("all");
        assertThat(all.standard()).isGreaterThan(40);
        assertThat(all.lowFalseAlarms()).isGreaterThan(30);
        assertThat((double) all.falseAlarms() / all.samples()).isLessThan(5);
    }
}
