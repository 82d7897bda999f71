package io.costops.enrichment.job;

import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.topics.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A record of usage.events")
class ReadUsageTest {
    private static final Instant NOW = Instant.parse("2026-08-03T12:00:00Z");

    private final TestRegistry registry = new TestRegistry();
    private final TestTopics topics = new TestTopics(registry);

    @SuppressWarnings("NullAway.Init") // by open
    private OneInputStreamOperatorTestHarness<SourceRecord, UsageRecord> step;

    @BeforeEach
    void open() throws Exception {
        step = new OneInputStreamOperatorTestHarness<>(
                new ProcessOperator<>(new ReadUsage(registry.access(), ManualClock.at(NOW))));
        step.open();
    }

    @AfterEach
    void close() throws Exception {
        step.close();
    }

    @Test
    void that_is_good_passes_under_its_event_id() throws Exception {
        SourceRecord record = topics.usage(usage(0).build());

        step.processElement(record, 0);

        assertThat(step.extractOutputValues())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(new UsageRecord("openai:chatcmpl-1", record));
    }

    @Test
    void that_is_not_framed_is_kept_whole_with_its_place_and_the_fix() throws Exception {
        byte[] garbage = "{\"not\": \"avro\"}".getBytes(StandardCharsets.UTF_8);

        RejectedUsage rejected = rejected(new SourceRecord(
                "usage.events", 7, 42, 1_000, new byte[] {1}, garbage, Map.of("trace", new byte[] {9})));

        assertThat(rejected.getReason()).isEqualTo(RejectReason.UNDECODABLE_AVRO);
        assertThat(rejected.getMessage()).contains("publish it with a Confluent Avro serializer");
        assertThat(rejected.getStage()).isEqualTo("enrichment-job");
        assertThat(rejected.getOriginal()).isEqualTo(ByteBuffer.wrap(garbage));
        assertThat(rejected.getOriginalKey()).isEqualTo(ByteBuffer.wrap(new byte[] {1}));
        assertThat(rejected.getHeaders()).containsExactly(Map.entry("trace", ByteBuffer.wrap(new byte[] {9})));
        assertThat(rejected.getOrigin().getTopic()).isEqualTo("usage.events");
        assertThat(rejected.getOrigin().getPartition()).isEqualTo(7);
        assertThat(rejected.getOrigin().getOffset()).isEqualTo(42);
        assertThat(rejected.getReceivedAt()).isEqualTo(Instant.ofEpochMilli(1_000));
        assertThat(rejected.getRejectedAt()).isEqualTo(NOW);
    }

    @Test
    void without_a_value_is_rejected() throws Exception {
        RejectedUsage rejected = rejected(topics.record(Topics.USAGE_EVENTS.name(), "k", null));

        assertThat(rejected.getReason()).isEqualTo(RejectReason.UNDECODABLE_AVRO);
        assertThat(rejected.getMessage()).contains("the value is empty");
        assertThat(rejected.getOriginal().remaining()).isZero();
    }

    @Test
    void of_a_schema_that_the_registry_doesnt_know_is_rejected() throws Exception {
        RejectedUsage rejected = rejected(topics.usage(usage(0).build(), 4711));

        assertThat(rejected.getReason()).isEqualTo(RejectReason.UNKNOWN_SCHEMA);
        assertThat(rejected.getMessage())
                .isEqualTo("the registry does not know schema id 4711: register the schema, then replay the record");
    }

    @Test
    void of_another_schema_is_rejected() throws Exception {
        Schema other = SchemaBuilder.record("Other").fields().requiredLong("x").endRecord();

        RejectedUsage rejected = rejected(topics.usage(usage(0).build(), registry.register("other", other)));

        assertThat(rejected.getReason()).isEqualTo(RejectReason.UNDECODABLE_AVRO);
        assertThat(rejected.getMessage()).contains("can't be read as");
    }

    @Test
    void that_ends_too_soon_is_rejected() throws Exception {
        byte[] whole = value(topics.usage(usage(0).build()));

        RejectedUsage rejected =
                rejected(topics.record(Topics.USAGE_EVENTS.name(), "k", Arrays.copyOf(whole, whole.length - 3)));

        assertThat(rejected.getReason()).isEqualTo(RejectReason.UNDECODABLE_AVRO);
    }

    @Test
    void that_breaks_a_rule_is_rejected_by_the_fields_name() throws Exception {
        UsageEvent negative =
                usage(0).setMeters(List.of(meter("output_text", "-1"))).build();

        RejectedUsage rejected = rejected(topics.usage(negative));

        assertThat(rejected.getReason()).isEqualTo(RejectReason.NEGATIVE_QUANTITY);
        assertThat(rejected.getField()).isEqualTo("meters[0].quantity");
        assertThat(rejected.getEventId()).isEqualTo("openai:chatcmpl-1");
        assertThat(rejected.getTenant()).isEqualTo("acme");
        assertThat(rejected.getSourceKind()).isEqualTo("openai.chat");
    }

    @Test
    void is_not_rejected_for_a_registry_that_doesnt_answer() {
        SourceRecord good = topics.usage(usage(0).build());
        registry.failNext(1, 1);

        assertThatThrownBy(() -> step.processElement(good, 0)).hasMessageContaining("the registry doesn't answer");
        assertThat(step.getSideOutput(EnrichmentTopology.REJECTED)).isNull();
    }

    private RejectedUsage rejected(SourceRecord record) throws Exception {
        step.processElement(record, 0);
        assertThat(step.extractOutputValues()).isEmpty();
        return step.getSideOutput(EnrichmentTopology.REJECTED).element().getValue();
    }

    private static byte[] value(SourceRecord record) {
        byte @Nullable [] value = record.value();
        return value == null ? new byte[0] : value;
    }
}
