package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kafka headers by which a door says what it did with a record; all optional. */
public final class RecordHeaders {
    /** The door's request id and the record's index in that request, {@code <id>/<index>}. */
    public static final String ORIGIN = "costops-origin";

    private static final String CLOUD_EVENT = "ce_";

    private RecordHeaders() {}

    /** The attributes of a CloudEvent in Kafka's binary mode; empty if the headers tell of none. */
    static Map<String, Json> cloudEventAttributes(Map<String, byte[]> headers) {
        if (!headers.containsKey(CLOUD_EVENT + "specversion")) {
            return Map.of();
        }
        Map<String, Json> attributes = new LinkedHashMap<>();
        headers.forEach((name, value) -> {
            if (name.startsWith(CLOUD_EVENT)) {
                attributes.put(
                        name.substring(CLOUD_EVENT.length()), new Json.Text(new String(value, StandardCharsets.UTF_8)));
            }
        });
        attributes.remove("data");
        attributes.remove("data_base64");
        return attributes;
    }

    /** The door's request and the record's index in it, null if the record came through no door. */
    static @Nullable String request(Map<String, byte[]> headers) {
        byte[] origin = headers.get(ORIGIN);
        return origin == null || origin.length == 0 ? null : new String(origin, StandardCharsets.UTF_8);
    }
}
