package io.costops.ingest.json;

import io.costops.ingest.json.JsonReading.Defect;

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

    private final JsonNames names = new JsonNames();
    private final int maxBytes;

    /**
     * @param maxBytes the largest document that is read
     */
    public JsonReader(int maxBytes) {
        this.maxBytes = maxBytes;
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
        return new JsonScanner(bytes, names, MAX_DEPTH).read(path, payload);
    }
}
