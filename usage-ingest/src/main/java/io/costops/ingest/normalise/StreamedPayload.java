package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.avro.RejectReason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a streamed response: an array of them, or an object whose {@code stream_events} is one.
 *
 * <p>A parser that meets a plain object takes it for a response that was not streamed.
 */
final class StreamedPayload {
    private StreamedPayload() {}

    /** The chunks, or null if the payload is not a stream. */
    static @Nullable List<JsonObject> chunks(Fields fields, Json payload) {
        JsonArray array = null;
        if (payload instanceof JsonArray bare) {
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
