package io.costops.sinks.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.sinks.clickhouse.ClickHouseException.Refused;
import io.costops.sinks.clickhouse.ClickHouseException.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A call that ClickHouse can't answer now")
class RetryTest {
    private final List<Duration> waits = new ArrayList<>();
    private Instant now = Instant.EPOCH;

    private Retry lasting(Duration patience) {
        return new Retry(
                Duration.ofSeconds(1),
                Duration.ofSeconds(4),
                patience,
                time -> {
                    waits.add(time);
                    now = now.plus(time);
                },
                () -> now);
    }

    @Test
    void is_repeated_until_it_does() throws Exception {
        int[] calls = {0};
        String answer = lasting(Retry.FOR_EVER).untilAvailable("ask", () -> {
            if (++calls[0] < 5) {
                throw new Unavailable("away", null);
            }
            return "here";
        });

        assertThat(answer).isEqualTo("here");
        assertThat(waits).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 4L);
    }

    @Test
    void is_given_up_when_patience_has_run_out() {
        assertThatThrownBy(() -> lasting(Duration.ofSeconds(6)).untilAvailable("ask", () -> {
                    throw new Unavailable("away", null);
                }))
                .isInstanceOf(Unavailable.class)
                .hasMessage("away");
        assertThat(waits).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L);
    }

    @Test
    void is_not_repeated_when_it_is_refused() {
        assertThatThrownBy(() -> lasting(Retry.FOR_EVER).untilAvailable("ask", () -> {
                    throw new Refused("never", 497);
                }))
                .isInstanceOf(Refused.class);
        assertThat(waits).isEmpty();
    }
}
