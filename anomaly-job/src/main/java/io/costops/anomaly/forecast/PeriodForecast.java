package io.costops.anomaly.forecast;

import java.math.BigDecimal;
import java.time.Instant;

/**
 * What a period is going to cost in all: what has been spent of it, and the forecast of the rest.
 *
 * @param spent until now; part of everything below
 * @param expected the whole period
 * @param low80 with {@code high80} the interval that covers 80 %
 * @param low95 with {@code high95} the interval that covers 95 %
 */
public record PeriodForecast(
        Instant from,
        Instant to,
        BigDecimal spent,
        BigDecimal expected,
        BigDecimal low80,
        BigDecimal high80,
        BigDecimal low95,
        BigDecimal high95,
        Confidence confidence) {}
