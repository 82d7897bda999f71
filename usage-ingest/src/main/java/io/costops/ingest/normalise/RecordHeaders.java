package io.costops.ingest.normalise;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kafka headers by which a door says what it did with a record; all optional. */
public final class RecordHeaders {
    /** Identifier of the request that a door took the record from; with {@link #ELEMENT} the record's place. */
    public static final String REQUEST_ID = "costops-request-id";

    /** Index of the record in its request, from 0. */
    public static final String ELEMENT = "costops-element";

    private RecordHeaders() {}

    /** The door's request and the record's index in it, null if the record came through no door. */
    static @Nullable String request(Map<String, byte[]> headers) {
        byte[] id = headers.get(REQUEST_ID);
        byte[] element = headers.get(ELEMENT);
        return id == null || element == null
                ? null
                : new String(id, StandardCharsets.UTF_8) + "/" + new String(element, StandardCharsets.UTF_8);
    }
}
