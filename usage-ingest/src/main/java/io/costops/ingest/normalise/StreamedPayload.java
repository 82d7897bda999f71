package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonReader;
import io.costops.ingest.json.JsonReading;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.topics.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a streamed response: an array of them, an object whose {@code stream_events} is one, or the stream as it
 * came over the wire, in a string: a JSON object a line, or server-sent events.
 *
 * <p>A parser that meets a plain object takes it for a response that was not streamed.
 */
final class StreamedPayload {
    private static final JsonReader LINES = new JsonReader(Topics.MAX_ENVELOPE_BYTES);
    private static final String END = "[DONE]";

    private StreamedPayload() {}

    /** The chunks, or null if the payload is not a stream. */
    static @Nullable List<JsonObject> chunks(Fields fields, Json payload) {
        JsonArray array = null;
        if (payload instanceof Json.Text text) {
            return ofLines(fields, text.value());
        } else if (payload instanceof JsonArray bare) {
            array = bare;
        } else if (payload instanceof JsonObject object && Fields.has(object, "stream_events")) {
            array = fields.array(object, "stream_events");
            if (array == null) {
                return List.of();
            }
        }
        if (array == null) {
            return null;
        }
        List<JsonObject> chunks = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            if (array.get(i) instanceof JsonObject chunk) {
                chunks.add(chunk);
            } else {
                String path = array.path(i);
                fields.reject(
                        RejectReason.INVALID_FIELD,
                        path,
                        path + " must be an object, but is " + Fields.shown(array.get(i)));
            }
        }
        return chunks;
    }

    private static List<JsonObject> ofLines(Fields fields, String text) {
        List<JsonObject> chunks = new ArrayList<>();
        int number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            String data = data(line);
            if (data.isEmpty() || data.equals(END)) {
                continue;
            }
            String path = "payload, line " + number;
            JsonReading reading = LINES.readPayload(data.getBytes(StandardCharsets.UTF_8), path);
            if (reading instanceof JsonReading.Value value && value.json() instanceof JsonObject chunk) {
                chunks.add(chunk);
            } else {
                String what = reading instanceof JsonReading.Unreadable unreadable
                        ? unreadable.message()
                        : "it is not an object";
                fields.reject(
                        RejectReason.INVALID_FIELD,
                        path,
                        path + " must be a JSON object or a server-sent event: " + what);
                return chunks;
            }
        }
        if (chunks.isEmpty()) {
            fields.reject(
                    RejectReason.INVALID_FIELD, "payload", "payload must be the provider's JSON, but is an empty text");
        }
        return chunks;
    }

    /** What a line carries: of a server-sent event its data; comments and the other fields carry nothing. */
    private static String data(String line) {
        if (line.startsWith("data:")) {
            return line.substring("data:".length()).strip();
        }
        boolean without = line.startsWith(":")
                || line.startsWith("event:")
                || line.startsWith("id:")
                || line.startsWith("retry:");
        return without ? "" : line.strip();
    }

    /** The last text that is not empty, over all chunks. */
    static @Nullable String lastText(Fields fields, List<JsonObject> chunks, String name) {
        for (int i = chunks.size() - 1; i >= 0; i--) {
            String text = fields.text(chunks.get(i), name);
            if (text != null) {
                return text;
            }
        }
        return null;
    }
}
