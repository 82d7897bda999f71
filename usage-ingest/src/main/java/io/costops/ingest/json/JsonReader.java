package io.costops.ingest.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.costops.ingest.json.JsonReading.Defect;
import java.io.IOException;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON value from bytes that anyone may have sent. Thread-safe.
 *
 * <p>Refused: more than the size bound, nesting deeper than the depth bound, invalid UTF-8, a name that stands twice in an
 * object, anything after the value, NaN and infinities, numbers beyond a double's range (they are never expanded). What
 * people and models said to each other is skipped without being decoded: it is most of the bytes and never priced.
 */
public final class JsonReader {
    /** Deeper nesting is an attack or a bug, not usage. */
    public static final int MAX_DEPTH = 200;

    /** Longest number: far more digits than any amount has. */
    private static final int MAX_NUMBER_LENGTH = 100;

    /** A double's decimal exponent, the range that JSON numbers are agreed on (RFC 8259, section 6). */
    private static final int MAX_EXPONENT = 308;

    private static final int MAX_MESSAGE_LENGTH = 300;

    /** Members of the outermost object below which content is skipped: payloads, not the envelope around them. */
    private static final Set<String> PAYLOADS = Set.of("payload", "raw", "data");

    /** Members that carry content, in any provider's payload, and never a count. */
    private static final Set<String> CONTENT = Set.of(
            "content",
            "text",
            "texts",
            "parts",
            "messages",
            "prompt",
            "input",
            "instructions",
            "refusal",
            "logprobs",
            "arguments",
            "parameters",
            "tool_calls",
            "thinking",
            "reasoning_content",
            "embedding",
            "embeddings",
            "b64_json",
            "inputBodyJson",
            "content_filter_results",
            "prompt_filter_results",
            "groundingChunks",
            "groundingSupports",
            "search_results");

    /** The first indexes as text: most arrays are short. */
    private static final String[] INDEXES =
            IntStream.range(0, 64).mapToObj(Integer::toString).toArray(String[]::new);

    private final JsonFactory factory;
    private final int maxBytes;

    /**
     * @param maxBytes the largest document that is read
     */
    public JsonReader(int maxBytes) {
        this.maxBytes = maxBytes;
        this.factory = JsonFactory.builder()
                // JsonObject compares names by identity.
                .enable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .enable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                // Always UTF-8: a guess at UTF-16 would read bytes that were checked as something else.
                .disable(JsonFactory.Feature.CHARSET_DETECTION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNumberLength(MAX_NUMBER_LENGTH)
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(maxBytes)
                        .build())
                .build();
    }

    /** Reads an envelope or a case: content below its payload is skipped. */
    public JsonReading readEnvelope(byte[] bytes) {
        return read(bytes, "", false);
    }

    /**
     * Reads a payload: content is skipped.
     *
     * @param path where the payload stands, for messages
     */
    public JsonReading readPayload(byte[] bytes, String path) {
        return read(bytes, path, true);
    }

    private JsonReading read(byte[] bytes, String path, boolean payload) {
        if (bytes.length > maxBytes) {
            return new JsonReading.Unreadable(
                    Defect.TOO_LARGE,
                    path,
                    "the record has " + bytes.length + " bytes, the limit is " + maxBytes
                            + ": send less content with it");
        }
        int error = Utf8.firstError(bytes);
        if (error >= 0) {
            return new JsonReading.Unreadable(
                    Defect.MALFORMED, path, "byte " + error + " is not UTF-8: send JSON encoded as UTF-8");
        }
        try (JsonParser parser = factory.createParser(bytes)) {
            return new Document(parser).read(path, payload);
        } catch (IOException e) {
            // The source is an array: nothing but broken JSON can fail, and that is caught inside.
            throw new IllegalStateException(e);
        }
    }

    /** One document being read; remembers the first defect. */
    private static final class Document {
        private final JsonParser parser;
        private JsonReading.@Nullable Unreadable defect;

        Document(JsonParser parser) {
            this.parser = parser;
        }

