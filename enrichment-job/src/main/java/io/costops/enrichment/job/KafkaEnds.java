package io.costops.enrichment.job;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topics;
import java.util.Locale;
import java.util.Properties;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;

/** The job's ends at Kafka: what was committed is read, and what is written is committed with the checkpoint. */
public final class KafkaEnds {
    private final EnrichmentOptions options;
    private final KafkaConnection kafka;

    public KafkaEnds(EnrichmentOptions options) {
        this.options = options;
        this.kafka = KafkaConnection.of(options.kafkaBootstrap(), options.kafkaProperties());
    }

    public EnrichmentTopology.Sources sources() {
        return new EnrichmentTopology.Sources(
                source(Topics.USAGE_EVENTS),
                source(Topics.USAGE_REQUESTS),
                source(Topics.PRICES),
                source(Topics.ATTRIBUTION),
                source(Topics.PERIODS));
    }

    public EnrichmentTopology.Sinks sinks(RegistryAccess registry) {
        return new EnrichmentTopology.Sinks(
                sink(Topics.USAGE_PRICED, registry, LedgerEntry::getEventId),
                sink(Topics.USAGE_REJECTED, registry, RejectedUsage::getEventId));
    }

    public BookLoader loader() {
        return new KafkaBookLoader(kafka);
    }

    @SuppressWarnings("deprecation") // The connector knows no other type for where a group without offsets begins.
    private KafkaSource<SourceRecord> source(Topic<?> topic) {
        return KafkaSource.<SourceRecord>builder()
                .setProperties(kafka.properties())
                .setGroupId(options.groupId())
                .setTopics(topic.name())
                // Where the group stopped, so that a job started afresh by mistake doesn't book everything again.
                .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
                .setProperty(
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        IsolationLevel.READ_COMMITTED.toString().toLowerCase(Locale.ROOT))
                .setDeserializer(new SourceRecordReader())
                .build();
    }

    private <T extends SpecificRecord> KafkaSink<T> sink(
            Topic<T> topic, RegistryAccess registry, SerializableFunction<T, @Nullable String> key) {
        Properties producer = kafka.properties();
        producer.setProperty(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                Long.toString(options.transactionTimeout().toMillis()));
        producer.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(topic.maxMessageBytes()));
        producer.setProperty(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        // Nobody sees a record before the checkpoint's commit: until then it may wait for others to travel with.
        producer.setProperty(ProducerConfig.LINGER_MS_CONFIG, "100");
        producer.setProperty(ProducerConfig.BATCH_SIZE_CONFIG, "262144");
        return KafkaSink.<T>builder()
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
                .setTransactionalIdPrefix(options.groupId() + "-" + topic.name())
                .setKafkaProducerConfig(producer)
                .setRecordSerializer(new AvroRecordWriter<>(topic, registry, key))
                .build();
    }

    /** A function that travels to the tasks. */
    interface SerializableFunction<A, B extends @Nullable Object> extends Function<A, B>, java.io.Serializable {}
}
