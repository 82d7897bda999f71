package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.chat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonFormat;
import io.costops.ingest.http.TestDoor.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("POST /v1/events")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EventsDoorTest {
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCHED = "application/cloudevents-batch+json";

    private TestDoor door;

    @BeforeAll
    void open() {
        door = TestDoor.openWith(envelope -> EnvelopeCheck.Verdict.Good.USAGE);
    }

    @AfterAll
    void close() {
        door.close();
    }

    @BeforeEach
    void forget() {
        door.kafka.clear();
    }

    private static String event(String id) {
        return "{\"specversion\":\"1.0\",\"id\":\"" + id + "\",\"source\":\"/gw\",\"type\":\"llm.usage\","
                + "\"llmkind\":\"openai.chat\",\"data\":" + chat("a", 1) + "}";
    }

    @Nested
    @DisplayName("takes")
    class Takes {
        @Test
        void a_structured_event_byte_for_byte() {
            Answer answer = door.post("/v1/events", STRUCTURED + "; charset=UTF-8", event("1"));
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(door.envelopes()).containsExactly("{\"source\":\"cloudevents\",\"payload\":" + event("1") + "}");
        }

        @Test
        void a_batch() {
            Answer answer = door.post("/v1/events", BATCHED, "[" + event("1") + "," + event("2") + "]");
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(2);
        }

        @Test
        void an_event_in_binary_mode_as_if_it_were_structured() {
            Answer answer = door.post(
                    "/v1/events",
                    "application/json",
                    chat("a", 1),
                    "ce-specversion",
                    "1.0",
                    "ce-id",
                    "1",
                    "ce-source",
                    "/gw",
                    "ce-type",
                    "llm.usage",
                    "CE-LLMKind",
                    "openai.chat",
                    "ce-subject",
                    "100%25%20caf%C3%A9");
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            JsonNode payload = door.envelope(0).path("payload");
            assertThat(payload.path("llmkind").textValue()).isEqualTo("openai.chat");
            assertThat(payload.path("subject").textValue()).isEqualTo("100% café");
            assertThat(payload.path("datacontenttype").textValue()).isEqualTo("application/json");
            assertThat(door.envelopes().get(0)).endsWith(",\"data\":" + chat("a", 1) + "}}");
        }

        @Test
        void data_that_is_not_json_in_base64() {
            door.post(
                    "/v1/events",
                    "application/octet-stream",
                    chat("a", 1),
                    "ce-specversion",
                    "1.0",
                    "ce-id",
                    "1",
                    "ce-source",
                    "/gw",
                    "ce-type",
                    "llm.usage");
            byte[] data = java.util.Base64.getDecoder()
                    .decode(door.envelope(0).path("payload").path("data_base64").textValue());
            assertThat(new String(data, StandardCharsets.UTF_8)).isEqualTo(chat("a", 1));
        }
    }

    @Nested
    @DisplayName("names what is wrong")
    class NamesWhatIsWrong {
        @ParameterizedTest
        @CsvSource({"id", "source", "type", "specversion"})
        void when_a_required_attribute_is_missing(String attribute) {
            String without = event("1").replace("\"" + attribute + "\":", "\"x" + attribute + "\":");
            Answer answer = door.post("/v1/events", BATCHED, "[" + event("1") + "," + without + "]");
            assertThat(answer.status()).isEqualTo(202);
            assertThat(answer.error(0).path("index").intValue()).isEqualTo(1);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo(attribute);
        }

        @Test
        void in_another_version() {
            Answer answer = door.post("/v1/events", STRUCTURED, event("1").replace("\"1.0\"", "\"0.3\""));
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo("specversion");
        }

        @Test
        void in_an_array_that_is_called_one_event() {
            Answer answer = door.post("/v1/events", STRUCTURED, "[" + event("1") + "," + event("2") + "]");
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body().path("detail").textValue()).contains(BATCHED);
            assertThat(door.records()).isEmpty();
        }

        @ParameterizedTest
        @CsvSource({"ce-subject,%zz", "ce-subject,%00", "ce-subject,%C3%28", "ce-a_b,x", "ce-,x"})
        void in_a_hostile_header(String name, String value) {
            Answer answer = door.post(
                    "/v1/events",
                    "application/json",
                    "{}",
                    "ce-specversion",
                    "1.0",
                    "ce-id",
                    "1",
                    "ce-source",
                    "/gw",
                    "ce-type",
                    "t",
                    name,
                    value);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body().path("detail").textValue()).contains(name);
        }

        @Test
        void in_the_headers_of_binary_mode() {
            Answer answer = door.post("/v1/events", "application/json", "{}", "ce-specversion", "1.0", "ce-id", "1");
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.error(0).path("field").textValue()).isEqualTo("ce-source");
        }

        @ParameterizedTest
        @CsvSource({"application/json", "application/cloudevents+avro"})
        void in_a_content_type_without_an_event(String contentType) {
            assertThat(door.post("/v1/events", contentType, "{}").status()).isEqualTo(415);
        }
    }

    @Nested
    @DisplayName("works unmodified with the CloudEvents SDK")
    class WithTheSdk {
        private final CloudEvent event = CloudEventBuilder.v1()
                .withId("1")
                .withSource(URI.create("/gw"))
                .withType("llm.usage")
                .withTime(OffsetDateTime.parse("2026-07-01T10:00:00Z"))
                .withExtension("llmkind", "openai.chat")
                .withData("application/json", chat("a", 1).getBytes(StandardCharsets.UTF_8))
                .build();

        @Test
        void in_binary_mode() {
            assertThat(send(false)).isEqualTo(202);
            assertThat(door.envelope(0).path("payload").path("time").textValue())
                    .isEqualTo("2026-07-01T10:00:00Z");
            assertThat(door.envelope(0)
                            .path("payload")
                            .path("data")
                            .path("model")
                            .textValue())
                    .isEqualTo("gpt-4o");
        }

        @Test
        void in_structured_mode() {
            assertThat(send(true)).isEqualTo(202);
            assertThat(door.envelope(0)
                            .path("payload")
                            .path("data")
                            .path("model")
                            .textValue())
                    .isEqualTo("gpt-4o");
        }

        @Test
        void in_batched_mode() {
            byte[] one = new JsonFormat().serialize(event);
            String json = new String(one, StandardCharsets.UTF_8);
            Answer answer =
                    door.post("/v1/events", "application/cloudevents-batch+json", "[" + json + "," + json + "]");
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(answer.body().path("accepted").intValue()).isEqualTo(2);
            assertThat(new JsonFormat()
                            .deserialize(TestDoor.bytes(door.envelope(1).path("payload"))))
                    .isEqualTo(new JsonFormat().deserialize(one));
        }

        private int send(boolean structured) {
            try {
                HttpURLConnection connection =
                        (HttpURLConnection) door.uri("/v1/events").toURL().openConnection();
                connection.setRequestMethod("POST");
                connection.setDoOutput(true);
                ByteArrayOutputStream body = new ByteArrayOutputStream();
                var writer = HttpMessageFactory.createWriter(
                        connection::setRequestProperty, bytes -> body.writeBytes(bytes == null ? new byte[0] : bytes));
                if (structured) {
                    writer.writeStructured(event, new JsonFormat());
                } else {
                    writer.writeBinary(event);
                }
                connection.getOutputStream().write(body.toByteArray());
                return connection.getResponseCode();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
