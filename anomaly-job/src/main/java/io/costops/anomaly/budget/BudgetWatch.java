package io.costops.anomaly.budget;

import io.costops.anomaly.alert.IncidentId;
import io.costops.anomaly.alert.LedgerQuery;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.BudgetThreshold;
import io.costops.schemas.budget.BudgetScope;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Compares what was spent in a period with the budget's thresholds.
 *
 * <p>An incident for each period: it opens at the first threshold, escalates at the next and ends with the period, or when
 * adjustments or a higher limit bring the spend below all of them. A threshold is told of once in a period, however often it is
 * crossed.
 */
public final class BudgetWatch {
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
    private static final int PERCENT_SCALE = 6;
    private static final String DETECTOR = "budget/1";
    private static final DateTimeFormatter LOCAL = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

    private BudgetWatch() {}

    /** What is known of the spend to come. */
    public record Outlook(
            BigDecimal total,
            BigDecimal low,
            BigDecimal high,
            Optional<Instant> exhausted,
            Optional<Instant> exhaustedEarliest,
            Optional<Instant> exhaustedLatest) {}

    /** What is to be kept and what is to be told. */
    public record Judged(PeriodSpend spend, List<Alert> steps) {}

    /** Compares a period that lasts. */
    public static Judged judge(
            Budget budget, Period period, PeriodSpend spend, Optional<Outlook> outlook, Instant now) {
        List<Alert> steps = new ArrayList<>();
        PeriodSpend judged = spend;
        Optional<BudgetThreshold> reached = highest(budget, spend.spent(), false);
        if (reached.isPresent()) {
            BigDecimal percent = reached.get().getPercent();
            if (percent.compareTo(spend.crossedPercent()) > 0) {
                AlertAction action = spend.open()
                        ? AlertAction.ESCALATED
                        : spend.crossedPercent().signum() > 0 ? AlertAction.REOPENED : AlertAction.OPENED;
                judged = judged.told(percent, true);
                steps.add(actual(action, budget, period, spend, reached.get(), now));
            }
        } else if (spend.open()) {
            judged = judged.told(spend.crossedPercent(), false);
            steps.add(ended(budget, period, spend, false, "The spend is below every threshold again.", now));
        }
        if (outlook.isPresent()) {
            Outlook known = outlook.get();
            Optional<BudgetThreshold> ahead = highest(budget, known.total(), true);
            boolean reachedAlready = ahead.isPresent()
                    && reaches(spend.spent(), budget.getLimit(), ahead.get().getPercent());
            if (reachedAlready && spend.forecastOpen()) {
                judged = judged.toldForecast(spend.crossedForecastPercent(), false);
                steps.add(ended(budget, period, spend, true, "What was forecast has come: it is spent.", now));
            } else if (ahead.isPresent() && !reachedAlready) {
                BigDecimal percent = ahead.get().getPercent();
                if (percent.compareTo(spend.crossedForecastPercent()) > 0) {
                    AlertAction action = spend.forecastOpen() ? AlertAction.ESCALATED : AlertAction.OPENED;
                    judged = judged.toldForecast(percent, true);
                    steps.add(forecast(action, budget, period, spend, known, ahead.get(), now));
                }
            } else if (ahead.isEmpty() && spend.forecastOpen() && clearlyBelow(budget, known.total())) {
                judged = judged.toldForecast(spend.crossedForecastPercent(), false);
                steps.add(ended(budget, period, spend, true, "The forecast is within the limit again.", now));
            }
        }
        return new Judged(judged, steps);
    }

