package io.costops.enrichment.job;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** What a checkpoint says of the records in it: their class and the schema that they were written with. */
public final class AvroSerializerSnapshot<T extends SpecificRecord> implements TypeSerializerSnapshot<T> {
    private static final int VERSION = 1;

    private @Nullable Class<T> type;
    private String written = "";

    /** For Flink, which then reads it from a checkpoint. */
    public AvroSerializerSnapshot() {}

    AvroSerializerSnapshot(Class<T> type) {
        this.type = type;
        this.written = AvroSerializer.schemaOf(type).toString();
    }

    @Override
    public int getCurrentVersion() {
        return VERSION;
    }

    @Override
    public void writeSnapshot(DataOutputView out) throws IOException {
        byte[] schema = written.getBytes(StandardCharsets.UTF_8);
        out.writeUTF(type().getName());
        out.writeInt(schema.length);
        out.write(schema);
    }

    @Override
    public void readSnapshot(int version, DataInputView in, ClassLoader classes) throws IOException {
        if (version != VERSION) {
            throw new IOException("no version " + version + " of this snapshot is known");
        }
        String name = in.readUTF();
        byte[] schema = new byte[in.readInt()];
        in.readFully(schema);
        type = recordClass(name, classes);
        written = new String(schema, StandardCharsets.UTF_8);
    }

    @Override
    public TypeSerializer<T> restoreSerializer() {
        return new AvroSerializer<>(type(), written);
    }

    @Override
    public TypeSerializerSchemaCompatibility<T> resolveSchemaCompatibility(TypeSerializerSnapshot<T> before) {
        if (!(before instanceof AvroSerializerSnapshot<T> old) || !type().equals(old.type)) {
            return TypeSerializerSchemaCompatibility.incompatible();
        }
        Schema now = new Schema.Parser().parse(written);
        Schema then = new Schema.Parser().parse(old.written);
        if (now.equals(then)) {
            return TypeSerializerSchemaCompatibility.compatibleAsIs();
        }
        return SchemaCompatibility.checkReaderWriterCompatibility(now, then).getType()
                        == SchemaCompatibilityType.COMPATIBLE
                ? TypeSerializerSchemaCompatibility.compatibleAfterMigration()
                : TypeSerializerSchemaCompatibility.incompatible();
    }

    private Class<T> type() {
        Class<T> known = type;
        if (known == null) {
            throw new IllegalStateException("the snapshot was not read yet");
        }
        return known;
    }

    @SuppressWarnings("unchecked") // asSubclass has checked that it is a record
    private static <T extends SpecificRecord> Class<T> recordClass(String name, ClassLoader classes)
            throws IOException {
        try {
            return (Class<T>) Class.forName(name, false, classes).asSubclass(SpecificRecord.class);
        } catch (ClassNotFoundException e) {
            throw new IOException("the checkpoint holds records of " + name + ", which this job doesn't have", e);
        }
    }
}
