package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a span or a resource: OTLP's list of keys and typed values, or an SDK's plain map.
 *
 * <p>OTLP/JSON writes 64-bit integers as strings of digits; a plain map has numbers.
 */
final class SpanAttributes {
    private static final SpanAttributes NONE = new SpanAttributes("", Map.of(), true);

    private final String path;
    private final Map<String, Json> values;
    private final boolean typed;

    private SpanAttributes(String path, Map<String, Json> values, boolean typed) {
        this.path = path;
        this.values = values;
        this.typed = typed;
    }

    static SpanAttributes of(@Nullable JsonObject in) {
        Json attributes = in == null ? null : in.get("attributes");
        if (in == null || attributes == null) {
            return NONE;
        }
        Map<String, Json> values = new HashMap<>();
        if (attributes instanceof JsonArray list) {
            for (Json element : list.elements()) {
                if (element instanceof JsonObject entry) {
                    String key = Fields.label(entry, "key");
                    JsonObject value = Fields.section(entry, "value");
                    if (key != null && value != null && value.size() > 0) {
                        values.put(key, value.value(0));
                    }
                }
            }
            return new SpanAttributes(in.path("attributes"), values, true);
        }
        if (attributes instanceof JsonObject map) {
            for (int i = 0; i < map.size(); i++) {
                values.put(map.name(i), map.value(i));
            }
            return new SpanAttributes(in.path("attributes"), values, false);
        }
        return NONE;
    }

    boolean hasAnyOf(String prefix) {
        for (String key : values.keySet()) {
            if (key.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    /** The first of some spellings that is there, or null. */
    @Nullable
    String firstOf(String... keys) {
        for (String key : keys) {
            Json value = values.get(key);
            if (value != null && value != Json.Null.NULL) {
                return key;
            }
        }
        return null;
    }

    /** The first text among some spellings that is not empty. */
    @Nullable
    String text(String... keys) {
        for (String key : keys) {
            if (values.get(key) instanceof Json.Text text && !text.value().isEmpty()) {
                return text.value();
            }
        }
        return null;
    }

    /** A count by the first of some spellings that is there; 0 where none is. */
    long count(Fields fields, String... keys) {
        String key = firstOf(keys);
        if (key == null) {
            return 0;
        }
        Json value = values.getOrDefault(key, Json.Null.NULL);
        return typed ? fields.countOrDigits(value, path(key)) : fields.count(value, path(key));
    }

    /** The first element of a list of texts. */
    @Nullable
    String firstText(String key) {
        Json value = values.get(key);
        if (value instanceof JsonObject wrapped) {
            value = wrapped.get("values");
        }
        if (!(value instanceof JsonArray list) || list.size() == 0) {
            return null;
        }
        Json first = list.get(0);
        if (first instanceof JsonObject typedValue) {
            return Fields.label(typedValue, "stringValue");
        }
        return first instanceof Json.Text text ? text.value() : null;
    }

    String path(String key) {
        return path + "." + key;
    }
}
