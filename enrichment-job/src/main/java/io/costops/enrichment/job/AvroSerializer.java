package io.costops.enrichment.job;

import io.costops.schemas.wire.RecordWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Writes Avro records in Avro's own binary form, led by their length.
 *
 * <p>A checkpoint names the schema that it was written with; a later version of the job reads it if its schema only grew.
 * Nothing changes a record once it was handed on, so none is copied.
 */
final class AvroSerializer<T extends SpecificRecord> extends TypeSerializer<T> {
    private static final long serialVersionUID = 1L;

    private final Class<T> type;

    /** Schema that what is read was written with, as JSON; null: the class's own. */
    private final @Nullable String written;

    private transient @Nullable Tools<T> tools;

    AvroSerializer(Class<T> type) {
        this(type, null);
    }

    AvroSerializer(Class<T> type, @Nullable String written) {
        this.type = type;
        this.written = written;
    }

    static Schema schemaOf(Class<? extends SpecificRecord> type) {
        return SpecificData.getForClass(type).getSchema(type);
    }

    @Override
    public void serialize(T record, DataOutputView target) throws IOException {
        Tools<T> with = tools();
        with.buffer.reset();
        with.encoder = EncoderFactory.get().binaryEncoder(with.buffer, with.encoder);
        with.writer.write(record, with.encoder);
        with.encoder.flush();
        target.writeInt(with.buffer.size());
        target.write(with.buffer.array(), 0, with.buffer.size());
    }

    @Override
    public T deserialize(DataInputView source) throws IOException {
        Tools<T> with = tools();
        byte[] bytes = new byte[source.readInt()];
        source.readFully(bytes);
        with.decoder = DecoderFactory.get().binaryDecoder(bytes, with.decoder);
        @SuppressWarnings("NullAway") // null: Avro makes a new record
        T record = with.reader.read(null, with.decoder);
        return record;
    }

    @Override
    public T deserialize(T reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        int length = source.readInt();
        target.writeInt(length);
        target.write(source, length);
    }

    @Override
    public T copy(T record) {
        return record;
    }

    @Override
    public T copy(T record, T reuse) {
        return record;
    }

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public TypeSerializer<T> duplicate() {
        return new AvroSerializer<>(type, written);
    }

    @Override
    public T createInstance() {
        return type.cast(SpecificData.newInstance(type, schemaOf(type)));
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public TypeSerializerSnapshot<T> snapshotConfiguration() {
        return new AvroSerializerSnapshot<>(type);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AvroSerializer<?> that && type.equals(that.type);
    }

    @Override
    public int hashCode() {
        return type.hashCode();
    }

    private Tools<T> tools() {
        Tools<T> with = tools;
        if (with == null) {
            with = new Tools<>(type, written);
            tools = with;
        }
        return with;
    }

    /** What can't travel to the tasks and is made there. */
    private static final class Tools<T extends SpecificRecord> {
        private final RecordWriter<T> writer;
        private final SpecificDatumReader<T> reader;
        private final Buffer buffer = new Buffer();
        private @Nullable BinaryEncoder encoder;
        private @Nullable BinaryDecoder decoder;

        Tools(Class<T> type, @Nullable String written) {
            SpecificData data = SpecificData.getForClass(type);
            Schema schema = data.getSchema(type);
            this.writer = new RecordWriter<>(schema, data);
            this.reader = new SpecificDatumReader<>(
                    written == null ? schema : new Schema.Parser().parse(written), schema, data);
        }
    }

    /** Gives its bytes away without a copy. */
    private static final class Buffer extends ByteArrayOutputStream {
        byte[] array() {
            return buf;
        }
    }
}
