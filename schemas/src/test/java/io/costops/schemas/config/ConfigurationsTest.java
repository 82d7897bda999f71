package io.costops.schemas.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A configuration")
class ConfigurationsTest {
    record Example(
            @Option("Kafka's address") String kafkaBootstrap,

            @Option(value = "Registry", byDefault = "http://127.0.0.1:8081")
            URI registryUrl,

            @Option(value = "Window", byDefault = "3d") Duration dedupWindow,
            @Option(value = "Threads", byDefault = "2") int threads,
            @Option("Password") Optional<Secret> password) {}

    private static Example read(Map<String, String> environment, String... arguments) {
        return Configurations.read(Example.class, arguments, environment);
    }

    @Test
    void takes_defaults() {
        assertThat(read(Map.of(), "--kafka.bootstrap", "k:1"))
                .isEqualTo(new Example(
                        "k:1", URI.create("http://127.0.0.1:8081"), Duration.ofDays(3), 2, Optional.empty()));
    }

    @Test
    void prefers_arguments_to_the_environment() {
        var environment = Map.of("KAFKA_BOOTSTRAP", "env:1", "THREADS", "4", "PATH", "/bin");
        assertThat(read(environment).kafkaBootstrap()).isEqualTo("env:1");
        assertThat(read(environment, "--kafka.bootstrap", "arg:1", "--dedup.window", "PT90S"))
                .isEqualTo(new Example(
                        "arg:1", URI.create("http://127.0.0.1:8081"), Duration.ofSeconds(90), 4, Optional.empty()));
    }

    @Test
    void names_the_key_that_is_unknown_missing_or_wrong() {
        assertThatThrownBy(() -> read(Map.of(), "--kafka.bootstrap", "k:1", "--thread", "2"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("unknown option --thread")
                .hasMessageContaining("threads");
        assertThatThrownBy(() -> read(Map.of()))
                .hasMessageContaining("--kafka.bootstrap")
                .hasMessageContaining("KAFKA_BOOTSTRAP");
        assertThatThrownBy(() -> read(Map.of(), "--kafka.bootstrap", "k:1", "--threads", "two"))
                .hasMessageContaining("--threads")
                .hasMessageContaining("'two'");
        assertThatThrownBy(() -> read(Map.of(), "--kafka.bootstrap")).hasMessageContaining("--kafka.bootstrap");
    }

    @Test
    void keeps_a_secret_out_of_arguments_and_out_of_sight(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "hunter2\n");
        Example example = read(Map.of(), "--kafka.bootstrap", "k:1", "--password.file", file.toString());
        assertThat(example.password().map(Secret::reveal)).contains("hunter2");
        assertThat(example.toString()).doesNotContain("hunter2");
        assertThatThrownBy(() -> read(Map.of(), "--kafka.bootstrap", "k:1", "--password", "hunter2"))
                .hasMessageContaining("unknown option --password");
    }

    @Test
    void describes_its_options() {
        assertThat(Configurations.describe(Example.class))
                .contains("--kafka.bootstrap  Kafka's address (required)", "--threads  Threads (default 2)");
    }
}