        JsonReading read(String path, boolean payload) {
            try {
                JsonToken token = parser.nextToken();
                if (token == null) {
                    return new JsonReading.Unreadable(
                            Defect.MALFORMED, path, "the value is empty: send one JSON object");
                }
                Json json = value(token, null, path, payload);
                if (defect != null) {
                    return defect;
                }
                if (parser.nextToken() != null) {
                    return new JsonReading.Unreadable(
                            Defect.MALFORMED, path, "something follows the JSON value: send one value a record");
                }
                return new JsonReading.Value(json);
            } catch (StreamConstraintsException e) {
                return parser.getParsingContext().getNestingDepth() > MAX_DEPTH
                        ? new JsonReading.Unreadable(
                                Defect.TOO_DEEP, path, "the JSON is nested deeper than " + MAX_DEPTH + " levels")
                        : new JsonReading.Unreadable(
                                Defect.NUMBER_OUT_OF_RANGE,
                                path,
                                "a number has more than " + MAX_NUMBER_LENGTH + " characters");
            } catch (IOException e) {
                return new JsonReading.Unreadable(Defect.MALFORMED, path, malformed(e));
            }
        }

        private String malformed(IOException e) {
            String reason = e instanceof com.fasterxml.jackson.core.JacksonException jackson
                    ? jackson.getOriginalMessage()
                    : String.valueOf(e.getMessage());
            StringBuilder message = new StringBuilder("not JSON, near byte ")
                    .append(parser.currentLocation().getByteOffset())
                    .append(": ");
            for (int i = 0; i < Math.min(reason.length(), MAX_MESSAGE_LENGTH); i++) {
                char c = reason.charAt(i);
                message.append(Character.isISOControl(c) || Character.isSurrogate(c) ? ' ' : c);
            }
            return message.toString();
        }

        private Json value(JsonToken token, @Nullable JsonContainer parent, String step, boolean payload)
                throws IOException {
            return switch (token) {
                case START_OBJECT -> object(parent, step, payload);
                case START_ARRAY -> array(parent, step, payload);
                case VALUE_STRING -> new Json.Text(parser.getText());
                case VALUE_NUMBER_INT -> whole();
                case VALUE_NUMBER_FLOAT -> fraction(parent, step);
                case VALUE_TRUE -> Json.Bool.TRUE;
                case VALUE_FALSE -> Json.Bool.FALSE;
                case VALUE_NULL -> Json.Null.NULL;
                case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                    throw new IllegalStateException("no value begins with " + token);
            };
        }

        private JsonObject object(@Nullable JsonContainer parent, String step, boolean payload) throws IOException {
            JsonObject object = new JsonObject(parent, step);
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                if (payload && skips(token, name)) {
                    parser.skipChildren();
                    continue;
                }
                Json value = value(token, object, name, payload || (parent == null && PAYLOADS.contains(name)));
                if (!object.add(name, value) && defect == null) {
                    defect = new JsonReading.Unreadable(
                            Defect.MALFORMED, object.path(name), object.path(name) + " stands twice: send it once");
                }
            }
            return object;
        }

        /** Numbers stay: what is content in one payload is a count in another. */
        private static boolean skips(JsonToken token, String name) {
            return (token == JsonToken.VALUE_STRING || token.isStructStart()) && CONTENT.contains(name);
        }

        private JsonArray array(@Nullable JsonContainer parent, String step, boolean payload) throws IOException {
            JsonArray array = new JsonArray(parent, step);
            JsonToken token = parser.nextToken();
            while (token != JsonToken.END_ARRAY) {
                array.add(value(token, array, index(array.size()), payload));
                token = parser.nextToken();
            }
            return array;
        }

        private static String index(int index) {
            return index < INDEXES.length ? INDEXES[index] : Integer.toString(index);
        }

        private Json whole() throws IOException {
            return switch (parser.getNumberType()) {
                case INT, LONG -> new Json.Whole(parser.getLongValue());
                case BIG_INTEGER, FLOAT, DOUBLE, BIG_DECIMAL -> new Json.Literal(parser.getText());
            };
        }

        private Json fraction(@Nullable JsonContainer parent, String step) throws IOException {
            String literal = parser.getText();
            if (defect == null && exponent(literal) > MAX_EXPONENT) {
                String path = parent instanceof JsonObject object ? object.path(step) : "";
                defect = new JsonReading.Unreadable(
                        Defect.NUMBER_OUT_OF_RANGE, path, "the number " + literal + " is beyond any use");
            }
            return new Json.Literal(literal);
        }

        /** Magnitude of the exponent, at most a little above the bound. */
        private static int exponent(String literal) {
            int at = Math.max(literal.indexOf('e'), literal.indexOf('E'));
            if (at < 0) {
                return 0;
            }
            int exponent = 0;
            for (int i = at + 1; i < literal.length() && exponent <= MAX_EXPONENT; i++) {
                char c = literal.charAt(i);
                if (c >= '0' && c <= '9') {
                    exponent = exponent * 10 + (c - '0');
                }
            }
            return exponent;
        }
    }
}
