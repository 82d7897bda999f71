package io.costops.ingest.http;

/** A body that is no OTLP trace request. */
final class OtlpUnreadable extends Exception {
    private static final long serialVersionUID = 1L;

    OtlpUnreadable(String message) {
        super(message);
    }
}
