package io.costops.infra.demo;

import io.costops.schemas.avro.RejectReason;

/** A record that no platform can bill, and the reason that it must be rejected for. */
enum Mishap {
    /** A sender that was cut off in the middle. */
    TRUNCATED(RejectReason.MALFORMED_JSON),
    /** A misspelt source. */
    MISSPELT_SOURCE(RejectReason.UNKNOWN_SOURCE),
    NO_MODEL(RejectReason.MISSING_FIELD),
    NEGATIVE_COUNT(RejectReason.NEGATIVE_QUANTITY),
    /** A tag with a bell in it. */
    CONTROL_CHARACTER(RejectReason.INVALID_TAG),
    /** A sender whose clock is hours ahead. */
    CLOCK_AHEAD(RejectReason.FUTURE_TIME);

    private final RejectReason reason;

    Mishap(RejectReason reason) {
        this.reason = reason;
    }

    RejectReason reason() {
        return reason;
    }
}
