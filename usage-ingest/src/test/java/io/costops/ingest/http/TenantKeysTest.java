package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.chat;
import static io.costops.ingest.http.TestDoor.envelope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.ingest.http.TestDoor.Answer;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.config.ConfigurationException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A key")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantKeysTest {
    private static final String JSON = "application/json";

    private TestDoor door;
    private String key;

    @BeforeAll
    void open(@TempDir Path folder) {
        Path file = folder.resolve("keys.json");
        key = TestDoor.issueKey(file, "acme");
        door = TestDoor.open("http.keys.file", file.toString(), "http.host", "127.0.0.1");
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
    void is_asked_for() {
        Answer answer = door.post("/v1/usage", JSON, envelope("a", 1));
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
        assertThat(door.post("/v1/usage", JSON, envelope("a", 1), "Authorization", "Bearer cok_x")
                        .status())
                .isEqualTo(401);
        assertThat(door.records()).isEmpty();
    }

    @Test
    void is_taken_in_either_header() {
        assertThat(door.post("/v1/usage", JSON, envelope("a", 1), "Authorization", "bearer  " + key)
                        .status())
                .isEqualTo(202);
        assertThat(door.post("/v1/usage", JSON, envelope("a", 1), "X-API-Key", key)
                        .status())
                .isEqualTo(202);
    }

    @Test
    void gives_its_tenant_to_envelopes_that_name_none() {
        String body = "[" + envelope("a", 1) + "," + envelope("\"tenant\":null,", "b", 1) + ","
                + envelope("\"tenant\":\"acme\",", "c", 1) + "]";
        assertThat(door.post("/v1/usage", JSON, body, "X-API-Key", key).status())
                .isEqualTo(202);
        for (int i = 0; i < 3; i++) {
            assertThat(door.envelope(i).path("tenant").textValue()).isEqualTo("acme");
        }
    }

    @Test
    void gives_its_tenant_to_raw_payloads() {
        door.post("/v1/usage/openai.chat", JSON, chat("a", 1), "X-API-Key", key);
        assertThat(door.envelope(0).path("tenant").textValue()).isEqualTo("acme");
    }

    @Test
    void of_another_tenant_is_refused_with_the_element_named_and_nothing_is_written() {
        String body = "[" + envelope("a", 1) + "," + envelope("\"tenant\":\"globex\",", "b", 1) + "]";
        Answer answer = door.post("/v1/usage", JSON, body, "X-API-Key", key);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
        assertThat(answer.error(0).path("field").textValue()).isEqualTo("tenant");
        assertThat(answer.error(0).path("message").textValue())
                .contains("globex")
                .contains("acme");
        assertThat(door.records()).isEmpty();
    }

    @Test
    void of_another_tenant_is_refused_in_the_headers_too() {
        Answer answer =
                door.post("/v1/usage/openai.chat", JSON, chat("a", 1), "X-API-Key", key, "X-CostOps-Tenant", "globex");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(door.records()).isEmpty();
    }

    @Test
    void cannot_be_got_around_by_writing_the_tenant_twice() {
        String twice = "{\"source\":\"openai.chat\",\"tenant\":\"acme\",\"tenant\":\"globex\",\"payload\":"
                + chat("a", 1) + "}";
        assertThat(door.post("/v1/usage", JSON, twice, "X-API-Key", key).status())
                .isEqualTo(400);
        String escaped = "{\"source\":\"openai.chat\",\"ten\\u0061nt\":\"globex\",\"payload\":" + chat("a", 1) + "}";
        assertThat(door.post("/v1/usage", JSON, escaped, "X-API-Key", key).status())
                .isEqualTo(403);
        String injected = chat("a", 1) + ",\"tenant\":\"globex\",\"x\":{}";
        assertThat(door.post("/v1/usage/openai.chat", JSON, injected, "X-API-Key", key)
                        .status())
                .isEqualTo(400);
        assertThat(door.records()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "true", "{}", "[\"acme\"]", "\"acme \"", "\"ACME\"", "\"\""})
    void cannot_be_got_around_by_a_tenant_that_is_almost_its_own(String tenant) {
        String body = "{\"source\":\"openai.chat\",\"tenant\":" + tenant + ",\"payload\":" + chat("a", 1) + "}";
        Answer answer = door.post("/v1/usage", JSON, body, "X-API-Key", key);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(door.records()).isEmpty();
    }

    @Test
    void cannot_be_got_around_by_a_cloud_event_in_place_of_an_envelope() {
        String event =
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/g\",\"type\":\"t\",\"llmkind\":\"openai.chat\","
                        + "\"tenantid\":\"globex\",\"payload\":null,\"data\":" + chat("a", 1) + "}";
        Answer answer = door.post("/v1/usage", JSON, event, "X-API-Key", key);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
        Outcome outcome = new Normaliser()
                .normalise(
                        door.records().get(0).value(),
                        new Origin("usage.raw", 0, 0L, null),
                        Instant.parse("2026-11-22T00:00:00Z"),
                        Map.of())
                .get(0);
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Usage.class,
                        usage -> assertThat(usage.event().getDimensions().getTenant())
                                .isEqualTo("acme"));
    }

    @Test
    void is_not_needed_for_the_pages_of_the_operator() {
        assertThat(door.get("/healthz").status()).isEqualTo(200);
        assertThat(door.get("/readyz").status()).isEqualTo(200);
        assertThat(door.get("/metrics").status()).isEqualTo(200);
    }

    @Test
    void file_is_needed_beyond_this_machine() {
        assertThatThrownBy(() -> TestDoor.config(Map.of("http.host", "0.0.0.0")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--http.keys.file");
        assertThat(TestDoor.config(Map.of()).host()).isEqualTo("127.0.0.1");
        assertThat(TestDoor.config(Map.of("http.keys.file", "keys.json")).host())
                .isEqualTo("0.0.0.0");
    }
}
