package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OTLP traces in JSON. A span reaches the topic byte for byte. */
final class OtlpJson {
    private final byte[] body;
    private final int maxSpans;
    private final JsonParser parser;
    private final OtlpReader reader;

    private OtlpJson(byte[] body, int maxSpans, JsonParser parser, OtlpReader reader) {
        this.body = body;
        this.maxSpans = maxSpans;
        this.parser = parser;
        this.reader = reader;
    }

    /** A span's bytes, and whether a model may be behind it. */
    private record SpanText(int from, int to, boolean mayTell) {}

    static void read(Body body, int maxSpans, OtlpReader reader) throws OtlpUnreadable, OtlpReader.NoRoom {
        try (JsonParser parser = StrictJson.FACTORY.createParser(body.bytes(), 0, body.length())) {
            OtlpJson walk = new OtlpJson(body.bytes(), maxSpans, parser, reader);
            walk.expect(parser.nextToken(), JsonToken.START_OBJECT, "the body");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals("resourceSpans")) {
                    walk.resourceSpans();
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new OtlpUnreadable("the body has more text after its JSON object: send one request");
            }
        } catch (IOException e) {
            throw new OtlpUnreadable("the body is not valid OTLP JSON: " + StrictJson.why(e));
        }
    }

    private void expect(JsonToken token, JsonToken expected, String what) throws OtlpUnreadable {
        if (token != expected) {
            throw new OtlpUnreadable(
                    what + " must be " + (expected == JsonToken.START_OBJECT ? "an object" : "an array") + " (at byte "
                            + parser.currentTokenLocation().getByteOffset() + " of the body)");
        }
    }

    private void resourceSpans() throws IOException, OtlpUnreadable, OtlpReader.NoRoom {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        expect(parser.currentToken(), JsonToken.START_ARRAY, "resourceSpans");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.START_OBJECT, "an element of resourceSpans");
            Map<String, String> attributes = new LinkedHashMap<>();
            // The resource may stand behind its spans.
            List<SpanText> spans = new ArrayList<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "resource" -> resource(attributes);
                    case "scopeSpans" -> scopeSpans(spans);
                    default -> parser.skipChildren();
                }
            }
            reader.resource(attributes);
            for (SpanText span : spans) {
                if (span.mayTell()) {
                    reader.span(body, span.from(), span.to() - span.from());
                } else {
                    reader.unrelated();
                }
            }
        }
    }

    private void scopeSpans(List<SpanText> spans) throws IOException, OtlpUnreadable, OtlpReader.NoRoom {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        expect(parser.currentToken(), JsonToken.START_ARRAY, "scopeSpans");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.START_OBJECT, "an element of scopeSpans");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isSpans = parser.currentName().equals("spans");
                parser.nextToken();
                if (isSpans) {
                    spans(spans);
                } else {
                    parser.skipChildren();
                }
            }
        }
    }

    private void spans(List<SpanText> spans) throws IOException, OtlpUnreadable, OtlpReader.NoRoom {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        expect(parser.currentToken(), JsonToken.START_ARRAY, "spans");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.START_OBJECT, "a span");
            int from = (int) parser.currentTokenLocation().getByteOffset();
            boolean mayTell = false;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isAttributes = parser.currentName().equals("attributes");
                if (parser.nextToken() == JsonToken.START_ARRAY && isAttributes) {
                    mayTell |= attributes(null);
                } else {
                    parser.skipChildren();
                }
            }
            if (spans.size() == maxSpans) {
                throw OtlpReader.NoRoom.tooManySpans(maxSpans);
            }
            spans.add(new SpanText(from, (int) parser.currentLocation().getByteOffset(), mayTell));
        }
    }

    private void resource(Map<String, String> attributes) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isAttributes = parser.currentName().equals("attributes");
            if (parser.nextToken() == JsonToken.START_ARRAY && isAttributes) {
                attributes(attributes);
            } else {
                parser.skipChildren();
            }
        }
    }

    /**
     * Reads an array of attributes.
     *
     * @param into takes the values that are strings, numbers or booleans; null if they don't matter
     * @return whether one of them may tell of a model's usage
     */
    private boolean attributes(@Nullable Map<String, String> into) throws IOException {
        boolean mayTell = false;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                continue;
            }
            String key = "";
            String value = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                if (name.equals("key") && token == JsonToken.VALUE_STRING) {
                    key = parser.getText();
                } else if (name.equals("value") && token == JsonToken.START_OBJECT && into != null) {
                    value = scalar();
                } else {
                    parser.skipChildren();
                }
            }
            mayTell |= ModelSpans.mayTell(key);
            if (into != null && value != null) {
                into.put(key, value);
            }
        }
        return mayTell;
    }

    private @Nullable String scalar() throws IOException {
        String value = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            if (parser.nextToken().isScalarValue() && parser.currentToken() != JsonToken.VALUE_NULL) {
                value = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
        return value;
    }
}
