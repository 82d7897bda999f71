package io.costops.sinks.ledger;

/** A rebuild that can't go on; nothing was lost, and the message says what to do. */
public final class RebuildException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RebuildException(String message) {
        super(message);
    }

    RebuildException(String message, Throwable cause) {
        super(message, cause);
    }
}
