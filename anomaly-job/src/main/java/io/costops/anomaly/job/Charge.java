package io.costops.anomaly.job;

import java.math.BigDecimal;

/**
 * What one ledger entry adds to one budget.
 *
 * @param periodStartMillis begin of the period that it falls in
 */
public record Charge(
        String budgetId,
        long periodStartMillis,
        long eventTimeMillis,
        long recordedAtMillis,
        BigDecimal amount,
        long requests) {}
