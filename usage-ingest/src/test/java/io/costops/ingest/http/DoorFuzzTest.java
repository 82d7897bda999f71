package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.chat;
import static io.costops.ingest.http.TestDoor.envelope;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.ingest.keys.ApiKey;
import io.costops.ingest.keys.ApiKeyFile;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.value.TenantId;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Whatever bytes are sent")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoorFuzzTest {
    private static final long SEED = 20_261_122;
    private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");
    private static final int ROUNDS = 4_000;
    private static final Limits LIMITS = new Limits(1 << 20, 1 << 20, 1 << 16, 50);
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Normaliser normaliser = new Normaliser();
    private final Random random = new Random(SEED);
    private final Admission real = new Admission(new NormaliserCheck(new Normaliser(), Clock.systemUTC()), LIMITS);
    private final Admission open = new Admission(envelope -> EnvelopeCheck.Verdict.Good.USAGE, LIMITS);
    private Optional<ApiKey> key = Optional.empty();

    @BeforeAll
    void issueKey(@TempDir Path folder) throws IOException {
        key = Optional.of(ApiKeyFile.issue(
                        folder.resolve("keys.json"),
                        new TenantId("acme"),
                        "fuzz",
                        OptionalLong.empty(),
                        Optional.empty(),
                        new SecureRandom(),
                        Clock.systemUTC())
                .key());
    }

    @Test
    void as_envelopes_only_the_keys_tenant_is_written_and_only_whole_json() {
        String batch = "[" + envelope("a", 1) + "," + envelope("\"tenant\":\"acme\",\"id\":null,", "b", 2) + ","
                + envelope("\"tenant\":null,\"tags\":{\"x\":\"y\"},", "c", 3)
                + ",{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/g\",\"type\":\"t\",\"llmkind\":\"openai.chat\",\"llmtenant\":"
                + "\"globex\",\"data\":" + chat("d", 4) + "}]";
        String lines = batch.substring(1, batch.length() - 1).replace("},{\"source", "}\n{\"source");
        for (Admission admission : List.of(real, open)) {
            Route route = new UsageRoute(new JsonBatch(LIMITS, admission), admission);
            fuzz(route, "", "application/json", batch.getBytes(StandardCharsets.UTF_8));
            fuzz(route, "", "application/x-ndjson", lines.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void as_raw_payloads_they_stay_inside_their_envelope() {
        Route route = new SourceRoute(new JsonBatch(LIMITS, open), open);
        String batch = "[" + chat("a", 1) + "," + chat("b", 2) + "]";
        fuzz(route, "openai.chat", "application/json", batch.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void as_spans_they_stay_inside_their_envelope() {
        Route route = new TracesRoute(LIMITS, open);
        String json = "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
                + "{\"stringValue\":\"x\"}}]},\"scopeSpans\":[{\"spans\":[" + OtlpDoorTest.span("chat", 1) + ","
                + OtlpDoorTest.span("chat", 2) + "]}]}]}";
        fuzz(route, "", "application/json", json.getBytes(StandardCharsets.UTF_8));
        Span span = Span.newBuilder()
                .setName("chat")
                .addAttributes(KeyValue.newBuilder()
                        .setKey("gen_ai.usage.input_tokens")
                        .setValue(AnyValue.newBuilder().setIntValue(7)))
                .build();
        byte[] protobuf = ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .addScopeSpans(ScopeSpans.newBuilder().addSpans(span).addSpans(span)))
                .build()
                .toByteArray();
        fuzz(route, "", "application/x-protobuf", protobuf);
    }

    @Test
    void as_cloud_events_they_stay_inside_their_envelope() {
        Route route = new EventsRoute(new JsonBatch(LIMITS, open), open);
        String event =
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/g\",\"type\":\"t\",\"data\":" + chat("a", 1) + "}";
        fuzz(
                route,
                "",
                "application/cloudevents-batch+json",
                ("[" + event + "," + event + "]").getBytes(StandardCharsets.UTF_8));
    }

    private void fuzz(Route route, String path, String contentType, byte[] valid) {
        HttpFields headers = HttpFields.build().put("Content-Type", contentType);
        TenantRule rule = new TenantRule(key);
        Attribution attribution = rule.applied(Attribution.NONE);
        int written = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] body = round == 0 ? valid : mutated(valid);
            Decoded decoded = route.decode(new Call(
                    path,
                    headers,
                    new Body(body, body.length),
                    rule,
                    attribution,
                    new MemoryBudget(Long.MAX_VALUE).open()));
            for (RawEnvelope envelope : written(decoded)) {
                JsonNode json = whole(envelope);
                assertThat(json.path("tenant").textValue())
                        .as("round %d of seed %d", round, SEED)
                        .isEqualTo("acme");
                assertTenant(envelope);
                written++;
            }
        }
        assertThat(written).as("some of it is good").isPositive();
    }

    /** Whatever the stream makes of it belongs to the key's tenant. */
    private void assertTenant(RawEnvelope envelope) {
        Origin place = new Origin("usage.raw", 0, 0L, null);
        for (Outcome outcome : normaliser.normalise(envelope.bytes(), place, NOW, Map.of())) {
            if (outcome instanceof Outcome.Usage usage) {
                assertThat(usage.event().getDimensions().getTenant()).isEqualTo("acme");
            }
        }
    }

    private static List<RawEnvelope> written(Decoded decoded) {
        List<RawEnvelope> envelopes = new ArrayList<>();
        if (decoded instanceof Decoded.Batch batch) {
            for (Element element : batch.elements()) {
                if (element instanceof Element.Take take) {
                    envelopes.add(take.envelope());
                } else if (element instanceof Element.Keep keep) {
                    envelopes.add(keep.envelope());
                }
            }
        }
        return envelopes;
    }

    private static JsonNode whole(RawEnvelope envelope) {
        String text = new String(envelope.bytes(), StandardCharsets.UTF_8);
        try {
            return STRICT.readTree(text);
        } catch (JsonProcessingException e) {
            // A name that stands twice inside a payload is for the stream to judge; nothing else may be wrong.
            assertThat(e.getOriginalMessage()).as(text).contains("Duplicate field");
            return TestDoor.json(envelope.bytes());
        }
    }

    /** A few bytes changed, doubled, dropped, or another part of the text put in their place. */
    private byte[] mutated(byte[] valid) {
        List<Byte> bytes = new ArrayList<>(valid.length + 64);
        for (byte b : valid) {
            bytes.add(b);
        }
        String structure = "{}[]\",:\\ntu0-.eE\n ";
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(bytes.size());
            switch (random.nextInt(5)) {
                case 0 -> bytes.set(at, (byte) random.nextInt(256));
                case 1 -> bytes.set(at, (byte) structure.charAt(random.nextInt(structure.length())));
                case 2 -> bytes.remove(at);
                case 3 -> bytes.add(at, (byte) structure.charAt(random.nextInt(structure.length())));
                default -> {
                    int from = random.nextInt(valid.length);
                    int to = Math.min(valid.length, from + random.nextInt(40));
                    for (int j = from; j < to; j++) {
                        bytes.add(at, valid[j]);
                    }
                }
            }
        }
        byte[] mutated = new byte[bytes.size()];
        for (int i = 0; i < mutated.length; i++) {
            mutated[i] = bytes.get(i);
        }
        return mutated;
    }
}
