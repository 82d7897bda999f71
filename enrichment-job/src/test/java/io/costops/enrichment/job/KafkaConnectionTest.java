package io.costops.enrichment.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The connection to Kafka")
class KafkaConnectionTest {
    @TempDir
    private Path folder;

    @Test
    void takes_further_properties_from_a_file_and_never_shows_them() throws IOException {
        Path file = Files.writeString(
                folder.resolve("client.properties"),
                "security.protocol=SASL_SSL\nsasl.jaas.config=secret\nbootstrap.servers=other:1\n");

        KafkaConnection connection = KafkaConnection.of("broker:9092", Optional.of(file));

        assertThat(connection.properties())
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.jaas.config", "secret")
                .containsEntry("bootstrap.servers", "broker:9092");
        assertThat(connection).hasToString("Kafka at broker:9092");
        assertThat(new KafkaBookLoader(connection).toString()).doesNotContain("secret");
    }

    @Test
    void names_the_option_whose_file_cant_be_read() {
        assertThatThrownBy(() -> KafkaConnection.of("broker:9092", Optional.of(folder.resolve("none"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--kafka.properties");
    }
}
