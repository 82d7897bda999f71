package io.costops.ingest.json;

/** What became of bytes that should be one JSON value. Bad bytes are an outcome, not an exception. */
public sealed interface JsonReading {
    record Value(Json json) implements JsonReading {}

    /**
     * @param defect the kind of defect
     * @param path where in the document, empty where it can't be said
     * @param message one sentence that says what is wrong
     */
    record Unreadable(Defect defect, String path, String message) implements JsonReading {}

    enum Defect {
        MALFORMED,
        TOO_LARGE,
        TOO_DEEP,
        /** A number that no computer agrees on: beyond a double's range or absurdly long. */
        NUMBER_OUT_OF_RANGE
    }
}
