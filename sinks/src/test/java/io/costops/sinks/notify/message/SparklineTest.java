package io.costops.sinks.notify.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.AlertPoint;
import io.costops.sinks.TestAlerts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A sparkline")
class SparklineTest {
    private static List<AlertPoint> points(@Nullable Double... actual) {
        List<AlertPoint> points = new ArrayList<>();
        for (int i = 0; i < actual.length; i++) {
            points.add(new AlertPoint(TestAlerts.NOON.plusSeconds(60L * i), actual[i], 2.0));
        }
        return points;
    }

    @Test
    void shows_both_series_on_one_scale_from_zero() {
        Sparkline line = Sparkline.of(points(0.0, 2.0, 4.0, 14.0)).orElseThrow();
        assertThat(line.actual()).isEqualTo("▁▂▃█");
        assertThat(line.expected()).isEqualTo("▂▂▂▂");
        assertThat(line.from()).isEqualTo(TestAlerts.NOON);
        assertThat(line.to()).isEqualTo(TestAlerts.NOON.plusSeconds(180));
    }

    @Test
    void shows_where_there_is_no_data() {
        Sparkline line = Sparkline.of(points(14.0, null, Double.NaN, Double.POSITIVE_INFINITY, 0.0))
                .orElseThrow();
        assertThat(line.actual()).isEqualTo("█···▁");
    }

    @Test
    void reaches_below_zero_for_corrections() {
        assertThat(Sparkline.of(points(-14.0, 0.0, 14.0)).orElseThrow().actual())
                .isEqualTo("▁▅█");
    }

    @Test
    void survives_the_largest_numbers() {
        assertThat(Sparkline.of(points(-Double.MAX_VALUE, Double.MAX_VALUE))
                        .orElseThrow()
                        .actual())
                .isEqualTo("▁█");
    }

    @Test
    void is_absent_where_there_is_nothing_to_draw() {
        assertThat(Sparkline.of(List.of())).isEmpty();
        assertThat(Sparkline.of(List.of(new AlertPoint(TestAlerts.NOON, null, Double.NaN))))
                .isEmpty();
    }
}
