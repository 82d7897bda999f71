package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.chat;
import static io.costops.ingest.http.TestDoor.envelope;
import static io.costops.ingest.http.TestDoor.gzip;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.ingest.http.TestDoor.Answer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("POST /v1/usage")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UsageDoorTest {
    private static final String JSON = "application/json";
    private static final String NDJSON = "application/x-ndjson";

    private TestDoor door;

    @BeforeAll
    void open() {
        door = TestDoor.open("http.elements.limit", "1000");
    }

    @AfterAll
    void close() {
        door.close();
    }

    @BeforeEach
    void forget() {
        door.kafka.clear();
    }

    @Nested
    @DisplayName("takes")
    class Takes {
        @Test
        void one_envelope_byte_for_byte() {
            String envelope = " { \"source\" : \"openai.chat\", \"tags\":{\"ü\":\"\\u00e9 1.50\"}, \"payload\":"
                    + chat("chatcmpl-1", 10).replace("\"choices\":[]", "\"x\":0.10000000000000000000000000000") + "}\n";
            Answer answer = door.post("/v1/usage", JSON, envelope);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(1);
            assertThat(answer.body().path("rejected").intValue()).isZero();
            assertThat(door.envelopes()).containsExactly(envelope.strip());
            assertThat(door.records().get(0).topic()).isEqualTo("usage.raw");
        }

        @Test
        void an_array_element_by_element_and_in_order() {
            String array = "[" + envelope("a", 1) + ",\n " + envelope("b", 2) + " , " + envelope("c", 3) + "]";
            Answer answer = door.post("/v1/usage", JSON, array);
            assertThat(answer.status()).isEqualTo(202);
            assertThat(door.envelopes()).containsExactly(envelope("a", 1), envelope("b", 2), envelope("c", 3));
        }

        @ParameterizedTest
        @ValueSource(strings = {NDJSON, "application/jsonl", JSON, "application/json; charset=UTF-8"})
        void lines_whatever_json_type_they_are_sent_as(String contentType) {
            String lines = envelope("a", 1) + "\r\n\n" + envelope("b", 2) + "\n";
            Answer answer = door.post("/v1/usage", contentType, lines);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(door.envelopes()).containsExactly(envelope("a", 1), envelope("b", 2));
        }

        @Test
        void a_gzipped_body() {
            byte[] body = gzip(("[" + envelope("a", 1) + "]").getBytes(StandardCharsets.UTF_8));
            Answer answer = door.post("/v1/usage", JSON, body, "Content-Encoding", "gzip");
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(door.envelopes()).containsExactly(envelope("a", 1));
        }

        @Test
        void an_empty_array_as_nothing_to_do() {
            Answer answer = door.post("/v1/usage", JSON, "[ ]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.body().path("accepted").intValue()).isZero();
        }

        @Test
        void each_element_with_the_request_and_its_index_as_its_origin() {
            Answer answer = door.post("/v1/usage", JSON, "[" + envelope("a", 1) + ",{}," + envelope("b", 2) + "]");
            String request = answer.body().path("request_id").textValue();
            assertThat(answer.header("X-Request-Id")).isEqualTo(request);
            assertThat(door.origin(0)).isEqualTo(request + "/0");
            assertThat(door.origin(1)).isEqualTo(request + "/2");
        }
    }

    @Nested
    @DisplayName("fills in what an envelope leaves out")
    class FillsIn {
        @Test
        void from_the_headers_and_only_where_it_is_absent_or_null() {
            String own = envelope("\"project\":\"own\",\"user\":null,", "a", 1);
            door.post(
                    "/v1/usage",
                    JSON,
                    own,
                    "X-CostOps-Project",
                    "header",
                    "X-CostOps-User",
                    "u-1",
                    "X-CostOps-Team",
                    "t");
            assertThat(door.envelope(0).path("project").textValue()).isEqualTo("own");
            assertThat(door.envelope(0).path("user").textValue()).isEqualTo("u-1");
            assertThat(door.envelope(0).path("team").textValue()).isEqualTo("t");
            assertThat(door.envelopes().get(0)).contains("\"payload\":" + chat("a", 1));
        }

        @Test
        void the_id_from_the_idempotency_key_and_the_elements_index() {
            String body = "[" + envelope("a", 1) + "," + envelope("\"id\":\"mine\",", "b", 2) + "]";
            door.post("/v1/usage", JSON, body, "Idempotency-Key", "batch-7");
            assertThat(door.envelope(0).path("id").textValue()).isEqualTo("batch-7/0");
            assertThat(door.envelope(1).path("id").textValue()).isEqualTo("mine");
        }

        @Test
        void so_that_a_hostile_header_stays_a_value() {
            String hostile = "a\",\"tenant\":\"b\\";
            Answer answer = door.post("/v1/usage", JSON, envelope("a", 1), "X-CostOps-Tenant", hostile);
            assertThat(answer.status()).isEqualTo(202);
            assertThat(door.envelope(0).path("tenant").textValue()).isEqualTo(hostile);
        }

        @Test
        void and_refuses_a_header_it_does_not_know() {
            Answer answer = door.post("/v1/usage", JSON, envelope("a", 1), "X-CostOps-Projet", "chat");
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body().path("detail").textValue())
                    .contains("X-CostOps-Projet")
                    .contains("-Project");
            assertThat(door.records()).isEmpty();
        }
    }

    @Nested
    @DisplayName("names what is wrong")
    class NamesWhatIsWrong {
        @Test
        void in_the_one_bad_line_and_takes_the_others() {
            String lines = envelope("a", 1) + "\n{\"source\":\"openai.chat\",\"payload\":{\n" + envelope("c", 3) + "\n";
            Answer answer = door.post("/v1/usage", NDJSON, lines);
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(2);
            assertThat(answer.body().path("rejected").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("message").textValue()).startsWith("line 2: ");
            assertThat(door.envelopes()).containsExactly(envelope("a", 1), envelope("c", 3));
        }

        @Test
        void when_the_source_is_missing() {
            Answer answer = door.post("/v1/usage", JSON, "[" + envelope("a", 1) + ",{\"payload\":{}}]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo("source");
            assertThat(answer.error(0).path("message").textValue()).contains("openai.chat");
        }

        @Test
        void as_problem_json_if_no_element_is_good() {
            Answer answer = door.post("/v1/usage", JSON, "[{\"payload\":{}},{\"source\":7}]");
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.body().path("status").intValue()).isEqualTo(422);
            assertThat(answer.body().path("type").textValue()).isEqualTo("urn:costops:problem:invalid-elements");
            assertThat(answer.body().path("title").textValue()).isNotEmpty();
            assertThat(answer.body().path("errors").size()).isEqualTo(2);
            assertThat(door.records()).isEmpty();
        }

        @Test
        void in_a_providers_payload_and_keeps_its_bytes_for_a_replay() {
            Answer answer = door.post("/v1/usage", JSON, envelope("a", -5));
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo("payload.usage.prompt_tokens");
            assertThat(answer.error(0).path("kept").booleanValue()).isTrue();
            assertThat(door.envelopes()).containsExactly(envelope("a", -5));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[{\"a\":1}",
                    "[{\"a\":\"x}]",
                    "[{\"a\":1}] x",
                    "[",
                    "",
                    "   ",
                })
        void in_a_body_whose_elements_have_no_bounds(String body) {
            Answer answer = door.post("/v1/usage", JSON, body);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body().path("type").textValue()).isEqualTo("urn:costops:problem:malformed-body");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[1]",
                    "[null]",
                    "[\"x\"]",
                    "[[]]",
                    "[,]",
                    "[{\"source\":\"openai.chat\",}]",
                    "[{\"source\":NaN}]",
                    "[{\"source\":\"openai.chat\",\"source\":\"x\",\"payload\":{}}]",
                    "[{\"source\":\"a\"}}]",
                    "nonsense",
                    "{\"source\":\"\u0001\"}",
                })
        void in_an_element_that_is_no_json_object(String body) {
            Answer answer = door.post("/v1/usage", JSON, body);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
            assertThat(answer.error(0).path("index").intValue()).isZero();
            assertThat(answer.error(0).path("message").textValue()).isNotBlank();
            assertThat(door.records()).isEmpty();
        }

        @Test
        void in_json_ten_thousand_levels_deep_without_harm_to_its_neighbours() {
            String deep = "{\"source\":\"openai.chat\",\"payload\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
            Answer answer = door.post("/v1/usage", JSON, "[" + envelope("a", 1) + "," + deep + "]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("message").textValue()).contains("deeper than 200");
            assertThat(answer.error(1).isMissingNode()).isTrue();
            assertThat(door.envelopes()).containsExactly(envelope("a", 1));
        }

        @Test
        void in_a_number_that_no_computer_agrees_on() {
            Answer answer = door.post(
                    "/v1/usage", JSON, envelope("a", 1).replace("\"prompt_tokens\":1,", "\"prompt_tokens\":1e400,"));
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.error(0).path("message").textValue()).isNotBlank();
        }

        @Test
        void in_a_payload_with_a_name_twice_and_takes_its_neighbours() {
            String twice = envelope("b", 1).replace("\"prompt_tokens\":1,", "\"prompt_tokens\":1,\"prompt_tokens\":9,");
            Answer answer = door.post("/v1/usage", JSON, "[" + envelope("a", 1) + "," + twice + "]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo("payload.usage.prompt_tokens");
            assertThat(answer.error(0).path("message").textValue()).contains("twice: send it once");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"NaN", "Infinity", "-Infinity", "1e400", "-1", "1.5", "0x10", "01", "+1", ".5", "\"7\""})
        void in_a_count_that_is_none_and_writes_nothing_that_could_cost(String count) {
            Answer answer = door.post(
                    "/v1/usage",
                    JSON,
                    envelope("a", 1).replace("\"prompt_tokens\":1,", "\"prompt_tokens\":" + count + ","));
            assertThat(answer.status()).as(answer.toString()).isIn(400, 422);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo("payload.usage.prompt_tokens");
            assertThat(answer.error(0).path("message").textValue()).isNotBlank().doesNotContain("JsonReadFeature");
            assertThat(answer.body().has("accepted")).isFalse();
        }

        @Test
        void in_text_that_is_not_utf_8() {
            byte[] body = envelope("\"user\":\"Jos?\",", "a", 1).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < body.length; i++) {
                body[i] = body[i] == '?' ? (byte) 0xE9 : body[i];
            }
            Answer answer = door.post("/v1/usage", JSON, body);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error(0).path("message").textValue()).contains("UTF-8");
        }

        @Test
        void in_an_envelope_above_one_mebibyte() {
            String large = envelope("\"user\":\"" + "x".repeat(1024 * 1024) + "\",", "a", 1);
            Answer answer = door.post("/v1/usage", JSON, "[" + large + "," + envelope("b", 2) + "]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.error(0).path("message").textValue()).contains("1048576");
            assertThat(door.envelopes()).containsExactly(envelope("b", 2));
        }

        @Test
        void in_a_request_with_too_many_elements() {
            String array = IntStream.range(0, 1_001).mapToObj(i -> "{}").collect(Collectors.joining(",", "[", "]"));
            Answer answer = door.post("/v1/usage", JSON, array);
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body().path("detail").textValue()).contains("1000 elements");
        }

        @ParameterizedTest
        @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"})
        void in_a_content_type_that_is_not_taken(String contentType) {
            Answer answer = door.post("/v1/usage", contentType, envelope("a", 1));
            assertThat(answer.status()).isEqualTo(415);
            assertThat(answer.body().path("detail").textValue()).contains("application/json");
        }

        @Test
        void in_a_body_without_a_content_type() {
            Answer answer = door.send(java.net.http.HttpRequest.newBuilder(door.uri("/v1/usage"))
                    .POST(java.net.http.HttpRequest.BodyPublishers.ofString(envelope("a", 1))));
            assertThat(answer.status()).isEqualTo(415);
            assertThat(answer.body().path("detail").textValue()).startsWith("Content-Type is missing: send");
        }

        @Test
        void in_a_content_encoding_that_is_not_taken() {
            Answer answer = door.post("/v1/usage", JSON, envelope("a", 1), "Content-Encoding", "br");
            assertThat(answer.status()).isEqualTo(415);
            assertThat(answer.header("Accept-Encoding")).isEqualTo("gzip");
        }

        @Test
        void in_a_body_that_says_gzip_and_is_not() {
            Answer answer = door.post("/v1/usage", JSON, envelope("a", 1), "Content-Encoding", "gzip");
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body().path("detail").textValue()).contains("gzip");
        }

        @Test
        void in_the_method_and_the_path() {
            Answer wrongMethod = door.get("/v1/usage");
            assertThat(wrongMethod.status()).isEqualTo(405);
            assertThat(wrongMethod.header("Allow")).isEqualTo("POST");
            assertThat(door.post("/v2/usage", JSON, "{}").status()).isEqualTo(404);
        }
    }
}
