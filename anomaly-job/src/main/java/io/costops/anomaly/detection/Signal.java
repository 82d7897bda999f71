package io.costops.anomaly.detection;

/** A number that is watched for itself. */
public enum Signal {
    REQUESTS(1),
    ERRORS(2),
    TOKENS_PER_REQUEST(4),
    UNIT_PRICE(8),
    DAILY_DRIFT(16),
    RETRIES(32),
    CACHE_RATIO(64);

    /** A bit of its own in saved state; never reused. */
    final int bit;

    Signal(int bit) {
        this.bit = bit;
    }
}
