package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.envelope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.ingest.http.TestDoor.Answer;
import io.costops.schemas.config.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The operator sees")
class OperatorPagesTest {

    @Test
    void that_the_process_lives() {
        try (TestDoor door = TestDoor.open()) {
            assertThat(door.get("/healthz").status()).isEqualTo(200);
        }
    }

    @Test
    void what_is_not_ready_and_why() {
        Map<String, String> reasons = new LinkedHashMap<>();
        try (TestDoor door = TestDoor.openWith(() -> Map.copyOf(reasons))) {
            assertThat(door.get("/readyz").status()).isEqualTo(200);
            reasons.put("stream", "it restarts");
            Answer answer = door.get("/readyz");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body().path("reasons").path("stream").textValue()).isEqualTo("it restarts");
            assertThat(door.get("/readyz/door").status())
                    .as("Kafka takes usage while the stream is away")
                    .isEqualTo(200);
        }
    }

    @Test
    void requests_elements_and_memory_in_the_metrics() {
        try (TestDoor door = TestDoor.open()) {
            door.post("/v1/usage", "application/json", "[" + envelope("a", 1) + ",{}]");
            door.post("/v1/usage", "text/plain", "x");
            door.get("/nowhere-" + System.nanoTime());
            assertThat(door.get("/metrics").text())
                    .contains("costops_http_requests_seconds_count{route=\"/v1/usage\",status=\"202\"} 1")
                    .contains("costops_http_requests_seconds_bucket{route=\"/v1/usage\",status=\"202\",le=\"0.02\"}")
                    .contains("costops_http_requests_seconds_count{route=\"/v1/usage\",status=\"415\"} 1")
                    .contains("costops_http_requests_seconds_count{route=\"other\",status=\"404\"} 1")
                    .contains("costops_http_elements_total{outcome=\"accepted\",route=\"/v1/usage\"} 1.0")
                    .contains("costops_http_elements_total{outcome=\"rejected\",route=\"/v1/usage\"} 1.0")
                    .contains("costops_http_envelopes_total{source=\"openai.chat\"} 1.0")
                    .contains("costops_http_rejections_total{reason=\"missing_field\"} 1.0")
                    .contains("costops_http_memory_used_bytes 0.0")
                    .contains("costops_http_connections")
                    .doesNotContain("nowhere");
        }
    }

    @Test
    void nothing_of_the_server_in_the_answers() {
        try (TestDoor door = TestDoor.open()) {
            Answer answer = door.get("/healthz");
            assertThat(answer.header("Server")).isNull();
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("X-Request-Id")).isNotBlank();
        }
    }

    @Test
    void that_the_port_is_taken() {
        try (TestDoor door = TestDoor.open()) {
            assertThatThrownBy(() -> TestDoor.open("http.port", Integer.toString(door.port())))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(Integer.toString(door.port()))
                    .hasMessageContaining("--http.port");
        }
    }
}
