package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Secret;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.migrations.Deployment;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The ledger writer's options")
class LedgerWriterConfigurationTest {
    private static LedgerWriterConfiguration read(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--kafka.bootstrap", "k:9092",
                "--schema.registry.url", "http://r:8081/apis/ccompat/v7",
                "--clickhouse.url", "http://c:8123"));
        arguments.addAll(List.of(more));
        return Configurations.read(
                LedgerWriterConfiguration.class,
                arguments.toArray(String[]::new),
                Map.of("CLICKHOUSE_PASSWORD", "hidden"));
    }

    @Test
    void have_these_defaults() {
        assertThat(read())
                .isEqualTo(new LedgerWriterConfiguration(
                        "k:9092",
                        Optional.empty(),
                        "costops-ledger-writer",
                        URI.create("http://r:8081/apis/ccompat/v7"),
                        URI.create("http://c:8123"),
                        "costops",
                        new Secret("hidden"),
                        "costops",
                        Optional.empty(),
                        Duration.ofMinutes(2),
                        Duration.ofMinutes(2),
                        Duration.ofSeconds(1),
                        Optional.empty(),
                        Optional.empty(),
                        100_000,
                        64 << 20,
                        false));
    }

    @Test
    void let_a_backlog_wait_no_less_than_what_is_fresh() {
        assertThat(read().intervalDuringBacklog()).isEqualTo(Duration.ofSeconds(5));
        assertThat(read("--checkpoint.interval", "10s").intervalDuringBacklog()).isEqualTo(Duration.ofSeconds(10));
        assertThat(read("--checkpoint.interval.during.backlog", "2s").intervalDuringBacklog())
                .isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void take_the_password_from_a_file(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("password"), "from the file\n");
        assertThat(read("--clickhouse.password.file", file.toString()).address())
                .isEqualTo(new ClickHouseAddress(
                        URI.create("http://c:8123"), "costops", "from the file", "costops", Duration.ofMinutes(2)));
    }

    @Test
    void name_a_cluster_for_replicated_tables() {
        assertThat(read().deployment()).isEqualTo(new Deployment.SingleServer());
        assertThat(read("--clickhouse.cluster", "main").deployment())
                .isEqualTo(new Deployment.ReplicatedCluster("main"));
    }

    @Test
    void never_print_the_password() {
        assertThat(read().toString()).doesNotContain("hidden");
    }

    @Test
    void that_make_no_sense_are_refused_by_name() {
        assertRefused("batch.max.rows must be 1 to 1000000, but is 0", "--batch.max.rows", "0");
        assertRefused("batch.max.bytes must be", "--batch.max.bytes", "-1");
        assertRefused("parallelism must be 1 or more", "--parallelism", "0");
        assertRefused("checkpoint.interval must be at least 10ms", "--checkpoint.interval", "1ms");
        assertRefused(
                "checkpoint.interval.during.backlog must be checkpoint.interval (1000ms) or longer, but is 500ms",
                "--checkpoint.interval.during.backlog",
                "500ms");
        assertRefused("database 'a-b'", "--clickhouse.database", "a-b");
        assertRefused("clickhouse.cluster 'a b'", "--clickhouse.cluster", "a b");
        assertRefused("unknown option --clickhouse.uri", "--clickhouse.uri", "http://c:8123");
    }

    private static void assertRefused(String message, String... more) {
        assertThatThrownBy(() -> read(more))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(message);
    }
}
