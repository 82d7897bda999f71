package io.costops.sinks.ledger;

import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.io.IOException;
import java.net.URI;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.serialization.DeserializationSchema.InitializationContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of one of our own topics.
 *
 * <p>A record that can't be read stops the job: these topics are written by CostOps alone, and to skip a record of the log
 * of record would be to lose a charge.
 */
final class TopicRecords<T extends SpecificRecord> implements KafkaRecordDeserializationSchema<T> {
    private static final long serialVersionUID = 1L;

    private final Class<T> type;
    private final TypeInformation<T> produced;
    private final String subject;
    private final boolean compacted;
    private final URI registry;
    private final LedgerCut cut;
    private transient @Nullable AvroCodec<T> codec;

    /** @param cut what comes before it is passed over */
    TopicRecords(Topic<T> topic, TypeInformation<T> produced, URI registry, LedgerCut cut) {
        this.type = topic.valueType();
        this.produced = produced;
        this.subject = topic.subject();
        this.compacted = topic.retention() instanceof Topic.Retention.Compacted;
        this.registry = registry;
        this.cut = cut;
    }

    @Override
    public void open(InitializationContext context) {
        codec = new AvroCodec<>(type, subject, new ConfluentSchemaRegistry(registry));
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<T> out) throws IOException {
        if (compacted && record.value() == null) {
            // A tombstone: the topic forgets a key, and what was said of it stays said.
            return;
        }
        if (cut.covers(record.partition(), record.offset())) {
            return;
        }
        if (codec == null) {
            throw new IllegalStateException("deserialize is called before open");
        }
        out.collect(read(codec, record));
    }

    static <T extends SpecificRecord> T read(AvroCodec<T> codec, ConsumerRecord<byte[], byte[]> record)
            throws IOException {
        Decoded<T> decoded = codec.decode(record.value());
        if (decoded instanceof Decoded.Value<T> value) {
            return value.record();
        }
        Decoded.Undecodable<T> undecodable = (Decoded.Undecodable<T>) decoded;
        throw new IOException("the record at " + record.topic() + ", partition " + record.partition() + ", offset "
                + record.offset() + " can't be read (" + undecodable.problem() + "): " + undecodable.message()
                + ". CostOps alone writes this topic: find out who wrote the record and with which schema.");
    }

    @Override
    public TypeInformation<T> getProducedType() {
        return produced;
    }
}
