package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.schemas.avro.Origin;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Kafka headers by which a door says what it did with a record; all optional. */
public final class RecordHeaders {
    /** The door's request id and the record's index in that request, {@code <id>/<index>}. */
    public static final String ORIGIN = "costops-origin";

    /**
     * Where a record stood before it was replayed and when it was received, {@code topic/partition/offset/milliseconds since
     * 1970}: it keeps its identity and its time, so that what it says is charged once.
     */
    public static final String REPLAY_OF = "costops-replay-of";

    private static final Pattern PLACE =
            Pattern.compile("([A-Za-z0-9._-]{1,249})/([0-9]{1,9})/([0-9]{1,18})/(-?[0-9]{1,15})");

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

    /**
     * A record's first place.
     *
     * @param received the time stamp that it had there
     */
    public record Replayed(Origin place, Instant received) {}

    /** What to write into the header of a record that is replayed. */
    public static byte[] replayOf(Origin place, Instant received) {
        return (place.getTopic() + "/" + place.getPartition() + "/" + place.getOffset() + "/" + received.toEpochMilli())
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Where the record stood before it was replayed, null if it wasn't, or if the header is none of ours. */
    public static @Nullable Replayed replayed(Map<String, byte[]> headers) {
        byte[] header = headers.get(REPLAY_OF);
        if (header == null) {
            return null;
        }
        Matcher place = PLACE.matcher(new String(header, StandardCharsets.UTF_8));
        return place.matches()
                ? new Replayed(
                        new Origin(
                                place.group(1), Integer.parseInt(place.group(2)), Long.parseLong(place.group(3)), null),
                        Instant.ofEpochMilli(Long.parseLong(place.group(4))))
                : null;
    }

    /** The door's request and the record's index in it, null if the record came through no door. */
    static @Nullable String request(Map<String, byte[]> headers) {
        byte[] origin = headers.get(ORIGIN);
        return origin == null || origin.length == 0 ? null : new String(origin, StandardCharsets.UTF_8);
    }
}
