package io.costops.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The metrics show of the ledger")
class LedgerMetricsTest {
    private static final Instant NOW = Instant.parse("2026-08-01T10:00:00Z");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final LedgerMetrics metrics = new LedgerMetrics(registry);

    @Test
    void requests_tokens_and_dollars_of_each_tenant_and_model() {
        metrics.count(entry("gpt-4o", EntryStatus.PRICED, "0.0123"));
        metrics.count(entry("gpt-4o", EntryStatus.PRICED, "0.0100"));

        String labels = "model=\"gpt-4o\",provider=\"openai\",";
        assertThat(registry.scrape())
                .contains("llm_requests_total{" + labels + "status=\"priced\",tenant=\"acme\"} 2.0")
                .contains("llm_tokens_total{direction=\"input\"," + labels + "tenant=\"acme\"} 200.0")
                .contains("llm_tokens_total{direction=\"output\"," + labels + "tenant=\"acme\"} 20.0")
                .contains("llm_inference_cost_usd_total{" + labels + "tenant=\"acme\"} 0.0223");
    }

    @Test
    void what_has_no_price_by_its_status_and_without_a_cost() {
        metrics.count(entry("new-model", EntryStatus.UNPRICED, null));

        assertThat(registry.scrape())
                .contains("status=\"unpriced\",tenant=\"acme\"} 1.0")
                .contains("llm_inference_cost_usd_total{model=\"new-model\",provider=\"openai\",tenant=\"acme\"} 0.0");
    }

    @Test
    void no_dollars_of_another_currency() {
        LedgerEntry entry = entry("gpt-4o", EntryStatus.PRICED, "1");
        entry.setBillingCurrency("EUR");

        metrics.count(entry);

        assertThat(registry.scrape())
                .contains("llm_inference_cost_usd_total{model=\"gpt-4o\",provider=\"openai\",tenant=\"acme\"} 0.0");
    }

    @Test
    void nothing_that_is_taken_back_since_a_counter_only_grows() {
        LedgerEntry reversal = entry("gpt-4o", EntryStatus.PRICED, "-1");
        reversal.setKind(EntryKind.REVERSAL);
        reversal.setRequests(-1);

        metrics.count(reversal);

        assertThat(registry.scrape()).doesNotContain("llm_requests_total{");
    }

    @Test
    void only_so_many_series_however_many_models_are_named() {
        LedgerMetrics bounded = new LedgerMetrics(registry, 3);
        for (int i = 0; i < 100; i++) {
            bounded.count(entry("model-" + i, EntryStatus.PRICED, "1"));
        }

        assertThat(registry.scrape())
                .contains(
                        "llm_requests_total{model=\"other\",provider=\"other\",status=\"priced\",tenant=\"other\"} 97.0")
                .doesNotContain("model-3\"");
    }

    @Test
    void what_is_booked_from_now_on_and_counts_what_it_cannot_read() {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
        InMemorySchemaRegistry schemas = new InMemorySchemaRegistry();
        TopicPartition partition = new TopicPartition(Topics.USAGE_PRICED.name(), 0);
        byte[] good = new AvroCodec<>(LedgerEntry.class, Topics.USAGE_PRICED.subject(), schemas)
                .encode(entry("gpt-4o", EntryStatus.PRICED, "0.5"));
        LedgerMetricsRun run = new LedgerMetricsRun(consumer, schemas, metrics);
        consumer.schedulePollTask(() -> {
            consumer.updateBeginningOffsets(Map.of(partition, 0L));
            consumer.rebalance(List.of(partition));
            consumer.addRecord(new ConsumerRecord<>(partition.topic(), 0, 0, null, new byte[] {9}));
            consumer.addRecord(new ConsumerRecord<>(partition.topic(), 0, 1, null, good));
        });
        consumer.schedulePollTask(() -> assertThat(run.isReady()).isTrue());
        consumer.schedulePollTask(run::close);

        run.runToEnd();

        assertThat(registry.scrape())
                .contains("llm_inference_cost_usd_total{model=\"gpt-4o\",provider=\"openai\",tenant=\"acme\"} 0.5")
                .contains("costops_ingest_ledger_undecodable_total 1.0");
        assertThat(run.isReady()).isFalse();
        assertThat(consumer.closed()).isTrue();
    }

    private static LedgerEntry entry(String model, EntryStatus status, @Nullable String billed) {
        BigDecimal cost = billed == null ? null : new BigDecimal(billed).setScale(30);
        Dimensions dimensions = new Dimensions();
        dimensions.setTenant("acme");
        return LedgerEntry.newBuilder()
                .setEntryId("e-1")
                .setEventId("openai:chatcmpl-1")
                .setRevision(0)
                .setSequence(0)
                .setKind(EntryKind.USAGE)
                .setStatus(status)
                .setEventTime(NOW)
                .setBillingPeriod(LocalDate.of(2026, 8, 1))
                .setRecordedAt(NOW)
                .setReceivedAt(NOW)
                .setSourceKind("openai.chat")
                .setProvider("openai")
                .setModel(model)
                .setServiceTier("standard")
                .setDimensions(dimensions)
                .setTags(Map.of())
                .setRequests(1)
                .setInputTokens(100)
                .setOutputTokens(10)
                .setBilledCost(cost)
                .setPricingCurrency("USD")
                .setBillingCurrency("USD")
                .setLines(List.of())
                .setPricingAttributes(Map.of())
                .setOrigin(new Origin("usage.events", 0, 0L, null))
                .build();
    }
}
