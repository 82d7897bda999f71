package io.costops.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.topics.Topics;
import io.costops.schemas.value.LedgerDecimal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The writer of records")
class RecordWriterTest {
    private static final int RECORDS = 100;

    static Stream<Class<? extends SpecificRecord>> types() {
        return Topics.all().stream()
                .<Class<? extends SpecificRecord>>flatMap(topic -> topic.value().stream())
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("types")
    <T extends SpecificRecord> void writes_what_avros_own_writes_to_the_byte(Class<T> type) throws IOException {
        SpecificData data = SpecificData.getForClass(type);
        Schema schema = data.getSchema(type);
        SpecificDatumWriter<T> own = new RecordWriter<>(schema, data);
        SpecificDatumWriter<T> avros = new SpecificDatumWriter<>(schema, data);
        Random random = new Random(11);
        for (int i = 0; i < RECORDS; i++) {
            T record = Objects.requireNonNull(type.cast(value(schema, random)));

            assertThat(written(own, record)).isEqualTo(written(avros, record));
        }
    }

    @Test
    void leaves_other_unions_to_avro() {
        Schema either = Schema.createUnion(Schema.create(Schema.Type.STRING), Schema.create(Schema.Type.LONG));
        Schema any = Schema.createUnion(
                Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.STRING), Schema.create(Schema.Type.LONG));
        RecordWriter<SpecificRecord> writer = new RecordWriter<>(any, new SpecificData());

        assertThat(writer.resolveUnion(either, 1L)).isEqualTo(1);
        assertThat(writer.resolveUnion(any, 1L)).isEqualTo(2);
        assertThat(writer.resolveUnion(any, null)).isZero();
    }

    private static <T> byte[] written(SpecificDatumWriter<T> writer, T record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        writer.write(record, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }

    /** Any value that a schema allows, as the generated classes hold it. */
    private static @Nullable Object value(Schema schema, Random random) {
        String logical =
                schema.getLogicalType() == null ? "" : schema.getLogicalType().getName();
        return switch (schema.getType()) {
            case RECORD -> {
                SpecificRecord record = (SpecificRecord) SpecificData.get().newRecord(null, schema);
                for (Schema.Field field : schema.getFields()) {
                    record.put(field.pos(), value(field.schema(), random));
                }
                yield record;
            }
            case ENUM ->
                SpecificData.get()
                        .createEnum(
                                schema.getEnumSymbols()
                                        .get(random.nextInt(
                                                schema.getEnumSymbols().size())),
                                schema);
            case ARRAY -> {
                List<@Nullable Object> items = new ArrayList<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    items.add(value(schema.getElementType(), random));
                }
                yield items;
            }
            case MAP -> {
                Map<String, @Nullable Object> entries = new LinkedHashMap<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    entries.put("k" + i, value(schema.getValueType(), random));
                }
                yield entries;
            }
            case UNION ->
                value(schema.getTypes().get(random.nextInt(schema.getTypes().size())), random);
            case STRING -> random.nextBoolean() ? "" : "text \u00e4 \ud83d\ude00 " + random.nextInt();
            case BYTES ->
                logical.equals("decimal")
                        ? new BigDecimal(new BigInteger(random.nextInt(200), random), LedgerDecimal.SCALE)
                        : ByteBuffer.wrap(new byte[] {1, (byte) random.nextInt()});
            case INT -> logical.equals("date") ? LocalDate.ofEpochDay(random.nextInt(50_000)) : random.nextInt();
            case LONG -> logical.isEmpty() ? random.nextLong() : Instant.ofEpochMilli(random.nextInt());
            case DOUBLE -> random.nextDouble();
            case FLOAT -> random.nextFloat();
            case BOOLEAN -> random.nextBoolean();
            case NULL -> null;
            case FIXED -> throw new IllegalArgumentException("no record has a fixed field: " + schema);
        };
    }
}