    /**
     * The limit or the thresholds have changed, what counts has not: a threshold that is not reached any more is told of when it is
     * reached again, and whoever was told of a higher one hears where the budget stands now.
     */
    public static Judged redefine(
            Budget budget, Period period, PeriodSpend spend, Optional<BigDecimal> forecast, Instant now) {
        Optional<BudgetThreshold> reached = highest(budget, spend.spent(), false);
        BigDecimal percent = reached.map(BudgetThreshold::getPercent).orElse(BigDecimal.ZERO);
        BigDecimal ahead = forecast.flatMap(total -> highest(budget, total, true))
                .map(BudgetThreshold::getPercent)
                .orElse(forecast.isPresent() ? BigDecimal.ZERO : spend.crossedForecastPercent());
        List<Alert> steps = new ArrayList<>();
        if (spend.open() && reached.isPresent() && percent.compareTo(spend.crossedPercent()) < 0) {
            steps.add(actual(AlertAction.RENOTIFIED, budget, period, spend, reached.get(), now));
        }
        return new Judged(
                spend.told(spend.crossedPercent().min(percent), spend.open())
                        .toldForecast(spend.crossedForecastPercent().min(ahead), spend.forecastOpen()),
                steps);
    }

    /** A period is over, or the budget is gone. */
    public static Judged end(Budget budget, Period period, PeriodSpend spend, Instant now) {
        return end(budget, period, spend, budget.getDeleted() ? "The budget was deleted." : "The period is over.", now);
    }

    /** What came for a period after its end: of a threshold that it reaches is told at once, and that it is over. */
    public static Judged judgeEnded(Budget budget, Period period, PeriodSpend spend, Instant now) {
        Optional<BudgetThreshold> reached = highest(budget, spend.spent(), false);
        if (reached.isEmpty() || reached.get().getPercent().compareTo(spend.crossedPercent()) <= 0) {
            return new Judged(spend, List.of());
        }
        AlertAction action = spend.crossedPercent().signum() > 0 ? AlertAction.REOPENED : AlertAction.OPENED;
        return new Judged(
                spend.told(reached.get().getPercent(), false),
                List.of(
                        actual(action, budget, period, spend, reached.get(), now),
                        ended(budget, period, spend, false, "The period is over.", now)));
    }

    /** Limits that are put now say nothing of a period that has ended. */
    public static PeriodSpend redefineEnded(Budget budget, PeriodSpend spend) {
        BigDecimal reached = highest(budget, spend.spent(), false)
                .map(BudgetThreshold::getPercent)
                .orElse(BigDecimal.ZERO);
        return spend.told(spend.crossedPercent().max(reached), spend.open());
    }

    /** Something else counts for the budget from now on: what was said of it holds no longer. */
    public static Judged replace(Budget before, Period period, PeriodSpend spend, Instant now) {
        return end(before, period, spend, "The budget counts something else from now on.", now);
    }

    private static Judged end(Budget budget, Period period, PeriodSpend spend, String why, Instant now) {
        List<Alert> steps = new ArrayList<>();
        if (spend.open()) {
            steps.add(ended(budget, period, spend, false, why, now));
        }
        if (spend.forecastOpen()) {
            steps.add(ended(budget, period, spend, true, why, now));
        }
        return new Judged(
                spend.told(spend.crossedPercent(), false).toldForecast(spend.crossedForecastPercent(), false), steps);
    }

    private static Optional<BudgetThreshold> highest(Budget budget, BigDecimal spent, boolean onForecast) {
        BudgetThreshold highest = null;
        for (BudgetThreshold threshold : BudgetRules.thresholds(budget)) {
            if (threshold.getOnForecast() == onForecast
                    && reaches(spent, budget.getLimit(), threshold.getPercent())
                    && (highest == null || threshold.getPercent().compareTo(highest.getPercent()) > 0)) {
                highest = threshold;
            }
        }
        return Optional.ofNullable(highest);
    }

    /** Of a limit of 0 any spend is beyond every threshold. */
    static boolean reaches(BigDecimal spent, BigDecimal limit, BigDecimal percent) {
        return limit.signum() == 0
                ? spent.signum() > 0
                : spent.multiply(HUNDRED).compareTo(limit.multiply(percent)) >= 0;
    }

    /** By a twentieth, so that a forecast that sways around the limit doesn't say so each hour. */
    private static boolean clearlyBelow(Budget budget, BigDecimal total) {
        return BudgetRules.thresholds(budget).stream()
                .filter(BudgetThreshold::getOnForecast)
                .noneMatch(threshold ->
                        reaches(total, budget.getLimit(), threshold.getPercent().multiply(new BigDecimal("0.95"))));
    }

