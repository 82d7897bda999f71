package io.costops.anomaly.job;

import io.costops.anomaly.budget.BudgetRules;
import java.math.BigDecimal;

/**
 * What one ledger entry adds to one budget.
 *
 * @param counting the definition that it was found by, as far as it says what counts: {@link BudgetRules#counting}
 * @param definedMicros when that definition was put, in microseconds since 1970 UTC
 * @param single the limit is for each request by itself
 * @param periodStartMillis begin of the period that it falls in
 */
public record Charge(
        String budgetId,
        String counting,
        long definedMicros,
        boolean single,
        long periodStartMillis,
        long eventTimeMillis,
        long recordedAtMillis,
        BigDecimal amount,
        long requests) {}
