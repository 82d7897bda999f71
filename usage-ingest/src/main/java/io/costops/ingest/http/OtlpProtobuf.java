package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * OTLP traces in protobuf, as the OTLP JSON form that the parser reads.
 *
 * <p>The request is walked span by span instead of being decoded as one: an empty submessage takes two bytes on the wire
 * and a hundred in memory, so a whole request could grow fifty-fold. Events and links are left out: they carry prompts
 * and answers, never usage.
 */
final class OtlpProtobuf {
    private static final int MAX_RESOURCE_BYTES = 256 * 1024;
    private static final int SMALL_BYTES = 64 * 1024;

    /** Whoever holds it reads a message that is not small. */
    private static final Object LARGE_ONES = new Object();

    private final byte[] body;
    private final int maxSpanBytes;
    private final OtlpReader reader;

    private OtlpProtobuf(byte[] body, int maxSpanBytes, OtlpReader reader) {
        this.body = body;
        this.maxSpanBytes = maxSpanBytes;
        this.reader = reader;
    }

    static void read(Body body, int maxSpanBytes, OtlpReader reader) throws OtlpUnreadable, OtlpReader.NoRoom {
        OtlpProtobuf walk = new OtlpProtobuf(body.bytes(), maxSpanBytes, reader);
        try {
            walk.each(0, body.length(), ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER, walk::resourceSpans);
        } catch (InvalidProtocolBufferException e) {
            throw unreadable(e);
        } catch (IOException e) {
            throw new UncheckedIOException("an array can be read", e);
        }
    }

    private static OtlpUnreadable unreadable(InvalidProtocolBufferException e) {
        return new OtlpUnreadable("the body is not an OTLP ExportTraceServiceRequest in protobuf: " + e.getMessage()
                + " Is Content-Type right, and Content-Encoding?");
    }

    private interface Visit {
        void message(int from, int length) throws IOException, OtlpReader.NoRoom;
    }

