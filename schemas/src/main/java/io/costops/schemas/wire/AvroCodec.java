package io.costops.schemas.wire;

import io.costops.schemas.registry.SchemaRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaParseException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Turns records of one type into Confluent-framed Avro and back; any older or newer compatible schema is read.
 *
 * <p>Not thread-safe: each thread has its own, the registry behind it is shared.
 */
public final class AvroCodec<T extends SpecificRecord> {
    private final Schema schema;
    private final String subject;
    private final SchemaRegistry registry;
    private final SpecificData data;
    /** Fields that are passed over when a record is read. */
    private final Set<String> unread;

    private final RecordWriter<T> writer;
    private final Map<Integer, Reader<T>> readers = new HashMap<>();
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(1024);
    private @Nullable BinaryEncoder encoder;
    private @Nullable BinaryDecoder decoder;
    private @Nullable Integer schemaId;

    /**
     * @param type the generated record class
     * @param subject the registry's subject, usually {@code <topic>-value}
     */
    public AvroCodec(Class<T> type, String subject, SchemaRegistry registry) {
        this(type, subject, registry, Set.of());
    }

    /**
     * Reads records without some of their fields, which then hold their defaults: to pass over bytes costs a part of what it
     * costs to make objects of them.
     *
     * @param unread names of fields that have a default
     */
    public AvroCodec(Class<T> type, String subject, SchemaRegistry registry, Set<String> unread) {
        this.data = SpecificData.getForClass(type);
        this.schema = data.getSchema(type);
        this.subject = subject;
        this.registry = registry;
        this.unread = Set.copyOf(unread);
        for (String name : unread) {
            Schema.Field field = schema.getField(name);
            if (field == null || !field.hasDefaultValue()) {
                throw new IllegalArgumentException(
                        schema.getFullName() + " has no field " + name + " with a default that it could hold instead");
            }
        }
        this.writer = new RecordWriter<>(schema, data);
    }

    /** The framed bytes of a record. */
    public byte[] encode(T record) {
        if (schemaId == null) {
            schemaId = registry.register(subject, schema);
        }
        try {
            buffer.reset();
            buffer.write(new byte[WireFormat.HEADER_BYTES]);
            BinaryEncoder out = EncoderFactory.get().binaryEncoder(buffer, encoder);
            encoder = out;
            writer.write(record, out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] message = buffer.toByteArray();
        WireFormat.writeHeader(message, schemaId);
        return message;
    }

    /**
     * Reads a framed record.
     *
     * @throws UncheckedIOException if the registry can't be reached: the bytes may be good, try again
     */
    public Decoded<T> decode(byte @Nullable [] message) {
        if (message == null) {
            return new Decoded.Undecodable<>(Decoded.Problem.NOT_FRAMED, "the value is empty");
        }
        if (!WireFormat.isFramed(message)) {
            return new Decoded.Undecodable<>(
                    Decoded.Problem.NOT_FRAMED,
                    "the value does not begin with Confluent's framing: a zero byte and a 4-byte schema id");
        }
        int id = WireFormat.schemaId(message);
        Reader<T> reader = readers.get(id);
        if (reader == null) {
            reader = reader(id);
            // An id that is unknown now may be registered later, so that outcome is not remembered.
            if (reader.problem() != Decoded.Problem.UNKNOWN_SCHEMA) {
                readers.put(id, reader);
            }
        }
        SpecificDatumReader<T> datumReader = reader.reader();
        if (datumReader == null) {
            return new Decoded.Undecodable<>(reader.problem(), reader.message());
        }
        try {
            BinaryDecoder in = DecoderFactory.get()
                    .binaryDecoder(message, WireFormat.HEADER_BYTES, message.length - WireFormat.HEADER_BYTES, decoder);
            decoder = in;
            @SuppressWarnings("NullAway") // null: Avro makes a new record
            T record = datumReader.read(null, in);
            if (!in.isEnd()) {
                return new Decoded.Undecodable<>(
                        Decoded.Problem.MALFORMED, "bytes are left over after the record of schema id " + id);
            }
            return new Decoded.Value<>(record);
        } catch (IOException | RuntimeException e) {
            // Avro reports broken bytes with many exception types: end of file, negative lengths, bad enum indexes, ...
            return new Decoded.Undecodable<>(
                    Decoded.Problem.MALFORMED, "the bytes don't follow schema id " + id + ": " + e);
        }
    }

    private Reader<T> reader(int id) {
        return registry.byId(id)
                .map(json -> reader(id, json))
                .orElseGet(() -> new Reader<>(
                        null, Decoded.Problem.UNKNOWN_SCHEMA, "the registry does not know schema id " + id));
    }

    private Reader<T> reader(int id, String json) {
        Schema written;
        try {
            written = new Schema.Parser().parse(json);
        } catch (SchemaParseException e) {
            return new Reader<>(
                    null, Decoded.Problem.INCOMPATIBLE_SCHEMA, "schema id " + id + " is not an Avro schema");
        }
        try {
            var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(schema, written);
            if (compatibility.getType() != SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE) {
                return new Reader<>(
                        null,
                        Decoded.Problem.INCOMPATIBLE_SCHEMA,
                        "schema id " + id + " (" + written.getFullName() + ") can't be read as "
                                + schema.getFullName());
            }
            return new Reader<>(
                    new SpecificDatumReader<>(withoutUnread(written), schema, data), Decoded.Problem.MALFORMED, "");
        } catch (AvroRuntimeException e) {
            return new Reader<>(
                    null, Decoded.Problem.INCOMPATIBLE_SCHEMA, "schema id " + id + " can't be read: " + e.getMessage());
        }
    }

    /** Under another name a field is unknown to the reader, who passes over it. */
    private Schema withoutUnread(Schema written) {
        if (unread.isEmpty()) {
            return written;
        }
        List<Schema.Field> fields = new ArrayList<>();
        for (Schema.Field field : written.getFields()) {
            String name = unread.contains(field.name()) ? "unread_" + field.name() : field.name();
            fields.add(new Schema.Field(name, field.schema(), field.doc(), field.defaultVal()));
        }
        Schema renamed = Schema.createRecord(written.getName(), written.getDoc(), written.getNamespace(), false);
        renamed.setFields(fields);
        return renamed;
    }

    /** Either a reader or the problem that there is none. */
    private record Reader<T>(@Nullable SpecificDatumReader<T> reader, Decoded.Problem problem, String message) {}
}
