package io.costops.ingest.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.ingest.budgets.BudgetDesk;
import io.costops.ingest.keys.ApiKeyFile;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.RecordHeaders;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.value.TenantId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A real door on a free loopback port; Kafka is the client library's own double. */
final class TestDoor implements AutoCloseable {
    static final JsonMapper JSON = new JsonMapper();
    private static final EnvelopeCheck NORMALISER = new NormaliserCheck(new Normaliser(), Clock.systemUTC());

    final MockProducer<byte[], byte[]> kafka;
    final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    final BudgetDesk budgets = new BudgetDesk(Clock.systemUTC());
    final HttpDoor door;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private TestDoor(
            MockProducer<byte[], byte[]> kafka, Map<String, String> options, EnvelopeCheck check, Readiness readiness) {
        this(kafka, new KafkaRawTopic(() -> kafka, Map::of), config(options), check, readiness);
    }

    private TestDoor(
            MockProducer<byte[], byte[]> kafka,
            KafkaRawTopic topic,
            HttpConfig config,
            EnvelopeCheck check,
            Readiness readiness) {
        this.kafka = kafka;
        this.door = HttpDoor.open(config, check, topic, metrics, readiness, budgets, Clock.systemUTC());
    }

    /** The real producer, and nobody at the broker's address. */
    static TestDoor openWithoutBroker(String... options) {
        HttpConfig config = config(pairs(options));
        return new TestDoor(
                producer(true),
                KafkaRawTopic.connect("127.0.0.1:9", config, new SimpleMeterRegistry()),
                config,
                NORMALISER,
                Map::of);
    }

    static HttpConfig config(Map<String, String> options) {
        List<String> arguments = new ArrayList<>();
        Map<String, String> all = new LinkedHashMap<>(options);
        all.putIfAbsent("http.port", "0");
        all.forEach((key, value) -> {
            arguments.add("--" + key);
            arguments.add(value);
        });
        return Configurations.read(HttpConfig.class, arguments.toArray(new String[0]), Map.of());
    }

    /** Kafka acknowledges at once. */
    static TestDoor open(String... options) {
        return new TestDoor(producer(true), pairs(options), NORMALISER, Map::of);
    }

    /** Kafka acknowledges when the test says so. */
    static TestDoor openWithLateKafka(String... options) {
        return new TestDoor(producer(false), pairs(options), envelope -> EnvelopeCheck.Verdict.Good.USAGE, Map::of);
    }

    static TestDoor openWith(EnvelopeCheck check, String... options) {
        return new TestDoor(producer(true), pairs(options), check, Map::of);
    }

    static TestDoor openWith(Readiness readiness) {
        return new TestDoor(producer(true), Map.of(), NORMALISER, readiness);
    }

    static MockProducer<byte[], byte[]> producer(boolean autoComplete) {
        return new MockProducer<>(autoComplete, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static Map<String, String> pairs(String... options) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            pairs.put(options[i], options[i + 1]);
        }
        return pairs;
    }

    static String issueKey(Path file, String tenant) {
        try {
            return ApiKeyFile.issue(
                            file,
                            new TenantId(tenant),
                            "test",
                            OptionalLong.empty(),
                            Optional.empty(),
                            new SecureRandom(),
                            Clock.systemUTC())
                    .text();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI uri(String path) {
        return URI.create(door.address() + path);
    }

    int port() {
        return door.address().getPort();
    }

    Answer post(String path, String contentType, String body, String... headers) {
        return post(path, contentType, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    Answer post(String path, String contentType, byte[] body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", contentType);
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    Answer get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).GET();
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<byte[]> response = client.send(
                    request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    java.util.concurrent.CompletableFuture<Answer> postLater(String path, String body, String... headers) {
        return java.util.concurrent.CompletableFuture.supplyAsync(() -> post(path, "application/json", body, headers));
    }

    List<ProducerRecord<byte[], byte[]>> records() {
        return kafka.history();
    }

    List<String> envelopes() {
        return records().stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    JsonNode envelope(int index) {
        return json(records().get(index).value());
    }

    /** The request that a record came from, and its index in it. */
    String origin(int index) {
        return new String(
                records().get(index).headers().lastHeader(RecordHeaders.ORIGIN).value(), StandardCharsets.UTF_8);
    }

    static JsonNode json(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(JsonNode json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("never came true: " + what);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        door.close();
    }

    /** A chat completion of OpenAI's, as an envelope's payload. */
    static String chat(String id, int promptTokens) {
        return "{\"id\":\"" + id + "\",\"object\":\"chat.completion\",\"created\":1785490598,\"model\":\"gpt-4o\","
                + "\"choices\":[],\"usage\":{\"prompt_tokens\":" + promptTokens
                + ",\"completion_tokens\":8,\"total_tokens\":" + (promptTokens + 8) + "}}";
    }

    static String envelope(String id, int promptTokens) {
        return envelope("", id, promptTokens);
    }

    /**
     * @param members further members, each with a comma behind it
     */
    static String envelope(String members, String id, int promptTokens) {
        return "{\"source\":\"openai.chat\"," + members + "\"payload\":" + chat(id, promptTokens) + "}";
    }

    /** An answer, with its body as JSON where it is JSON. */
    static final class Answer {
        private final HttpResponse<byte[]> response;

        Answer(HttpResponse<byte[]> response) {
            this.response = response;
        }

        int status() {
            return response.statusCode();
        }

        byte[] bytes() {
            return response.body();
        }

        String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        JsonNode body() {
            return json(response.body());
        }

        JsonNode error(int index) {
            return body().path("errors").path(index);
        }

        @Nullable
        String header(String name) {
            return response.headers().firstValue(name).orElse(null);
        }

        @Override
        public String toString() {
            return status() + " " + text();
        }
    }
}
