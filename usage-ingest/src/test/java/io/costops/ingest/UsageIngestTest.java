package io.costops.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.ingest.normalise.Normaliser;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The topology")
class UsageIngestTest {
    private static final Instant NOW = Instant.parse("2026-08-01T10:00:00.000001Z");
    private static final Instant RECEIVED = Instant.parse("2026-08-01T09:59:59Z");
    private static final byte[] GOOD = json("{'source':'openai.chat','tenant':'acme','payload':{'id':'chatcmpl-1',"
            + "'created':1785542400,'model':'gpt-4o-2024-08-06','usage':{'prompt_tokens':2006,'completion_tokens':300,"
            + "'prompt_tokens_details':{'cached_tokens':1920}}}}");

    @TempDir
    private Path stateDir;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private SchemaRegistry registry = new InMemorySchemaRegistry();
    private Topology topology;
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> raw;
    private TestOutputTopic<String, byte[]> events;
    private TestOutputTopic<byte[], byte[]> rejected;

    @BeforeEach
    void start() {
        start(registry);
    }

    private void start(SchemaRegistry with) {
        registry = with;
        Properties properties = new Properties();
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        topology = UsageIngest.topology(
                new Normaliser(), registry, new IngestMetrics(meters), Clock.fixed(NOW, ZoneOffset.UTC));
        driver = new TopologyTestDriver(topology, properties, RECEIVED);
        raw = driver.createInputTopic(
                Topics.USAGE_RAW.name(),
                new ByteArraySerializer(),
                new ByteArraySerializer(),
                RECEIVED,
                java.time.Duration.ZERO);
        events = driver.createOutputTopic(
                Topics.USAGE_EVENTS.name(), new StringDeserializer(), new ByteArrayDeserializer());
        rejected = driver.createOutputTopic(
                Topics.USAGE_REJECTED.name(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    /** It has no stores and no repartitioned topics; its tasks and positions are found by the group and these topics. */
    @Test
    void goes_on_where_an_earlier_version_stopped_by_these_names() {
        assertThat(topology.describe().toString()).isEqualToNormalizingWhitespace("""
                Topologies:
                   Sub-topology: 0
                    Source: Raw usage (topics: [usage.raw])
                      --> Normalise usage
                    Processor: Normalise usage (stores: [])
                      --> Rejected usage, Usage events
                      <-- Raw usage
                    Sink: Rejected usage (topic: usage.rejected)
                      <-- Normalise usage
                    Sink: Usage events (topic: usage.events)
                      <-- Normalise usage
                """);
    }

    @Test
    void writes_canonical_usage_by_its_event_id() {
        raw.pipeInput(json("'any key'"), GOOD);

        TestRecord<String, byte[]> written = events.readRecord();
        UsageEvent event = decode(UsageEvent.class, written.value());
        assertThat(written.key()).isEqualTo("openai:chatcmpl-1").isEqualTo(event.getEventId());
        assertThat(written.getRecordTime()).isEqualTo(RECEIVED);
        assertThat(event.getModel()).isEqualTo("gpt-4o-2024-08-06");
        assertThat(event.getDimensions().getTenant()).isEqualTo("acme");
        assertThat(event.getMeters())
                .extracting(line -> line.getMeter() + "=" + line.getQuantity().toBigInteger())
                .containsExactly("uncached_input=86", "cache_read=1920", "output_text=300");
        assertThat(event.getOrigin().getTopic()).isEqualTo("usage.raw");
        assertThat(rejected.isEmpty()).isTrue();
        assertThat(count("usage", "openai.chat", "BILLABLE")).isEqualTo(1);
    }

    static Stream<Arguments> bad_input() {
        String chat = "{'source':'openai.chat','payload':{'model':'gpt-4o','usage':{'prompt_tokens':%s}}}";
        return Stream.of(
                Arguments.of("malformed JSON", json("{'source':"), RejectReason.MALFORMED_JSON, null),
                Arguments.of("no JSON at all", new byte[] {0, 1, 2, (byte) 0xFF}, RejectReason.MALFORMED_JSON, null),
                Arguments.of("nothing", new byte[0], RejectReason.MALFORMED_JSON, null),
                Arguments.of("two values", json("{} {}"), RejectReason.MALFORMED_JSON, null),
                Arguments.of(
                        "a name twice", json("{'source':'a','source':'b'}"), RejectReason.MALFORMED_JSON, "source"),
                Arguments.of(
                        "a missing model",
                        json("{'source':'openai.chat','payload':{'usage':{'prompt_tokens':1}}}"),
                        RejectReason.MISSING_FIELD,
                        "payload.model"),
                Arguments.of(
                        "a negative count",
                        json(String.format(chat, "-1")),
                        RejectReason.NEGATIVE_QUANTITY,
                        "payload.usage.prompt_tokens"),
                Arguments.of(
                        "a fraction of a token",
                        json(String.format(chat, "1.5")),
                        RejectReason.INVALID_FIELD,
                        "payload.usage.prompt_tokens"),
                Arguments.of(
                        "a count as text",
                        json(String.format(chat, "'12'")),
                        RejectReason.INVALID_FIELD,
                        "payload.usage.prompt_tokens"),
                Arguments.of(
                        "a count beyond any use",
                        json(String.format(chat, "1000000000001")),
                        RejectReason.OUT_OF_RANGE,
                        "payload.usage.prompt_tokens"),
                Arguments.of(
                        "an exponent beyond any number",
                        json(String.format(chat, "1e1000000000")),
                        RejectReason.OUT_OF_RANGE,
                        "payload.usage.prompt_tokens"),
                Arguments.of("NaN", json(String.format(chat, "NaN")), RejectReason.MALFORMED_JSON, null),
                Arguments.of(
                        "an unknown source",
                        json("{'source':'acme','payload':{}}"),
                        RejectReason.UNKNOWN_SOURCE,
                        "source"),
                Arguments.of(
                        "a tag with control characters",
                        json("{'source':'openai.chat','tags':{'team':'m\\u0000l'},'payload':{}}"),
                        RejectReason.INVALID_TAG,
                        "tags.team"),
                Arguments.of(
                        "an event of the future",
                        json("{'source':'openai.chat','event_time':'2026-08-01T11:00:00Z','payload':{}}"),
                        RejectReason.FUTURE_TIME,
                        "event_time"),
                Arguments.of(
                        "ten thousand levels",
                        json("[".repeat(10_000) + "]".repeat(10_000)),
                        RejectReason.TOO_DEEP,
                        null),
                Arguments.of("more than a MiB", filled(Topics.MAX_ENVELOPE_BYTES + 1), RejectReason.TOO_LARGE, null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void bad_input(String what, byte[] value, RejectReason reason, String field) {
        byte[] key = {1, 0, (byte) 0xFF};
        TestRecord<byte[], byte[]> record =
                new TestRecord<>(key, value, new RecordHeaders().add("trace", new byte[] {9}), RECEIVED);

        raw.pipeInput(record);
        raw.pipeInput(GOOD);

        RejectedUsage rejection = decode(RejectedUsage.class, rejected.readValue());
        assertThat(rejection.getReason()).isEqualTo(reason);
        assertThat(rejection.getField()).isEqualTo(field);
        assertThat(rejection.getMessage()).isNotBlank();
        assertThat(rejection.getStage()).isEqualTo("usage-ingest");
        assertThat(bytes(rejection.getOriginal())).isEqualTo(value);
        assertThat(bytes(rejection.getOriginalKey())).isEqualTo(key);
        assertThat(rejection.getHeaders()).containsEntry("trace", ByteBuffer.wrap(new byte[] {9}));
        assertThat(rejection.getOrigin().getTopic()).isEqualTo("usage.raw");
        assertThat(rejection.getOrigin().getOffset()).isZero();
        assertThat(rejection.getReceivedAt()).isEqualTo(RECEIVED);
        assertThat(rejection.getRejectedAt()).isEqualTo(NOW);
        assertThat(decode(UsageEvent.class, events.readValue()).getEventId())
                .as("the stream goes on")
                .isEqualTo("openai:chatcmpl-1");
        assertThat(events.isEmpty()).isTrue();
    }

    @Test
    void rejects_a_record_without_a_value_and_goes_on() {
        raw.pipeInput(json("'key'"), (byte[]) null);
        raw.pipeInput(GOOD);

        RejectedUsage rejection = decode(RejectedUsage.class, rejected.readValue());
        assertThat(bytes(rejection.getOriginal())).isEmpty();
        assertThat(rejection.getReason()).isEqualTo(RejectReason.MALFORMED_JSON);
        assertThat(events.getQueueSize()).isEqualTo(1);
    }

    @Test
    void a_replayed_record_keeps_its_identity_its_place_and_its_time() {
        byte[] record = json("{'source':'openai.embeddings','tenant':'acme','payload':{'object':'list','data':[],"
                + "'model':'text-embedding-3-small','usage':{'prompt_tokens':8,'total_tokens':8}}}");
        Instant first = RECEIVED.minusSeconds(86_400);
        RecordHeaders headers = new RecordHeaders();
        headers.add(
                io.costops.ingest.normalise.RecordHeaders.REPLAY_OF,
                io.costops.ingest.normalise.RecordHeaders.replayOf(new Origin("usage.raw", 3, 77L, null), first));

        raw.pipeInput(new TestRecord<>(null, record, headers, RECEIVED));

        UsageEvent event = decode(UsageEvent.class, events.readValue());
        assertThat(event.getEventId()).isEqualTo("at:usage.raw:3:77");
        assertThat(event.getOrigin().getOffset()).isEqualTo(77);
        assertThat(event.getEventTime()).isEqualTo(first);
    }

    @Test
    void a_reject_of_the_largest_record_fits_its_topic() {
        byte[] largest = filled(Topics.USAGE_RAW.maxMessageBytes());

        raw.pipeInput(largest);

        assertThat(rejected.readValue().length).isLessThan(Topics.USAGE_REJECTED.maxMessageBytes() - 64 * 1024);
    }

    @Test
    void a_field_with_an_endless_name_does_not_swell_its_reject() {
        String name = "n".repeat(500_000);

        raw.pipeInput(json("{'payload':{'" + name + "':1,'" + name + "':2}}"));

        RejectedUsage rejection = decode(RejectedUsage.class, rejected.readValue());
        assertThat(rejection.getField()).hasSizeLessThanOrEqualTo(512);
        assertThat(rejection.getMessage()).hasSizeLessThanOrEqualTo(2_000);
    }

    @Test
    void random_bytes_never_stop_it() {
        Random random = new Random(20260801);
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = Arrays.copyOf(GOOD, GOOD.length);
            for (int changes = random.nextInt(1, 8); changes > 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            raw.pipeInput(bytes);
        }

        assertThat(events.getQueueSize() + rejected.getQueueSize()).isEqualTo(2_000);
    }

    @Nested
    @DisplayName("when the schema registry is away")
    class WithoutRegistry {
        @Test
        void fails_so_that_the_transaction_is_aborted() {
            driver.close();
            start(new SchemaRegistry() {
                @Override
                public int register(String subject, Schema schema) {
                    throw new UncheckedIOException(new java.io.IOException("no answer"));
                }

                @Override
                public Optional<String> byId(int id) {
                    return Optional.empty();
                }
            });

            assertThatThrownBy(() -> raw.pipeInput(GOOD)).hasRootCauseMessage("no answer");
        }
    }

    @Test
    void takes_a_record_whose_producer_set_no_time() {
        ReceiptTime time = new ReceiptTime(Clock.fixed(NOW, ZoneOffset.UTC));

        assertThat(time.extract(
                        new org.apache.kafka.clients.consumer.ConsumerRecord<>("usage.raw", 0, 0, null, null), 5))
                .isEqualTo(NOW.toEpochMilli());
    }

    private double count(String outcome, String source, String reason) {
        return meters.get("costops.ingest.calls")
                .tags(List.of(
                        io.micrometer.core.instrument.Tag.of("outcome", outcome),
                        io.micrometer.core.instrument.Tag.of("source", source),
                        io.micrometer.core.instrument.Tag.of("reason", reason)))
                .counter()
                .count();
    }

    private <T extends SpecificRecord> T decode(Class<T> type, byte[] value) {
        Decoded<T> decoded = new AvroCodec<>(type, "test", registry).decode(value);
        assertThat(decoded).isInstanceOf(Decoded.Value.class);
        return ((Decoded.Value<T>) decoded).record();
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static byte[] json(String quoted) {
        return quoted.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) ' ');
        return bytes;
    }
}
