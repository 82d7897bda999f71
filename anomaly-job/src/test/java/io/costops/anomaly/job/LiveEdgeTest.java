package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The time of a partition")
class LiveEdgeTest {
    private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    private final MovedClock clock = new MovedClock();
    private final LiveEdge<String> edge =
            new LiveEdge.Settings(clock, Duration.ofSeconds(20), Duration.ofSeconds(15)).generator();
    private final Recorded output = new Recorded();

    @Test
    void follows_usage_that_is_live_by_the_bound_of_disorder() {
        edge.onEvent("a", NOON.minusSeconds(3).toEpochMilli(), output);
        edge.onEvent("b", NOON.minusSeconds(9).toEpochMilli(), output);
        edge.onPeriodicEmit(output);

        assertThat(output.newest()).isEqualTo(NOON.minusSeconds(23).minusMillis(1));
    }

    @Test
    void waits_longer_in_a_backlog() {
        edge.onEvent("a", NOON.minus(Duration.ofDays(3)).toEpochMilli(), output);
        edge.onPeriodicEmit(output);

        assertThat(output.newest())
                .isEqualTo(NOON.minus(Duration.ofDays(3))
                        .minus(Duration.ofHours(6))
                        .minusMillis(1));
    }

    @Test
    void goes_on_with_the_clock_when_nobody_uses_anything() {
        edge.onEvent("a", NOON.toEpochMilli(), output);
        edge.onPeriodicEmit(output);
        at(NOON.plus(Duration.ofMinutes(30)));

        assertThat(output.idle).isFalse();
        assertThat(output.newest())
                .isEqualTo(NOON.plus(Duration.ofMinutes(30)).minusSeconds(35).minusMillis(1));
    }

    @Test
    void stands_still_where_a_backlog_ended_and_holds_nobody_up() {
        edge.onEvent("a", NOON.minus(Duration.ofDays(3)).toEpochMilli(), output);
        edge.onPeriodicEmit(output);
        Instant before = output.newest();
        at(NOON.plus(Duration.ofMinutes(30)));

        assertThat(output.idle).isTrue();
        assertThat(output.newest()).isEqualTo(before);
    }

    @Test
    void of_an_empty_partition_holds_nobody_up() {
        edge.onPeriodicEmit(output);
        at(NOON.plusSeconds(16));

        assertThat(output.idle).isTrue();
        assertThat(output.watermarks).isEmpty();
    }

    private void at(Instant moment) {
        clock.now = moment;
        edge.onPeriodicEmit(output);
    }

    private static final class MovedClock implements WallClock {
        private static final long serialVersionUID = 1L;
        private Instant now = NOON;

        @Override
        public Instant now() {
            return now;
        }
    }

    private static final class Recorded implements WatermarkOutput {
        private final List<Instant> watermarks = new ArrayList<>();
        private boolean idle;

        Instant newest() {
            return watermarks.get(watermarks.size() - 1);
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            idle = false;
            watermarks.add(Instant.ofEpochMilli(watermark.getTimestamp()));
        }

        @Override
        public void markIdle() {
            idle = true;
        }

        @Override
        public void markActive() {
            idle = false;
        }
    }
}
