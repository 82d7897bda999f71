package io.costops.anomaly.job;

import io.costops.anomaly.budget.BudgetWatch;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/**
 * What was forecast of a budget last.
 *
 * @param settled it rests on enough history to tell people of it
 * @param exhaustedMillis {@link #NEVER} if not in the period
 */
public record BudgetOutlook(
        long madeAtMillis,
        boolean settled,
        BigDecimal total,
        BigDecimal low,
        BigDecimal high,
        long exhaustedMillis,
        long earliestMillis,
        long latestMillis) {
    static final long NEVER = Long.MAX_VALUE;

    BudgetWatch.Outlook outlook() {
        return new BudgetWatch.Outlook(
                total, low, high, moment(exhaustedMillis), moment(earliestMillis), moment(latestMillis));
    }

    private static Optional<Instant> moment(long millis) {
        return millis == NEVER ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