    /** Visits each submessage with this number, in wire order. */
    private void each(int from, int length, int number, Visit visit) throws IOException, OtlpReader.NoRoom {
        CodedInputStream in = CodedInputStream.newInstance(body, from, length);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == number
                    && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                int size = in.readRawVarint32();
                int at = from + in.getTotalBytesRead();
                in.skipRawBytes(size);
                visit.message(at, size);
            } else if (!in.skipField(tag)) {
                throw new InvalidProtocolBufferException("a group ends that never began.");
            }
        }
    }

    private void resourceSpans(int from, int length) throws IOException, OtlpReader.NoRoom {
        Map<String, String> attributes = new LinkedHashMap<>();
        // The resource may stand behind its spans.
        each(from, length, ResourceSpans.RESOURCE_FIELD_NUMBER, (at, size) -> {
            if (size > MAX_RESOURCE_BYTES) {
                throw new InvalidProtocolBufferException("A resource has more than " + MAX_RESOURCE_BYTES + " bytes.");
            }
            if (size <= SMALL_BYTES) {
                readResource(at, size, attributes);
            } else {
                synchronized (LARGE_ONES) {
                    readResource(at, size, attributes);
                }
            }
        });
        reader.resource(attributes);
        each(
                from,
                length,
                ResourceSpans.SCOPE_SPANS_FIELD_NUMBER,
                (scopeAt, scopeSize) -> each(scopeAt, scopeSize, ScopeSpans.SPANS_FIELD_NUMBER, this::span));
    }

    private void readResource(int from, int length, Map<String, String> attributes)
            throws InvalidProtocolBufferException {
        for (KeyValue attribute :
                Resource.parser().parseFrom(body, from, length).getAttributesList()) {
            scalar(attribute.getValue(), attribute.getKey(), attributes);
        }
    }

    private void span(int from, int length) throws OtlpReader.NoRoom, IOException {
        if (length > maxSpanBytes) {
            reader.unusable("the span has " + length + " bytes, more than the " + maxSpanBytes
                    + " that are read: leave prompts and answers out of its attributes");
            return;
        }
        byte[] json;
        try {
            json = length <= SMALL_BYTES ? jsonOfModel(from, length) : jsonOfLarge(from, length);
        } catch (InvalidProtocolBufferException e) {
            reader.unusable("the span is not valid protobuf: " + e.getMessage());
            return;
        }
        if (json.length == 0) {
            reader.unrelated();
        } else if (json.length > maxSpanBytes) {
            reader.unusable("the span has " + json.length + " bytes as JSON, more than the " + maxSpanBytes
                    + " that are read: leave prompts and answers out of its attributes");
        } else {
            reader.span(json, 0, json.length);
        }
    }

    /** The span in JSON; nothing if no model's usage can be in it. */
    private byte[] jsonOfModel(int from, int length) throws IOException {
        Span span = Span.parser().parseFrom(body, from, length);
        return span.getAttributesList().stream().anyMatch(attribute -> ModelSpans.mayTell(attribute.getKey()))
                ? json(span)
                : new byte[0];
    }

    /** One at a time in the whole process: empty messages take many times their bytes in memory. */
    private byte[] jsonOfLarge(int from, int length) throws IOException {
        synchronized (LARGE_ONES) {
            return jsonOfModel(from, length);
        }
    }

    private static void scalar(AnyValue value, String name, Map<String, String> into) {
        switch (value.getValueCase()) {
            case STRING_VALUE -> into.put(name, value.getStringValue());
            case BOOL_VALUE -> into.put(name, Boolean.toString(value.getBoolValue()));
            case INT_VALUE -> into.put(name, Long.toString(value.getIntValue()));
            case DOUBLE_VALUE -> into.put(name, Double.toString(value.getDoubleValue()));
            default -> {}
        }
    }

    private static byte[] json(Span span) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1_024);
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("traceId", hex(span.getTraceId()));
            json.writeStringField("spanId", hex(span.getSpanId()));
            if (!span.getParentSpanId().isEmpty()) {
                json.writeStringField("parentSpanId", hex(span.getParentSpanId()));
            }
            json.writeStringField("name", span.getName());
            json.writeNumberField("kind", span.getKindValue());
            json.writeStringField("startTimeUnixNano", Long.toUnsignedString(span.getStartTimeUnixNano()));
            json.writeStringField("endTimeUnixNano", Long.toUnsignedString(span.getEndTimeUnixNano()));
            json.writeFieldName("attributes");
            write(json, span.getAttributesList());
            Status status = span.getStatus();
            json.writeObjectFieldStart("status");
            if (status.getCodeValue() != 0) {
                json.writeNumberField("code", status.getCodeValue());
            }
            if (!status.getMessage().isEmpty()) {
                json.writeStringField("message", status.getMessage());
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, List<KeyValue> attributes) throws IOException {
        json.writeStartArray();
        for (KeyValue attribute : attributes) {
            json.writeStartObject();
            json.writeStringField("key", attribute.getKey());
            json.writeFieldName("value");
            write(json, attribute.getValue());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** OTLP's JSON: 64-bit integers are strings. Recursion is bounded by the decoder's own depth of 100. */
    private static void write(JsonGenerator json, AnyValue value) throws IOException {
        json.writeStartObject();
        switch (value.getValueCase()) {
            case STRING_VALUE -> json.writeStringField("stringValue", value.getStringValue());
            case BOOL_VALUE -> json.writeBooleanField("boolValue", value.getBoolValue());
            case INT_VALUE -> json.writeStringField("intValue", Long.toString(value.getIntValue()));
            case DOUBLE_VALUE -> json.writeNumberField("doubleValue", value.getDoubleValue());
            case BYTES_VALUE ->
                json.writeBinaryField("bytesValue", value.getBytesValue().toByteArray());
            case ARRAY_VALUE -> {
                json.writeObjectFieldStart("arrayValue");
                json.writeArrayFieldStart("values");
                for (AnyValue entry : value.getArrayValue().getValuesList()) {
                    write(json, entry);
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            case KVLIST_VALUE -> {
                json.writeObjectFieldStart("kvlistValue");
                json.writeFieldName("values");
                write(json, value.getKvlistValue().getValuesList());
                json.writeEndObject();
            }
            default -> {}
        }
        json.writeEndObject();
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }
}
