package io.costops.anomaly.budget;

import io.costops.anomaly.alert.IncidentId;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetThreshold;
import io.costops.schemas.budget.BudgetScope;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What makes a budget valid. */
public final class BudgetRules {
    public static final Set<String> DIMENSIONS =
            Set.of("tenant", "project", "team", "cost_center", "user", "api_key_id", "model");

    private static final int MOST_THRESHOLDS = 20;

    private static final List<BudgetThreshold> DEFAULT_THRESHOLDS = List.of(
            threshold("70", AlertSeverity.WARNING, false),
            threshold("90", AlertSeverity.CRITICAL, false),
            threshold("100", AlertSeverity.CRITICAL, false),
            threshold("100", AlertSeverity.WARNING, true));

    private BudgetRules() {}

    /** What is wrong, naming the field and the fix; empty if nothing is. */
    public static Optional<String> violation(Budget budget) {
        if (budget.getBudgetId().isBlank()) {
            return Optional.of("budget_id is empty: give the budget a name of its own");
        }
        if (budget.getPeriod() == BudgetPeriod.UNKNOWN) {
            return Optional.of("period is missing: give request, day, week, month or quarter");
        }
        if (budget.getLimit().signum() < 0 || !LedgerDecimal.fits(budget.getLimit())) {
            return Optional.of("limit is " + budget.getLimit().toPlainString()
                    + ": give 0 or more, below 10^30 and with at most 30 decimals");
        }
        try {
            Currency.getInstance(budget.getCurrency());
        } catch (IllegalArgumentException e) {
            return Optional.of("currency '" + budget.getCurrency() + "' is no ISO 4217 code, such as USD");
        }
        try {
            ZoneId.of(budget.getTimeZone());
        } catch (DateTimeException e) {
            return Optional.of("time_zone '" + budget.getTimeZone() + "' is no time zone, such as Europe/Berlin");
        }
        for (Map.Entry<String, String> each : budget.getScope().entrySet()) {
            String dimension = each.getKey();
            boolean tag = dimension.startsWith(BudgetScope.TAG_PREFIX)
                    && dimension.length() > BudgetScope.TAG_PREFIX.length();
            if (!DIMENSIONS.contains(dimension) && !tag) {
                return Optional.of("scope." + dimension + " is not known: a scope is made of tenant, project, team,"
                        + " cost_center, user, api_key_id, model and tags.NAME");
            }
            if (each.getValue().isEmpty()) {
                return Optional.of("scope." + dimension + " is empty: name the value, or leave the dimension out");
            }
        }
        if (budget.getThresholds().size() > MOST_THRESHOLDS) {
            return Optional.of("thresholds are " + budget.getThresholds().size() + ": at most " + MOST_THRESHOLDS);
        }
        Set<String> seen = new HashSet<>();
        for (BudgetThreshold threshold : budget.getThresholds()) {
            if (threshold.getPercent().signum() <= 0) {
                return Optional.of("thresholds.percent is "
                        + threshold.getPercent().stripTrailingZeros().toPlainString() + ": give more than 0");
            }
            if (!seen.add(threshold.getPercent().stripTrailingZeros() + "/" + threshold.getOnForecast())) {
                return Optional.of("thresholds has "
                        + threshold.getPercent().stripTrailingZeros().toPlainString() + " twice: keep one");
            }
        }
        return Optional.empty();
    }

    /** What is summed for a budget, in one word: under two definitions of which it is the same, the same entries count. */
    public static String counting(Budget budget) {
        List<String> parts = new ArrayList<>();
        new TreeMap<>(budget.getScope()).forEach((dimension, value) -> {
            parts.add(dimension);
            parts.add(value);
        });
        parts.add(budget.getPeriod().name());
        parts.add(budget.getCurrency());
        parts.add(budget.getTimeZone());
        parts.add(String.valueOf(budget.getCountedFrom()));
        return IncidentId.of(parts.toArray(String[]::new));
    }

    /** When a definition was put, as definitions are put in order. */
    public static long definedMicros(Budget budget) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, budget.getRecordedAt());
    }

    /** The budget's thresholds, or the usual ones. */
    public static List<BudgetThreshold> thresholds(Budget budget) {
        return budget.getThresholds().isEmpty() ? DEFAULT_THRESHOLDS : budget.getThresholds();
    }

    private static BudgetThreshold threshold(String percent, AlertSeverity severity, boolean onForecast) {
        return new BudgetThreshold(LedgerDecimal.fit(new BigDecimal(percent), "percent"), severity, onForecast);
    }
}
