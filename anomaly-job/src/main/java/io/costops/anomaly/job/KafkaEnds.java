package io.costops.anomaly.job;

import io.costops.anomaly.alert.Hush;
import io.costops.anomaly.budget.BudgetRules;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
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
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;

/** The job's ends at Kafka: what was committed is read, and what is written is committed with the checkpoint. */
public final class KafkaEnds {
    private final AnomalyOptions options;
    private final KafkaConnection kafka;
    private final RegistryAccess registry;

    public KafkaEnds(AnomalyOptions options, RegistryAccess registry) {
        this.options = options;
        this.kafka = KafkaConnection.of(options.kafkaBootstrap(), options.kafkaProperties());
        this.registry = registry;
    }

    public AnomalyTopology.Sources sources() {
        return new AnomalyTopology.Sources(
                source(
                        Topics.USAGE_PRICED,
                        new TopicRecords<>(Topics.USAGE_PRICED, new AvroTypeInfo<>(LedgerEntry.class), registry)),
                source(Topics.BUDGETS, budgets()),
                source(Topics.ALERT_CONTROLS, new BookRecords<>(Topics.ALERT_CONTROLS, registry, Hush::violation)));
    }

    public AnomalyTopology.Sinks sinks() {
        return new AnomalyTopology.Sinks(
                sink(Topics.COST_ALERTS, Alert::getIncidentId),
                sink(Topics.BUDGET_STATE, BudgetState::getBudgetId),
                sink(Topics.COST_FORECASTS, Forecast::getSeries));
    }

    public BudgetLoader budgetLoader() {
        return new KafkaBudgetLoader(kafka, budgets());
    }

    private BookRecords<Budget> budgets() {
        return new BookRecords<>(Topics.BUDGETS, registry, BudgetRules::violation);
    }

    /** Without a checkpoint always from the beginning: what is normal, and spent, is learned from all that was. */
    private <T> KafkaSource<T> source(Topic<?> topic, KafkaRecordDeserializationSchema<T> records) {
        return KafkaSource.<T>builder()
                .setProperties(kafka.properties())
                .setGroupId(options.groupId())
                .setTopics(topic.name())
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setProperty(
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        IsolationLevel.READ_COMMITTED.toString().toLowerCase(Locale.ROOT))
                .setDeserializer(records)
                .build();
    }

    private <T extends SpecificRecord> KafkaSink<T> sink(
            Topic<T> topic, SerializableFunction<T, @Nullable String> key) {
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
