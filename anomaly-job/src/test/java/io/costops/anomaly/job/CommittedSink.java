package io.costops.anomaly.job;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Keeps what was committed, as a Kafka consumer that reads committed would see it: a commit that is repeated after a failure
 * has its effect once.
 */
final class CommittedSink<T extends SpecificRecordBase> implements Sink<T>, SupportsCommitter<byte[]> {
    private static final long serialVersionUID = 1L;
    private static final int ID_BYTES = 36;

    /** Tasks get copies of the sink; the records of all of them are found by its name. */
    private static final Map<String, Map<String, byte[]>> COMMITTED = new ConcurrentHashMap<>();

    private final String name = UUID.randomUUID().toString();
    private final Class<T> type;

    CommittedSink(Class<T> type) {
        this.type = type;
        COMMITTED.put(name, Collections.synchronizedMap(new LinkedHashMap<>()));
    }

    private Map<String, byte[]> transactions() {
        return COMMITTED.getOrDefault(name, Map.of());
    }

    List<T> committed() throws IOException {
        Schema schema = SpecificData.get().getSchema(type);
        SpecificDatumReader<T> reader = new SpecificDatumReader<>(schema);
        List<T> records = new ArrayList<>();
        for (byte[] transaction : List.copyOf(transactions().values())) {
            BinaryDecoder decoder =
                    DecoderFactory.get().binaryDecoder(transaction, ID_BYTES, transaction.length - ID_BYTES, null);
            while (!decoder.isEnd()) {
                records.add(reader.read(null, decoder));
            }
        }
        return records;
    }

    @Override
    public CommittingSinkWriter<T, byte[]> createWriter(WriterInitContext context) {
        return new Writer<>(type);
    }

    @Override
    public Committer<byte[]> createCommitter(CommitterInitContext context) {
        return new Committer<>() {
            @Override
            public void commit(Collection<CommitRequest<byte[]>> requests) {
                for (CommitRequest<byte[]> request : requests) {
                    byte[] transaction = request.getCommittable();
                    transactions()
                            .putIfAbsent(new String(transaction, 0, ID_BYTES, StandardCharsets.US_ASCII), transaction);
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

    private static final class Writer<T extends SpecificRecordBase> implements CommittingSinkWriter<T, byte[]> {
        private final SpecificDatumWriter<T> datums;
        private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
        private final BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(buffer, null);

        Writer(Class<T> type) {
            datums = new SpecificDatumWriter<>(SpecificData.get().getSchema(type));
        }

        @Override
        public void write(T element, Context context) throws IOException {
            datums.write(element, encoder);
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public Collection<byte[]> prepareCommit() {
            ByteArrayOutputStream transaction = new ByteArrayOutputStream();
            transaction.writeBytes(UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII));
            transaction.writeBytes(buffer.toByteArray());
            buffer.reset();
            return List.of(transaction.toByteArray());
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
