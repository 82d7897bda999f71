package io.costops.enrichment.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AvroSerializerTest {
    private static final Position POSITION = new Position("event", 3L, 4, "hash", null, List.of("request"));

    private final TypeSerializer<Position> serializer =
            StreamTypes.POSITION.createSerializer(new SerializerConfigImpl());

    @Nested
    @DisplayName("state of an earlier version")
    class Earlier {
        /** Position as it would have been before requests_applied. */
        private final Schema before = without(Position.getClassSchema(), "requests_applied");

        @Test
        void is_read_with_the_new_fields_default() throws IOException {
            GenericRecord old = new GenericData.Record(before);
            old.put("event_id", "event");
            old.put("highest_revision", 3L);
            old.put("next_sequence", 4);
            old.put("units_hash", "hash");

            Position read = snapshotOf(before).restoreSerializer().deserialize(written(old));

            assertThat(read.getEventId()).isEqualTo("event");
            assertThat(read.getNextSequence()).isEqualTo(4);
            assertThat(read.getRequestsApplied()).isEmpty();
        }

        @Test
        void is_migrated() throws IOException {
            assertThat(serializer
                            .snapshotConfiguration()
                            .resolveSchemaCompatibility(snapshotOf(before))
                            .isCompatibleAfterMigration())
                    .isTrue();
            assertThat(serializer
                            .snapshotConfiguration()
                            .resolveSchemaCompatibility(snapshotOf(Position.getClassSchema()))
                            .isCompatibleAsIs())
                    .isTrue();
        }

        @Test
        void of_another_class_is_refused() {
            TypeSerializerSnapshot<Position> now = serializer.snapshotConfiguration();
            @SuppressWarnings({"unchecked", "rawtypes"})
            TypeSerializerSnapshot<Position> other =
                    (TypeSerializerSnapshot) new AvroSerializerSnapshot<>(LedgerEntry.class);

            assertThat(now.resolveSchemaCompatibility(other).isIncompatible()).isTrue();
        }

        @Test
        void that_lacks_what_the_job_needs_is_refused() throws IOException {
            Schema lacking = without(Position.getClassSchema(), "event_id");

            assertThat(serializer
                            .snapshotConfiguration()
                            .resolveSchemaCompatibility(snapshotOf(lacking))
                            .isIncompatible())
                    .isTrue();
        }

        @Test
        void of_a_class_that_is_gone_is_refused_by_name() throws IOException {
            DataOutputSerializer out = new DataOutputSerializer(64);
            out.writeUTF("io.costops.Gone");
            out.writeInt(0);

            assertThatThrownBy(() -> new AvroSerializerSnapshot<Position>()
                            .readSnapshot(
                                    1,
                                    new DataInputDeserializer(out.getCopyOfBuffer()),
                                    getClass().getClassLoader()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("io.costops.Gone");
        }
    }

    @Test
    void records_are_copied_byte_for_byte_from_stream_to_stream() throws IOException {
        DataOutputSerializer first = new DataOutputSerializer(64);
        serializer.serialize(POSITION, first);
        serializer.serialize(POSITION, first);
        DataInputDeserializer in = new DataInputDeserializer(first.getCopyOfBuffer());
        DataOutputSerializer second = new DataOutputSerializer(64);

        serializer.copy(in, second);
        serializer.copy(in, second);

        assertThat(second.getCopyOfBuffer()).isEqualTo(first.getCopyOfBuffer());
        assertThat(serializer.duplicate()).isEqualTo(serializer).isNotSameAs(serializer);
    }

    private static Schema without(Schema schema, String field) {
        List<Schema.Field> fields = schema.getFields().stream()
                .filter(each -> !each.name().equals(field))
                .map(each -> new Schema.Field(each, each.schema()))
                .toList();
        return Schema.createRecord(schema.getName(), schema.getDoc(), schema.getNamespace(), false, fields);
    }

    private TypeSerializerSnapshot<Position> snapshotOf(Schema written) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        byte[] json = written.toString().getBytes(StandardCharsets.UTF_8);
        out.writeUTF(Position.class.getName());
        out.writeInt(json.length);
        out.write(json);
        AvroSerializerSnapshot<Position> snapshot = new AvroSerializerSnapshot<>();
        snapshot.readSnapshot(
                1, new DataInputDeserializer(out.getCopyOfBuffer()), getClass().getClassLoader());
        return snapshot;
    }

    private static DataInputDeserializer written(GenericRecord record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        encoder.flush();
        DataOutputSerializer out = new DataOutputSerializer(64);
        out.writeInt(bytes.size());
        out.write(bytes.toByteArray());
        return new DataInputDeserializer(out.getCopyOfBuffer());
    }
}