    /** The state as gateways and the decision endpoint read it. */
    public static BudgetState state(
            Budget budget, Period period, PeriodSpend spend, Optional<Outlook> outlook, Instant now) {
        BudgetState state = new BudgetState();
        state.setBudgetId(budget.getBudgetId());
        state.setBudget(budget);
        state.setPeriodStart(period.start());
        state.setPeriodEnd(period.end());
        state.setSpent(decimal(spend.spent()));
        state.setRequests(spend.requests());
        state.setPercent(percent(spend.spent(), budget.getLimit())
                .map(BudgetWatch::decimal)
                .orElse(null));
        outlook.ifPresent(known -> {
            state.setForecast(decimal(known.total()));
            state.setForecastLow(decimal(known.low()));
            state.setForecastHigh(decimal(known.high()));
            state.setExhaustedAt(known.exhausted().orElse(null));
            state.setExhaustedEarliest(known.exhaustedEarliest().orElse(null));
            state.setExhaustedLatest(known.exhaustedLatest().orElse(null));
        });
        state.setCrossedPercent(spend.crossedPercent().signum() > 0 ? decimal(spend.crossedPercent()) : null);
        state.setAsOf(
                spend.newestRecordedMillis() == 0
                        ? period.start()
                        : Instant.ofEpochMilli(spend.newestRecordedMillis()));
        state.setUpdatedAt(now.truncatedTo(ChronoUnit.MICROS));
        return state;
    }

    private static Optional<BigDecimal> percent(BigDecimal spent, BigDecimal limit) {
        return limit.signum() == 0
                ? Optional.empty()
                : Optional.of(spent.multiply(HUNDRED).divide(limit, PERCENT_SCALE, RoundingMode.HALF_EVEN));
    }

    private static Alert actual(
            AlertAction action,
            Budget budget,
            Period period,
            PeriodSpend spend,
            BudgetThreshold threshold,
            Instant now) {
        Alert alert = alert(action, budget, period, spend, false, now);
        alert.setSeverity(threshold.getSeverity());
        alert.setThresholdPercent(threshold.getPercent());
        boolean single = budget.getPeriod() == BudgetPeriod.REQUEST;
        String share = percent(spend.spent(), budget.getLimit())
                .map(percent -> percent.setScale(1, RoundingMode.HALF_EVEN) + " % of ")
                .orElse("all and more of ");
        alert.setTitle("Budget " + name(budget) + ": " + share + money(budget.getLimit(), budget)
                + (single ? " for a request" : " spent"));
        alert.setExplanation((single ? "One request cost " : "From " + local(period.start(), budget) + " on ")
                + money(spend.spent(), budget)
                + (single ? "" : " were spent")
                + ", which reaches the threshold of "
                + threshold.getPercent().stripTrailingZeros().toPlainString() + " %. "
                + (single ? "" : "The period ends at " + local(period.end(), budget) + ". ")
                + (budget.getHard()
                        ? "The budget is hard: decisions refuse what goes beyond the limit."
                        : "The budget is soft: nothing is refused.")
                + advice(budget));
        return alert;
    }

    private static Alert forecast(
            AlertAction action,
            Budget budget,
            Period period,
            PeriodSpend spend,
            Outlook outlook,
            BudgetThreshold threshold,
            Instant now) {
        Alert alert = alert(action, budget, period, spend, true, now);
        alert.setSeverity(threshold.getSeverity());
        alert.setThresholdPercent(threshold.getPercent());
        alert.setActual(decimal(outlook.total()));
        alert.setExpectedLow(decimal(outlook.low()));
        alert.setExpectedHigh(decimal(outlook.high()));
        alert.setTitle("Budget " + name(budget) + ": " + money(outlook.total(), budget) + " forecast of "
                + money(budget.getLimit(), budget));
        alert.setExplanation("By " + local(period.end(), budget) + " about " + money(outlook.total(), budget)
                + " will be spent (95 %: between " + money(outlook.low(), budget) + " and "
                + money(outlook.high(), budget) + "), so far it is " + money(spend.spent(), budget) + ". "
                + outlook.exhausted()
                        .map(at -> "The limit is likely reached at " + local(at.truncatedTo(ChronoUnit.HOURS), budget)
                                + ".")
                        .orElse("")
                + advice(budget));
        return alert;
    }

