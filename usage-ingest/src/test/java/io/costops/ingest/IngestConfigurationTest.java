package io.costops.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The configuration")
class IngestConfigurationTest {
    private static final String[] REQUIRED = {
        "--kafka.bootstrap", "localhost:9092", "--schema.registry.url", "http://localhost:8082", "--state.dir", "state"
    };

    private static IngestConfiguration read(String... more) {
        return Configurations.read(
                IngestConfiguration.class,
                Stream.concat(Stream.of(REQUIRED), Stream.of(more)).toArray(String[]::new),
                Map.of());
    }

    @Test
    void has_a_default_for_all_but_the_addresses() {
        IngestConfiguration configuration = read();

        assertThat(configuration.threads()).isEqualTo(2);
        assertThat(configuration.applicationId()).isEqualTo("usage-ingest");
        assertThat(configuration.commitInterval()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void refuses_what_makes_no_sense() {
        assertThatThrownBy(() -> read("--threads", "0"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--threads");
        assertThatThrownBy(() -> read("--commit.interval", "0ms")).hasMessageContaining("--commit.interval");
        assertThatThrownBy(() -> read("--speed", "9")).hasMessageContaining("speed");
    }

    @Test
    void parts_the_options_of_the_http_door_from_the_others() {
        String[] given = {"--threads", "4", "--http.port", "0", "--state.dir", "--http.x", "--http.host"};

        assertThat(IngestMain.part(given, true)).containsExactly("--http.port", "0", "--http.host");
        assertThat(IngestMain.part(given, false)).containsExactly("--threads", "4", "--state.dir", "--http.x");
    }

    @Test
    void gives_kafka_streams_what_the_guarantees_need() {
        Properties properties = StreamProperties.of(read());

        assertThat(properties.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG)).isEqualTo("exactly_once_v2");
        assertThat(properties.get(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG)).isEqualTo(100L);
        assertThat(properties.get("producer.max.request.size")).isEqualTo(Topics.USAGE_REJECTED.maxMessageBytes());
        assertThat(properties).doesNotContainKey("consumer.group.instance.id");
    }

    @Test
    void lets_a_named_instance_come_back_as_itself() {
        assertThat(StreamProperties.of(read("--instance.id", "ingest-0")))
                .containsEntry("consumer.group.instance.id", "ingest-0");
    }
}
