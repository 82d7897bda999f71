package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.costops.ingest.normalise.SourceKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The outside of an envelope: which members it has and where they stand, the payload unread.
 *
 * <p>A payload is never written anew: its bytes reach the topic as the provider wrote them, down to the last digit of a
 * number.
 */
final class Envelope {
    private static final byte[] PAYLOAD = ",\"payload\":".getBytes(StandardCharsets.UTF_8);
    private static final int NULL_LENGTH = "null".length();

    private final byte[] body;
    private final int from;
    private final int length;
    private final Map<String, Integer> members;
    private final List<String> nulls;
    private final @Nullable String tenant;
    private final @Nullable String source;

    private Envelope(
            byte[] body,
            int from,
            int length,
            Map<String, Integer> members,
            List<String> nulls,
            @Nullable String tenant,
            @Nullable String source) {
        this.body = body;
        this.from = from;
        this.length = length;
        this.members = members;
        this.nulls = nulls;
        this.tenant = tenant;
        this.source = source;
    }

    /**
     * Finds the members of an envelope.
     *
     * @throws IOException if it isn't one well-formed JSON object
     */
    static Envelope read(byte[] body, int from, int length) throws IOException {
        Map<String, Integer> members = new HashMap<>();
        List<String> nulls = new ArrayList<>();
        String tenant = null;
        String source = null;
        try (JsonParser parser = StrictJson.FACTORY.createParser(body, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("must be a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (members.put(name, (int) parser.currentTokenLocation().getByteOffset()) != null) {
                    throw new IOException("has " + name + " twice: send it once");
                }
                if (value == JsonToken.VALUE_NULL) {
                    nulls.add(name);
                } else if (name.equals("tenant")) {
                    // The stream reads a number as a name too; whatever is there must be the key's tenant.
                    tenant = parser.getText();
                } else if (name.equals("source") && value == JsonToken.VALUE_STRING) {
                    source = parser.getText();
                }
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                throw new IOException("has more text after its JSON object");
            }
        }
        return new Envelope(body, from, length, members, nulls, tenant, source);
    }

    Optional<String> tenant() {
        return Optional.ofNullable(tenant);
    }

    /** True for a CloudEvent that stands where an envelope should. */
    boolean isCloudEvent() {
        return has("specversion") && !has("payload");
    }

    private boolean has(String name) {
        return members.containsKey(name) && !nulls.contains(name);
    }

    /** The envelope with members that it lacks, or has as null. */
    RawEnvelope with(Map<String, String> defaults) {
        StringJoiner inserted = new StringJoiner(",", "{", members.isEmpty() ? "" : ",");
        inserted.setEmptyValue("{");
        Map<Integer, String> replaced = new TreeMap<>();
        defaults.forEach((name, value) -> {
            Integer at = members.get(name);
            if (at == null) {
                inserted.add(quoted(name) + ":" + quoted(value));
            } else if (nulls.contains(name)) {
                replaced.put(at, quoted(value));
            }
        });
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 256);
        out.writeBytes(inserted.toString().getBytes(StandardCharsets.UTF_8));
        int at = firstBrace() + 1;
        for (Map.Entry<Integer, String> value : replaced.entrySet()) {
            int place = from + value.getKey();
            out.write(body, at, place - at);
            out.writeBytes(value.getValue().getBytes(StandardCharsets.UTF_8));
            at = place + NULL_LENGTH;
        }
        out.write(body, at, from + length - at);
        return new RawEnvelope(out.toByteArray(), Optional.ofNullable(source).flatMap(SourceKind::named));
    }

    private int firstBrace() {
        int at = from;
        while (body[at] != '{') {
            at++;
        }
        return at;
    }

    /** An envelope around a payload. */
    static RawEnvelope around(SourceKind source, byte[] open, Optional<String> id, byte[] body, int from, int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(open.length + length + 256);
        out.writeBytes(open);
        id.ifPresent(text -> out.writeBytes((",\"id\":" + quoted(text)).getBytes(StandardCharsets.UTF_8)));
        out.writeBytes(PAYLOAD);
        out.write(body, from, length);
        out.write('}');
        return new RawEnvelope(out.toByteArray(), Optional.of(source));
    }

    private static String quoted(String text) {
        return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
