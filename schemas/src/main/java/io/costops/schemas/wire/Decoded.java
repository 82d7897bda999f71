package io.costops.schemas.wire;

/** What became of bytes that should hold a record. Bad bytes are an outcome, not an exception. */
public sealed interface Decoded<T> {
    record Value<T>(T record) implements Decoded<T> {}

    /**
     * @param problem the kind of defect
     * @param message one sentence that says what is wrong
     */
    record Undecodable<T>(Problem problem, String message) implements Decoded<T> {}

    enum Problem {
        /** Not in Confluent's framing. */
        NOT_FRAMED,
        /** The registry does not know the schema id. */
        UNKNOWN_SCHEMA,
        /** The registry knows the id, but a record of that schema can't be read as the one that is expected. */
        INCOMPATIBLE_SCHEMA,
        /** The bytes don't follow their schema. */
        MALFORMED
    }
}
