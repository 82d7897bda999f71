package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.gzip;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.costops.ingest.http.EnvelopeCheck.Verdict;
import io.costops.ingest.http.TestDoor.Answer;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("POST /v1/traces")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtlpDoorTest {
    private static final String JSON = "application/json";
    private static final String PROTOBUF = "application/x-protobuf";

    private TestDoor door;

    /** Stands for the parser: containers are no usage, a negative count is wrong. */
    private static final EnvelopeCheck CHECK = envelope -> {
        String text = new String(envelope, StandardCharsets.UTF_8);
        if (text.contains("invoke_agent")) {
            return Verdict.Good.NO_USAGE;
        }
        return text.contains("\"intValue\":\"-")
                ? new Verdict.Bad("payload.attributes", "must be 0 or more", RejectReason.INVALID_FIELD, true)
                : Verdict.Good.USAGE;
    };

    static String span(String operation, int inputTokens) {
        return "{\"traceId\":\"4d7c15f46c9f35605ba1bf8f5c7f05dc\",\"spanId\":\"dc1ccffd0f3f0b65\",\"name\":\""
                + operation
                + "\",\"kind\":3,\"startTimeUnixNano\":\"1787156379596473924\",\"endTimeUnixNano\":\"1787156382367885539\","
                + "\"attributes\":[{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":\"" + operation
                + "\"}},{\"key\":\"gen_ai.provider.name\",\"value\":{\"stringValue\":\"openai\"}},"
                + "{\"key\":\"gen_ai.response.model\",\"value\":{\"stringValue\":\"gpt-4o\"}},"
                + "{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"" + inputTokens
                + "\"}},{\"key\":\"gen_ai.usage.output_tokens\",\"value\":{\"intValue\":\"3\"}}],\"status\":{}}";
    }

    private static String request(String resource, String... spans) {
        return "{\"resourceSpans\":[{" + resource + "\"scopeSpans\":[{\"scope\":{\"name\":\"s\"},\"spans\":["
                + String.join(",", spans) + "]}]}]}";
    }

    @BeforeAll
    void open() {
        door = TestDoor.openWith(CHECK, "http.elements.limit", "100");
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
    @DisplayName("in JSON")
    class InJson {
        @Test
        void makes_an_envelope_of_each_span_byte_for_byte() {
            Answer answer = door.post("/v1/traces", JSON, request("", span("chat", 5), span("chat", 6)));
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo(JSON);
            assertThat(answer.text()).isEqualTo("{}");
            assertThat(door.envelopes())
                    .containsExactly(
                            "{\"source\":\"otel.genai\",\"payload\":" + span("chat", 5) + "}",
                            "{\"source\":\"otel.genai\",\"payload\":" + span("chat", 6) + "}");
        }

        @Test
        void leaves_out_containers_and_spans_of_other_things() {
            String other =
                    "{\"name\":\"SELECT\",\"attributes\":[{\"key\":\"db.system\",\"value\":{\"stringValue\":\"x\"}}]}";
            Answer answer =
                    door.post("/v1/traces", JSON, request("", span("invoke_agent", 5), other, "{}", span("chat", 5)));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).isEqualTo("{}");
            assertThat(door.records()).hasSize(1);
        }

        @Test
        void leaves_out_a_span_whose_children_tell_that_it_is_a_container() {
            String parent = span("chat", 300).replace("dc1ccffd0f3f0b65", "aaaaaaaaaaaaaaaa");
            String child = span("chat", 100).replace("\"name\"", "\"parentSpanId\":\"aaaaaaaaaaaaaaaa\",\"name\"");
            Answer answer = door.post("/v1/traces", JSON, request("", child, parent));
            assertThat(answer.text()).isEqualTo("{}");
            assertThat(door.envelopes()).containsExactly("{\"source\":\"otel.genai\",\"payload\":" + child + "}");
        }

        @Test
        void attributes_spans_by_their_resource_even_if_it_stands_behind_them() {
            String body = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" + span("chat", 5)
                    + "]}],\"resource\":{\"attributes\":["
                    + "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"bot\"}},"
                    + "{\"key\":\"deployment.environment.name\",\"value\":{\"stringValue\":\"prod\"}},"
                    + "{\"key\":\"costops.project\",\"value\":{\"stringValue\":\"p\"}},"
                    + "{\"key\":\"process.pid\",\"value\":{\"intValue\":\"7\"}}]}}]}";
            door.post("/v1/traces", JSON, body, "X-CostOps-Team", "t");
            assertThat(door.envelope(0).path("environment").textValue()).isEqualTo("prod");
            assertThat(door.envelope(0).path("project").textValue()).isEqualTo("p");
            assertThat(door.envelope(0).path("team").textValue()).isEqualTo("t");
            assertThat(door.envelope(0).path("tags").path("service.name").textValue())
                    .isEqualTo("bot");
            assertThat(door.envelope(0).path("tags").has("process.pid")).isFalse();
        }

        @Test
        void tells_of_rejected_spans_by_partial_success() {
            Answer answer = door.post("/v1/traces", JSON, request("", span("chat", -5), span("chat", 5)));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()
                            .path("partialSuccess")
                            .path("rejectedSpans")
                            .textValue())
                    .isEqualTo("1");
            assertThat(answer.body().path("partialSuccess").path("errorMessage").textValue())
                    .contains("span 0")
                    .contains("must be 0 or more");
        }

        @Test
        void takes_an_empty_request() {
            assertThat(door.post("/v1/traces", JSON, "{}").status()).isEqualTo(200);
            assertThat(door.post("/v1/traces", JSON, "{\"resourceSpans\":null}").status())
                    .isEqualTo(200);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "[]",
                    "{\"resourceSpans\":{}}",
                    "{\"resourceSpans\":[1]}",
                    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{]}]}]}",
                    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\"x\"]}]}]}",
                    "{}{}",
                })
        void refuses_what_is_no_request_in_the_words_of_otlp(String body) {
            Answer answer = door.post("/v1/traces", JSON, body);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
            assertThat(answer.body().path("code").intValue()).isEqualTo(3);
            assertThat(answer.body().path("message").textValue()).isNotBlank();
        }

        @Test
        void refuses_json_ten_thousand_levels_deep() {
            String deep = request("", span("chat", 5).replace("\"status\":{}", "\"x\":" + "[".repeat(10_000)));
            assertThat(door.post("/v1/traces", JSON, deep).status()).isEqualTo(400);
        }

        @Test
        void refuses_more_spans_than_a_request_may_hold() {
            String[] spans = new String[101];
            java.util.Arrays.fill(spans, "{}");
            Answer answer = door.post("/v1/traces", JSON, request("", spans));
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body().path("message").textValue()).contains("100 spans");
        }
    }

    @Nested
    @DisplayName("in protobuf")
    class InProtobuf {
        @Test
        void makes_the_same_envelope_as_in_json() throws InvalidProtocolBufferException {
            Answer answer = door.post("/v1/traces", PROTOBUF, protobuf(5).toByteArray());
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo(PROTOBUF);
            assertThat(ExportTraceServiceResponse.parseFrom(answer.bytes()))
                    .isEqualTo(ExportTraceServiceResponse.getDefaultInstance());
            assertThat(door.envelope(0).path("payload"))
                    .isEqualTo(TestDoor.json(span("chat", 5).getBytes(StandardCharsets.UTF_8)));
            assertThat(door.envelope(0).path("project").textValue()).isEqualTo("p");
        }

        @Test
        void takes_gzip() {
            byte[] body = gzip(protobuf(5).toByteArray());
            assertThat(door.post("/v1/traces", PROTOBUF, body, "Content-Encoding", "gzip")
                            .status())
                    .isEqualTo(200);
            assertThat(door.records()).hasSize(1);
        }

        @Test
        void tells_of_rejected_spans_by_partial_success() throws InvalidProtocolBufferException {
            Answer answer = door.post("/v1/traces", PROTOBUF, protobuf(-5).toByteArray());
            assertThat(answer.status()).isEqualTo(200);
            ExportTraceServiceResponse response = ExportTraceServiceResponse.parseFrom(answer.bytes());
            assertThat(response.getPartialSuccess().getRejectedSpans()).isEqualTo(1);
            assertThat(response.getPartialSuccess().getErrorMessage()).contains("must be 0 or more");
        }

        @ParameterizedTest
        @ValueSource(strings = {"{}", "nonsense", "\n\177"})
        void refuses_what_is_no_request_as_a_status_in_protobuf(String body) {
            Answer answer = door.post("/v1/traces", PROTOBUF, body);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.header("Content-Type")).isEqualTo(PROTOBUF);
            assertThat(answer.bytes()[0]).as("field 1, the code").isEqualTo((byte) 8);
            assertThat(answer.text()).contains("ExportTraceServiceRequest");
        }

        @Test
        void takes_a_broken_span_for_itself_and_the_others_as_they_are() throws InvalidProtocolBufferException {
            ScopeSpans good = protobuf(5).getResourceSpans(0).getScopeSpans(0);
            byte[] brokenName = {0x2a, 0x02, (byte) 0xC3, 0x28};
            ScopeSpans broken = ScopeSpans.parseFrom(ByteString.copyFrom(new byte[] {0x12, 0x00})).toBuilder()
                    .clearSpans()
                    .setUnknownFields(com.google.protobuf.UnknownFieldSet.newBuilder()
                            .addField(
                                    2,
                                    com.google.protobuf.UnknownFieldSet.Field.newBuilder()
                                            .addLengthDelimited(ByteString.copyFrom(brokenName))
                                            .build())
                            .build())
                    .build();
            ExportTraceServiceRequest request = ExportTraceServiceRequest.newBuilder()
                    .addResourceSpans(
                            ResourceSpans.newBuilder().addScopeSpans(broken).addScopeSpans(good))
                    .build();
            Answer answer = door.post("/v1/traces", PROTOBUF, request.toByteArray());
            assertThat(answer.status()).isEqualTo(200);
            assertThat(ExportTraceServiceResponse.parseFrom(answer.bytes())
                            .getPartialSuccess()
                            .getRejectedSpans())
                    .isEqualTo(1);
            assertThat(door.records()).hasSize(1);
        }

        @Test
        void does_not_grow_in_memory_by_empty_messages() {
            // A million empty resources in two megabytes, and a million empty spans.
            byte[] empties = new byte[2_000_000];
            for (int i = 0; i < empties.length; i += 2) {
                empties[i] = 0x0a;
            }
            assertThat(door.post("/v1/traces", PROTOBUF, empties).status()).isEqualTo(200);
            for (int i = 0; i < empties.length; i += 2) {
                empties[i] = 0x12;
            }
            byte[] spans = ExportTraceServiceRequest.newBuilder()
                    .addResourceSpans(ResourceSpans.newBuilder()
                            .setUnknownFields(com.google.protobuf.UnknownFieldSet.newBuilder()
                                    .addField(
                                            2,
                                            com.google.protobuf.UnknownFieldSet.Field.newBuilder()
                                                    .addLengthDelimited(ByteString.copyFrom(empties))
                                                    .build())
                                    .build()))
                    .build()
                    .toByteArray();
            assertThat(door.post("/v1/traces", PROTOBUF, spans).status()).isEqualTo(413);
        }
    }

    @Nested
    @DisplayName("holds no more in memory than its share")
    class InMemory {
        @Test
        void when_a_protobuf_span_is_many_times_larger_in_json() throws InvalidProtocolBufferException {
            io.opentelemetry.proto.trace.v1.Span.Builder span =
                    protobuf(5).getResourceSpans(0).getScopeSpans(0).getSpans(0).toBuilder();
            for (int i = 0; i < 100_000; i++) {
                span.addAttributes(KeyValue.getDefaultInstance());
            }
            ExportTraceServiceRequest request = ExportTraceServiceRequest.newBuilder()
                    .addResourceSpans(ResourceSpans.newBuilder()
                            .addScopeSpans(ScopeSpans.newBuilder().addSpans(span)))
                    .build();
            assertThat(request.getSerializedSize()).isLessThan(300_000);
            Answer answer = door.post("/v1/traces", PROTOBUF, request.toByteArray());
            assertThat(answer.status()).isEqualTo(200);
            assertThat(ExportTraceServiceResponse.parseFrom(answer.bytes())
                            .getPartialSuccess()
                            .getErrorMessage())
                    .contains("as JSON");
            assertThat(door.records()).isEmpty();
        }

        @Test
        void when_a_resource_says_at_length_what_stands_with_each_of_its_spans() {
            StringBuilder attributes = new StringBuilder();
            for (int i = 0; i < 100; i++) {
                attributes
                        .append(i == 0 ? "" : ",")
                        .append("{\"key\":\"service.")
                        .append(i)
                        .append("\",\"value\":{\"stringValue\":\"")
                        .append("x".repeat(4_000))
                        .append("\"}}");
            }
            String[] spans = new String[100];
            java.util.Arrays.fill(spans, span("chat", 5));
            String body = request("\"resource\":{\"attributes\":[" + attributes + "]},", spans);
            try (TestDoor small = TestDoor.open(
                    "http.body.limit", "1048576", "http.inflated.limit", "1048576", "http.memory.limit", "4194304")) {
                Answer answer = small.post("/v1/traces", JSON, body);
                assertThat(answer.status()).isEqualTo(413);
                assertThat(answer.body().path("message").textValue()).contains("fewer at a time");
                assertThat(small.records()).isEmpty();
                assertThat(small.metrics.scrape()).contains("costops_http_memory_used_bytes 0.0");
            }
        }
    }

    @Nested
    @DisplayName("works unmodified with OpenTelemetry's own SDK")
    class WithTheSdk {
        @Test
        void and_its_otlp_http_exporter_with_gzip_and_a_key(@TempDir Path folder) {
            Path keys = folder.resolve("keys.json");
            String key = TestDoor.issueKey(keys, "acme");
            try (TestDoor keyed = TestDoor.open("http.keys.file", keys.toString(), "http.host", "127.0.0.1");
                    OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                            .setEndpoint(keyed.uri("/v1/traces").toString())
                            .setCompression("gzip")
                            .addHeader("Authorization", "Bearer " + key)
                            .addHeader("X-CostOps-Project", "chatbot")
                            .build();
                    SdkTracerProvider tracing = SdkTracerProvider.builder()
                            .setResource(io.opentelemetry.sdk.resources.Resource.create(
                                    Attributes.of(AttributeKey.stringKey("service.name"), "bot")))
                            .addSpanProcessor(
                                    BatchSpanProcessor.builder(exporter).build())
                            .build()) {
                Span agent = tracing.get("test").spanBuilder("invoke_agent").startSpan();
                agent.setAttribute("gen_ai.operation.name", "invoke_agent")
                        .setAttribute("gen_ai.usage.input_tokens", 300);
                Span chat = tracing.get("test")
                        .spanBuilder("chat gpt-4o")
                        .setSpanKind(SpanKind.CLIENT)
                        .startSpan();
                chat.setAttribute("gen_ai.operation.name", "chat")
                        .setAttribute("gen_ai.response.model", "gpt-4o")
                        .setAttribute("gen_ai.usage.input_tokens", 300)
                        .setAttribute("gen_ai.usage.output_tokens", 30);
                chat.end();
                agent.end();
                assertThat(tracing.forceFlush().join(30, TimeUnit.SECONDS).isSuccess())
                        .isTrue();
                assertThat(keyed.records()).hasSize(1);
                assertThat(keyed.envelope(0).path("tenant").textValue()).isEqualTo("acme");
                assertThat(keyed.envelope(0).path("project").textValue()).isEqualTo("chatbot");
                assertThat(keyed.envelope(0).path("tags").path("service.name").textValue())
                        .isEqualTo("bot");
                assertThat(keyed.envelope(0).path("payload").path("spanId").textValue())
                        .isEqualTo(chat.getSpanContext().getSpanId());
                assertThat(new Normaliser()
                                .normalise(
                                        keyed.records().get(0).value(),
                                        new Origin("usage.raw", 0, 0L, null),
                                        Instant.now(),
                                        Map.of()))
                        .singleElement()
                        .isInstanceOfSatisfying(
                                Outcome.Usage.class,
                                usage -> assertThat(usage.event().getMeters())
                                        .extracting(line -> line.getMeter() + "=" + line.getQuantity())
                                        .containsExactly("uncached_input=300", "output_text=30"));
            }
        }

        @Test
        void and_refuses_a_resource_of_another_tenant(@TempDir Path folder) {
            Path keys = folder.resolve("keys.json");
            String key = TestDoor.issueKey(keys, "acme");
            try (TestDoor keyed =
                    TestDoor.openWith(CHECK, "http.keys.file", keys.toString(), "http.host", "127.0.0.1")) {
                String resource =
                        "\"resource\":{\"attributes\":[{\"key\":\"costops.tenant\",\"value\":{\"stringValue\":"
                                + "\"globex\"}}]},";
                Answer answer = keyed.post("/v1/traces", JSON, request(resource, span("chat", 5)), "X-API-Key", key);
                assertThat(answer.status()).isEqualTo(403);
                assertThat(answer.body().path("code").intValue()).isEqualTo(7);
                assertThat(answer.body().path("message").textValue()).contains("globex");
                assertThat(keyed.records()).isEmpty();
            }
        }
    }

    @Test
    void refuses_another_content_type() {
        assertThat(door.post("/v1/traces", "text/plain", "x").status()).isEqualTo(415);
    }

    private static ExportTraceServiceRequest protobuf(int inputTokens) {
        io.opentelemetry.proto.trace.v1.Span.Builder span = io.opentelemetry.proto.trace.v1.Span.newBuilder()
                .setTraceId(ByteString.fromHex("4d7c15f46c9f35605ba1bf8f5c7f05dc"))
                .setSpanId(ByteString.fromHex("dc1ccffd0f3f0b65"))
                .setName("chat")
                .setKindValue(3)
                .setStartTimeUnixNano(1787156379596473924L)
                .setEndTimeUnixNano(1787156382367885539L);
        Map<String, AnyValue> attributes = new java.util.LinkedHashMap<>();
        attributes.put("gen_ai.operation.name", text("chat"));
        attributes.put("gen_ai.provider.name", text("openai"));
        attributes.put("gen_ai.response.model", text("gpt-4o"));
        attributes.put(
                "gen_ai.usage.input_tokens",
                AnyValue.newBuilder().setIntValue(inputTokens).build());
        attributes.put(
                "gen_ai.usage.output_tokens",
                AnyValue.newBuilder().setIntValue(3).build());
        attributes.forEach((name, value) ->
                span.addAttributes(KeyValue.newBuilder().setKey(name).setValue(value)));
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .setResource(Resource.newBuilder()
                                .addAttributes(KeyValue.newBuilder()
                                        .setKey("costops.project")
                                        .setValue(text("p"))))
                        .addScopeSpans(ScopeSpans.newBuilder().addSpans(span)))
                .build();
    }

    private static AnyValue text(String value) {
        return AnyValue.newBuilder().setStringValue(value).build();
    }
}