    private static Alert ended(
            Budget budget, Period period, PeriodSpend spend, boolean ahead, String why, Instant now) {
        Alert alert = alert(AlertAction.RESOLVED, budget, period, spend, ahead, now);
        alert.setSeverity(AlertSeverity.INFO);
        alert.setResolvedAt(now.truncatedTo(ChronoUnit.MICROS));
        if (ahead) {
            // What was spent is no forecast.
            alert.setActual(null);
        }
        alert.setTitle("Budget " + name(budget) + ": " + money(spend.spent(), budget) + " of "
                + money(budget.getLimit(), budget) + " spent");
        alert.setExplanation(why);
        return alert;
    }

    private static Alert alert(
            AlertAction action, Budget budget, Period period, PeriodSpend spend, boolean ahead, Instant now) {
        String tenant = budget.getScope().get("tenant");
        Map<String, String> scope = new TreeMap<>(budget.getScope());
        scope.remove("tenant");
        Map<String, String> columns = new TreeMap<>();
        scope.forEach((dimension, value) -> columns.put(
                dimension.startsWith(BudgetScope.TAG_PREFIX)
                        ? "tag:" + dimension.substring(BudgetScope.TAG_PREFIX.length())
                        : dimension,
                value));
        Instant minute = now.truncatedTo(ChronoUnit.MINUTES);
        Alert alert = new Alert();
        alert.setIncidentId(IncidentId.of(
                ahead ? "forecast" : "budget",
                budget.getBudgetId(),
                period.start().toString()));
        alert.setAction(action);
        alert.setCategory(ahead ? AlertCategory.FORECAST : AlertCategory.BUDGET);
        alert.setCause(ahead ? "budget_forecast" : "budget");
        alert.setRecordedAt(now.truncatedTo(ChronoUnit.MICROS));
        alert.setStartedAt(period.start());
        alert.setWindowStart(minute);
        alert.setWindowEnd(minute.plus(1, ChronoUnit.MINUTES));
        alert.setTenant(tenant);
        alert.setScope(scope);
        alert.setMetric(ahead ? "forecast_of_budget" : "spend_of_budget");
        alert.setActual(decimal(spend.spent()));
        alert.setExpected(decimal(budget.getLimit()));
        BigDecimal over = spend.spent().subtract(budget.getLimit());
        alert.setImpact(decimal(over.max(BigDecimal.ZERO)));
        alert.setCurrency(budget.getCurrency());
        alert.setBudgetId(budget.getBudgetId());
        alert.setRootCauses(new ArrayList<>());
        alert.setCostFactors(new ArrayList<>());
        alert.setRecent(new ArrayList<>());
        alert.setQuery(LedgerQuery.usage(tenant, columns, period.start(), period.end()));
        alert.setDetector(DETECTOR);
        alert.setTitle("");
        alert.setExplanation("");
        return alert;
    }

    /** What whoever is told can do. */
    private static String advice(Budget budget) {
        return " " + (budget.getOwner() == null ? "Look at" : "Ask " + budget.getOwner() + ", look at")
                + " what costs most, and slow it down or put a higher limit (costops budgets put).";
    }

    /** As the owner's clock shows it. */
    private static String local(Instant moment, Budget budget) {
        return LOCAL.format(moment.atZone(ZoneId.of(budget.getTimeZone()))) + " " + budget.getTimeZone();
    }

    private static String name(Budget budget) {
        return budget.getName().isBlank() ? budget.getBudgetId() : budget.getName();
    }

    private static String money(BigDecimal amount, Budget budget) {
        return amount.setScale(2, RoundingMode.HALF_EVEN).toPlainString() + " " + budget.getCurrency();
    }

    private static BigDecimal decimal(BigDecimal value) {
        return LedgerDecimal.fit(value, "a budget's figure");
    }
}
