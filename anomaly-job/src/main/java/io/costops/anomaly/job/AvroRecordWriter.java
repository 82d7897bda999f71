package io.costops.anomaly.job;

import io.costops.schemas.topics.Topic;
import io.costops.schemas.wire.AvroCodec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes a topic's records in Confluent's wire format.
 *
 * <p>It names its topic, because the sink asks the broker for the transactions that a failed run left open there.
 */
final class AvroRecordWriter<T extends SpecificRecord>
        implements KafkaRecordSerializationSchema<T>, KafkaDatasetFacetProvider {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final String subject;
    private final Class<T> type;
    private final RegistryAccess registry;
    private final KafkaEnds.SerializableFunction<T, @Nullable String> key;

    @SuppressWarnings("NullAway.Init") // by open
    private transient AvroCodec<T> codec;

    AvroRecordWriter(Topic<T> topic, RegistryAccess registry, KafkaEnds.SerializableFunction<T, @Nullable String> key) {
        this.topic = topic.name();
        this.subject = topic.subject();
        this.type = topic.valueType();
        this.registry = registry;
        this.key = key;
    }

    @Override
    public void open(SerializationSchema.InitializationContext context, KafkaSinkContext sink) {
        codec = new AvroCodec<>(type, subject, registry.connect());
    }

    @Override
    public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
        return Optional.of(new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(T record, KafkaSinkContext sink, Long timestamp) {
        String text = key.apply(record);
        return new ProducerRecord<>(
                topic, text == null ? null : text.getBytes(StandardCharsets.UTF_8), codec.encode(record));
    }
}
