package io.costops.ingest;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what the ledger books from now on, for {@code /metrics}. The instances share the partitions, so that the sum over
 * all of them counts each entry once.
 */
final class LedgerMetricsRun implements SupervisedStream.Run {
    private static final Duration POLL = Duration.ofSeconds(1);

    /** Most of an entry's bytes. */
    private static final Set<String> UNCOUNTED = Set.of(
            "lines",
            "tags",
            "pricing_attributes",
            "list_cost",
            "contracted_cost",
            "effective_cost",
            "reported_cost",
            "price_key",
            "price_revision",
            "attribution_revision",
            "rule_version",
            "record");

    private final Consumer<byte[], byte[]> consumer;
    private final AvroCodec<LedgerEntry> codec;
    private final LedgerMetrics metrics;
    private volatile boolean ready;

    LedgerMetricsRun(Consumer<byte[], byte[]> consumer, SchemaRegistry registry, LedgerMetrics metrics) {
        this.consumer = consumer;
        this.codec = new AvroCodec<>(LedgerEntry.class, Topics.USAGE_PRICED.subject(), registry, UNCOUNTED);
        this.metrics = metrics;
    }

    static Consumer<byte[], byte[]> consumer(IngestConfiguration configuration) {
        Properties properties = new Properties();
        properties.putAll(Map.of(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
                configuration.kafkaBootstrap(),
                ConsumerConfig.GROUP_ID_CONFIG,
                configuration.applicationId() + "-metrics",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "latest",
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false));
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public void runToEnd() {
        try (consumer) {
            consumer.subscribe(List.of(Topics.USAGE_PRICED.name()));
            ready = true;
            while (true) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    count(record.value());
                }
            }
        } catch (WakeupException closing) {
            // By close.
        } finally {
            ready = false;
        }
    }

    private void count(byte[] value) {
        if (codec.decode(value) instanceof Decoded.Value<LedgerEntry> entry) {
            metrics.count(entry.record());
        } else {
            metrics.countUndecodable();
        }
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public void close() {
        consumer.wakeup();
    }
}
