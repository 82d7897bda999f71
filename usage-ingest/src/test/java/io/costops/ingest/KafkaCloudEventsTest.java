package io.costops.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.CloudEventSerializer;
import io.costops.ingest.normalise.Normaliser;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As the SDK's own Kafka serializer writes them, in the binding's two modes. */
@DisplayName("The topology takes CloudEvents from Kafka")
class KafkaCloudEventsTest {
    private static final Instant RECEIVED = Instant.parse("2026-08-01T09:59:59Z");
    private static final byte[] CHAT = utf8("{\"id\":\"chatcmpl-1\",\"created\":1785542400,\"model\":\"gpt-4o\","
            + "\"usage\":{\"prompt_tokens\":2006,\"completion_tokens\":300,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":1920}}}");

    private final CloudEvent event = CloudEventBuilder.v1()
            .withId("1")
            .withSource(URI.create("/gateway"))
            .withType("llm.usage")
            .withTime(OffsetDateTime.parse("2026-08-01T08:00:00Z"))
            .withExtension("llmkind", "openai.chat")
            .withExtension("tenantid", "acme")
            .withExtension("llmlatencyms", 840)
            .withExtension("partitionkey", "p-1")
            .withData("application/json", CHAT)
            .build();

    @TempDir
    private Path stateDir;

    private final SchemaRegistry registry = new InMemorySchemaRegistry();
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> raw;
    private TestOutputTopic<String, byte[]> events;
    private TestOutputTopic<byte[], byte[]> rejected;

    @BeforeEach
    void start() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        driver = new TopologyTestDriver(
                UsageIngest.topology(
                        new Normaliser(),
                        registry,
                        new IngestMetrics(new SimpleMeterRegistry()),
                        Clock.fixed(RECEIVED, ZoneOffset.UTC)),
                properties,
                RECEIVED);
        raw = driver.createInputTopic(
                Topics.USAGE_RAW.name(), new ByteArraySerializer(), new ByteArraySerializer(), RECEIVED, Duration.ZERO);
        events = driver.createOutputTopic(
                Topics.USAGE_EVENTS.name(), new StringDeserializer(), new ByteArrayDeserializer());
        rejected = driver.createOutputTopic(
                Topics.USAGE_REJECTED.name(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void in_binary_mode() {
        TestRecord<byte[], byte[]> record = record(event, Encoding.BINARY);
        assertThat(record.value()).isEqualTo(CHAT);
        assertThat(record.headers().lastHeader("ce_llmkind").value()).isEqualTo(utf8("openai.chat"));

        raw.pipeInput(record);

        UsageEvent written = decode(UsageEvent.class, events.readRecord().value());
        checkEvent(written);
        assertThat(written.getTags()).containsEntry("ce_source", "/gateway").containsEntry("ce_type", "llm.usage");
        assertThat(rejected.isEmpty()).isTrue();
    }

    @Test
    void in_structured_mode() {
        TestRecord<byte[], byte[]> record = record(event, Encoding.STRUCTURED);
        assertThat(new String(record.headers().lastHeader("content-type").value(), StandardCharsets.UTF_8))
                .startsWith("application/cloudevents+json");

        raw.pipeInput(record);

        checkEvent(decode(UsageEvent.class, events.readRecord().value()));
        assertThat(rejected.isEmpty()).isTrue();
    }

    @Test
    void in_both_modes_as_one_and_the_same_event() {
        raw.pipeInput(record(event, Encoding.BINARY));
        raw.pipeInput(record(event, Encoding.STRUCTURED));

        UsageEvent binary = decode(UsageEvent.class, events.readRecord().value());
        UsageEvent structured = decode(UsageEvent.class, events.readRecord().value());
        assertThat(structured.getEventId()).isEqualTo(binary.getEventId());
        assertThat(structured.getTags()).isEqualTo(binary.getTags());
        assertThat(structured.getMeters()).isEqualTo(binary.getMeters());
    }

    @Test
    void in_binary_mode_whose_data_is_broken_keeps_value_and_headers() {
        byte[] broken = utf8("{\"model\":");

        raw.pipeInput(record(
                CloudEventBuilder.v1(event).withData("application/json", broken).build(), Encoding.BINARY));

        RejectedUsage rejection = decode(RejectedUsage.class, rejected.readValue());
        assertThat(rejection.getReason()).isEqualTo(RejectReason.MALFORMED_JSON);
        assertThat(rejection.getField()).isEqualTo("data");
        assertThat(rejection.getOriginal()).isEqualTo(ByteBuffer.wrap(broken));
        assertThat(rejection.getHeaders()).containsEntry("ce_llmkind", ByteBuffer.wrap(utf8("openai.chat")));
    }

    @Test
    void without_a_kind_in_neither_mode() {
        CloudEvent untold =
                CloudEventBuilder.v1(event).withoutExtension("llmkind").build();

        raw.pipeInput(record(untold, Encoding.BINARY));
        raw.pipeInput(record(untold, Encoding.STRUCTURED));

        RejectedUsage binary = decode(RejectedUsage.class, rejected.readValue());
        assertThat(binary.getReason()).isEqualTo(RejectReason.MISSING_FIELD);
        assertThat(binary.getMessage()).contains("llmkind");
        RejectedUsage structured = decode(RejectedUsage.class, rejected.readValue());
        assertThat(structured.getReason()).isEqualTo(RejectReason.MISSING_FIELD);
        assertThat(structured.getMessage()).contains("llmkind");
        assertThat(events.isEmpty()).isTrue();
    }

    @Test
    void around_an_envelope_of_ours_as_the_envelope() {
        byte[] envelope =
                utf8("{\"source\":\"openai.chat\",\"payload\":" + new String(CHAT, StandardCharsets.UTF_8) + "}");

        raw.pipeInput(record(
                CloudEventBuilder.v1(event)
                        .withoutExtension("llmkind")
                        .withData("application/json", envelope)
                        .build(),
                Encoding.BINARY));

        assertThat(decode(UsageEvent.class, events.readRecord().value()).getSourceKind())
                .isEqualTo("openai.chat");
    }

    private static void checkEvent(UsageEvent written) {
        assertThat(written.getEventId()).isEqualTo("openai:chatcmpl-1");
        assertThat(written.getSourceKind()).isEqualTo("cloudevents");
        assertThat(written.getInnerKind()).isEqualTo("openai.chat");
        assertThat(written.getDimensions().getTenant()).isEqualTo("acme");
        assertThat(written.getLatencyMs()).isEqualTo(840);
        assertThat(written.getMeters())
                .extracting(line -> line.getMeter() + "=" + line.getQuantity().toBigInteger())
                .containsExactly("uncached_input=86", "cache_read=1920", "output_text=300");
    }

    /** The record that the SDK's own serializer makes. */
    private TestRecord<byte[], byte[]> record(CloudEvent told, Encoding encoding) {
        RecordHeaders headers = new RecordHeaders();
        try (CloudEventSerializer serializer = new CloudEventSerializer()) {
            serializer.configure(
                    Map.of(
                            CloudEventSerializer.ENCODING_CONFIG,
                            encoding,
                            CloudEventSerializer.EVENT_FORMAT_CONFIG,
                            new JsonFormat()),
                    false);
            return new TestRecord<>(
                    utf8("p-1"), serializer.serialize(Topics.USAGE_RAW.name(), headers, told), headers, RECEIVED);
        }
    }

    private <T extends SpecificRecord> T decode(Class<T> type, byte[] value) {
        Decoded<T> decoded = new AvroCodec<>(type, "test", registry).decode(value);
        assertThat(decoded).isInstanceOf(Decoded.Value.class);
        return ((Decoded.Value<T>) decoded).record();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
