package io.costops.enrichment.job;

import io.costops.schemas.topics.Topic;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Keeps what was committed, as a Kafka consumer that reads committed would see it.
 *
 * <p>A commit may be repeated after a failure, and has its effect once, as a Kafka transaction's has.
 */
final class CommittedSink<T extends SpecificRecord> implements Sink<T>, SupportsCommitter<byte[]> {
    private static final long serialVersionUID = 1L;
    private static final int ID_BYTES = 2 * Long.BYTES;

    private final String subject;
    private final Class<T> type;
    private final RegistryAccess registry;
    /** Bytes of a transaction by its id, in the order of the first commit. */
    private final Handle<Map<UUID, byte[]>> committed = Handle.to(Collections.synchronizedMap(new LinkedHashMap<>()));

    CommittedSink(Topic<T> topic, RegistryAccess registry) {
        this.subject = topic.subject();
        this.type = topic.valueType();
        this.registry = registry;
    }

    List<T> committed() throws IOException {
        AvroCodec<T> codec = codec();
        List<T> records = new ArrayList<>();
        for (byte[] transaction : List.copyOf(committed.get().values())) {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(transaction));
            in.skipNBytes(ID_BYTES);
            while (in.available() > 0) {
                byte[] message = in.readNBytes(in.readInt());
                records.add(((Decoded.Value<T>) codec.decode(message)).record());
            }
        }
        return records;
    }

    @Override
    public CommittingSinkWriter<T, byte[]> createWriter(WriterInitContext context) {
        return new Writer<>(codec());
    }

    @Override
    public Committer<byte[]> createCommitter(CommitterInitContext context) {
        return new Committer<>() {
            @Override
            public void commit(Collection<CommitRequest<byte[]>> requests) {
                for (CommitRequest<byte[]> request : requests) {
                    ByteBuffer transaction = ByteBuffer.wrap(request.getCommittable());
                    UUID id = new UUID(transaction.getLong(), transaction.getLong());
                    committed.get().putIfAbsent(id, transaction.array());
                }
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public SimpleVersionedSerializer<byte[]> getCommittableSerializer() {
        return new Bytes();
    }

    private AvroCodec<T> codec() {
        return new AvroCodec<>(type, subject, registry.connect());
    }

    private static final class Writer<T extends SpecificRecord> implements CommittingSinkWriter<T, byte[]> {
        private final AvroCodec<T> codec;
        private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();

        Writer(AvroCodec<T> codec) {
            this.codec = codec;
        }

        @Override
        public void write(T element, Context context) throws IOException {
            byte[] message = codec.encode(element);
            DataOutputStream out = new DataOutputStream(buffer);
            out.writeInt(message.length);
            out.write(message);
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public Collection<byte[]> prepareCommit() {
            UUID id = UUID.randomUUID();
            byte[] transaction = ByteBuffer.allocate(ID_BYTES + buffer.size())
                    .putLong(id.getMostSignificantBits())
                    .putLong(id.getLeastSignificantBits())
                    .put(buffer.toByteArray())
                    .array();
            buffer.reset();
            return List.of(transaction);
        }

        @Override
        public void close() {}
    }

    private static final class Bytes implements SimpleVersionedSerializer<byte[]> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(byte[] bytes) {
            return bytes;
        }

        @Override
        public byte[] deserialize(int version, byte[] bytes) {
            return bytes;
        }
    }
}
