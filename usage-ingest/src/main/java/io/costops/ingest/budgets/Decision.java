package io.costops.ingest.budgets;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a call may be made.
 *
 * @param tightest the budget that refuses, else the one that has least left; empty if no budget covers the call
 */
public record Decision(boolean allow, String reason, Optional<Tightest> tightest) {
    /**
     * What the decision rests on.
     *
     * @param reserved for calls under way, without the one that is asked for
     * @param until end of the period
     * @param asOf recorded time of the newest usage in {@code spent}
     */
    public record Tightest(
            String budget,
            boolean hard,
            String currency,
            BigDecimal spent,
            BigDecimal reserved,
            BigDecimal limit,
            Instant until,
            Instant asOf,
            boolean stale) {
        BigDecimal left() {
            return limit.subtract(spent).subtract(reserved);
        }
    }
}
