package io.costops.anomaly.job;

import io.costops.schemas.topics.Topic;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic that anyone may write, such as the budgets: what can't be read or isn't valid is logged with its place and its fix
 * and left where it is; it must not stop the watch over everyone else.
 */
final class BookRecords<T extends SpecificRecordBase> implements KafkaRecordDeserializationSchema<T> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(BookRecords.class);

    private final Class<T> type;
    private final String subject;
    private final RegistryAccess registry;
    private final KafkaEnds.SerializableFunction<T, Optional<String>> violation;
    private transient @Nullable AvroCodec<T> codec;

    BookRecords(
            Topic<T> topic, RegistryAccess registry, KafkaEnds.SerializableFunction<T, Optional<String>> violation) {
        this.type = topic.valueType();
        this.subject = topic.subject();
        this.registry = registry;
        this.violation = violation;
    }

    /** The record; empty if it is none that can be used. */
    Optional<T> read(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return Optional.empty();
        }
        AvroCodec<T> with = codec;
        if (with == null) {
            with = new AvroCodec<>(type, subject, registry.connect());
            codec = with;
        }
        Decoded<T> decoded = with.decode(record.value());
        String problem;
        if (decoded instanceof Decoded.Value<T> value) {
            Optional<String> wrong = violation.apply(value.record());
            if (wrong.isEmpty()) {
                return Optional.of(value.record());
            }
            problem = wrong.get();
        } else {
            problem = ((Decoded.Undecodable<T>) decoded).message();
        }
        LOG.error(
                "The record at {}, partition {}, offset {} is left out: {}",
                record.topic(),
                record.partition(),
                record.offset(),
                problem);
        return Optional.empty();
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<T> out) {
        read(record).ifPresent(out::collect);
    }

    @Override
    public TypeInformation<T> getProducedType() {
        return new AvroTypeInfo<>(type);
    }
}
