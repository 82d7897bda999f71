package io.costops.infra.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.infra.bench.Fault.Blackout;
import io.costops.infra.bench.Fault.Kill;
import io.costops.infra.bench.FaultPlan.Timed;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a plan of faults")
class FaultPlanTest {
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
    private static final List<String> COMPONENTS =
            List.of("kafka", "registry", "clickhouse", "jobmanager", "taskmanager-1", "taskmanager-2", "ingest");
    private static final List<String> JOBS = List.of("enrichment", "ledger-writer");

    private static List<Timed> plan(long seed, Duration length) {
        return FaultPlan.of(seed, length, COMPONENTS, JOBS, Duration.ofSeconds(70), Duration.ofSeconds(60), false)
                .faults();
    }

    @Test
    void is_the_same_for_the_same_seed_and_another_for_another() {
        assertThat(plan(1, TEN_MINUTES)).isEqualTo(plan(1, TEN_MINUTES)).isNotEqualTo(plan(2, TEN_MINUTES));
    }

    @Test
    void has_something_of_everything_and_twenty_kills_in_ten_minutes() {
        List<Timed> faults = plan(1, TEN_MINUTES);
        Set<String> names = faults.stream().map(timed -> timed.fault().name()).collect(Collectors.toSet());

        assertThat(names)
                .containsAll(COMPONENTS.stream()
                        .map(component -> "kill " + component)
                        .toList())
                .contains(
                        "ClickHouse away",
                        "ClickHouse out of space",
                        "everything killed at once",
                        "ask for an upgrade of enrichment",
                        "ask for an upgrade of ledger-writer");
        assertThat(faults.stream().filter(timed -> timed.fault() instanceof Kill))
                .hasSizeGreaterThanOrEqualTo(20);
    }

    @Test
    void fills_its_time_and_deals_nothing_while_everything_is_down() {
        for (long seed = 0; seed < 50; seed++) {
            List<Timed> faults = plan(seed, TEN_MINUTES);
            Duration free = Duration.ZERO;
            for (Timed timed : faults) {
                assertThat(timed.at()).isGreaterThanOrEqualTo(free).isLessThanOrEqualTo(TEN_MINUTES);
                free = timed.fault() instanceof Blackout blackout ? timed.at().plus(blackout.length()) : timed.at();
            }
        }
    }

    @Test
    void has_as_many_decks_as_it_has_time_for() {
        assertThat(plan(1, Duration.ofMinutes(30)))
                .hasSize(3 * plan(1, TEN_MINUTES).size());
        assertThat(plan(1, Duration.ofMinutes(1))).hasSameSizeAs(plan(1, TEN_MINUTES));
    }
}
