package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.chat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.costops.ingest.http.TestDoor.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("POST /v1/usage/{source}")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SourceDoorTest {
    private static final String JSON = "application/json";

    private TestDoor door;

    @BeforeAll
    void open() {
        door = TestDoor.open();
    }

    @AfterAll
    void close() {
        door.close();
    }

    @BeforeEach
    void forget() {
        door.kafka.clear();
    }

    @Test
    void wraps_the_payload_without_touching_a_byte_of_it() {
        String payload = "{ \"id\":\"x\" , \"model\":\"gpt-4o\",\"created\":1785490598, \"choices\":[],"
                + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,\"total_tokens\":8}, \"cost\":1.2300e-5 }";
        Answer answer = door.post("/v1/usage/openai.chat", JSON, payload);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
        assertThat(door.envelopes()).containsExactly("{\"source\":\"openai.chat\",\"payload\":" + payload + "}");
    }

    @Test
    void attributes_it_by_the_headers() {
        door.post(
                "/v1/usage/openai.chat",
                JSON,
                chat("a", 1),
                "X-CostOps-Tenant",
                "acme",
                "X-CostOps-Api-Key-Id",
                "key-7",
                "X-CostOps-Workload-Type",
                "inference",
                "X-CostOps-Tag-Cost-Pool",
                "blue",
                "X-CostOps-Context-Region",
                "eu",
                "X-CostOps-Context-Batch",
                "true",
                "X-CostOps-Context-Latency-Ms",
                "840",
                "X-CostOps-Context-Quality",
                "0.9",
                "Idempotency-Key",
                "\"abc\"");
        JsonNode envelope = door.envelope(0);
        assertThat(envelope.path("tenant").textValue()).isEqualTo("acme");
        assertThat(envelope.path("api_key_id").textValue()).isEqualTo("key-7");
        assertThat(envelope.path("workload_type").textValue()).isEqualTo("inference");
        assertThat(envelope.path("tags").path("cost-pool").textValue()).isEqualTo("blue");
        assertThat(envelope.path("context").path("region").textValue()).isEqualTo("eu");
        assertThat(envelope.path("context").path("batch").booleanValue()).isTrue();
        assertThat(envelope.path("context").path("latency_ms").intValue()).isEqualTo(840);
        assertThat(envelope.path("context").path("quality").decimalValue()).isEqualByComparingTo("0.9");
        assertThat(envelope.path("id").textValue()).isEqualTo("abc/0");
    }

    @ParameterizedTest
    @CsvSource({
        "X-CostOps-Context-Batch, maybe",
        "X-CostOps-Context-Attempt, 1.5",
        "X-CostOps-Context-Received-At, 2026-07-01T10:00:00Z",
        "X-CostOps-Received-At, 2026-07-01T10:00:00Z",
        "X-CostOps-Tenants, acme",
    })
    void names_a_header_it_cannot_use(String name, String value) {
        Answer answer = door.post("/v1/usage/openai.chat", JSON, chat("a", 1), name, value);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("detail").textValue()).containsIgnoringCase(name);
    }

    @Test
    void two_equal_payloads_stay_two_records() {
        door.post("/v1/usage/openai.chat", JSON, "[" + chat("a", 1) + "," + chat("a", 1) + "]");
        assertThat(door.records()).hasSize(2);
        assertThat(door.origin(0)).isNotEqualTo(door.origin(1));
    }

    @Test
    void a_kind_that_is_not_known_is_refused_with_the_kinds_that_are() {
        Answer answer = door.post("/v1/usage/openai.chatt", JSON, chat("a", 1));
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.body().path("detail").textValue())
                .contains("openai.chatt")
                .contains("openai.chat,");
    }

    @Nested
    @DisplayName("takes what LiteLLM's generic callback sends")
    class LiteLlm {
        private static final String SLP = "{\"id\":\"chatcmpl-1\",\"trace_id\":\"t\",\"call_type\":\"acompletion\","
                + "\"stream\":false,\"status\":\"success\",\"custom_llm_provider\":\"openai\",\"model\":\"gpt-4o\","
                + "\"metadata\":{\"usage_object\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}},"
                + "\"cache_hit\":null,\"startTime\":1786237386.5,\"endTime\":1786237387.5,\"prompt_tokens\":7,"
                + "\"completion_tokens\":2,\"total_tokens\":9,\"response_cost\":0.0000375}";

        @Test
        void as_an_array() {
            Answer answer = door.post("/v1/usage/litellm.slp", JSON, "[" + SLP + ", " + SLP + "]");
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(2);
        }

        @Test
        void as_lines_which_it_calls_application_json() {
            Answer answer = door.post("/v1/usage/litellm.slp", JSON, SLP + "\n" + SLP);
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(2);
        }

        @Test
        void as_single_objects() {
            assertThat(door.post("/v1/usage/litellm.slp", JSON, SLP).status()).isEqualTo(202);
        }

        @Test
        void with_the_header_that_its_configuration_names(@TempDir Path folder) {
            Path keys = folder.resolve("keys.json");
            String key = TestDoor.issueKey(keys, "acme");
            try (TestDoor keyed = TestDoor.open("http.keys.file", keys.toString(), "http.host", "127.0.0.1")) {
                String body = "[" + SLP + "]";
                assertThat(keyed.post("/v1/usage/litellm.slp", JSON, body, "Authorization", "Bearer " + key)
                                .status())
                        .isEqualTo(202);
                assertThat(keyed.envelope(0).path("tenant").textValue()).isEqualTo("acme");
                assertThat(keyed.post("/v1/usage/litellm", JSON, body, "X-API-Key", key)
                                .status())
                        .as("the short name of the source kind")
                        .isEqualTo(202);
                assertThat(keyed.post("/v1/usage/litellm.slp", JSON, body).status())
                        .isEqualTo(401);
            }
        }

        @Test
        void with_an_element_that_python_wrote_as_nan_left_out() {
            String nan = SLP.replace("\"response_cost\":0.0000375", "\"response_cost\":NaN");
            Answer answer = door.post("/v1/usage/litellm.slp", JSON, "[" + SLP + "," + nan + ",null]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
            assertThat(answer.error(1).path("index").intValue()).isEqualTo(2);
        }
    }
}
