package io.costops.anomaly.job;

import io.costops.anomaly.budget.BudgetRules;
import io.costops.anomaly.budget.BudgetWatch;
import io.costops.anomaly.budget.Period;
import io.costops.anomaly.budget.PeriodSpend;
import io.costops.anomaly.forecast.Confidence;
import io.costops.anomaly.forecast.PeriodForecast;
import io.costops.anomaly.forecast.RunOut;
import io.costops.anomaly.forecast.SpendForecaster;
import io.costops.anomaly.forecast.SpendHistory;
import io.costops.anomaly.forecast.SpendOutlook;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The one place that knows what a budget has spent.
 *
 * <p>It goes by the clock, because decisions do: the period is the one that it is now. What changed is told within a second, what
 * didn't every ten, so that a reader sees whether the figure is fresh.
 */
final class KeepBudget extends KeyedCoProcessFunction<String, Charge, Budget, Alert> {
    static final OutputTag<BudgetState> STATE = new OutputTag<>("budget-state", StreamTypes.BUDGET_STATE);

    static final ValueStateDescriptor<Budget> BUDGET = new ValueStateDescriptor<>("budget", StreamTypes.BUDGET);
    static final MapStateDescriptor<Long, PeriodSpend> PERIODS =
            new MapStateDescriptor<>("periods", Types.LONG, StreamTypes.PERIOD_SPEND);
    static final MapStateDescriptor<Long, BigDecimal> HOURS =
            new MapStateDescriptor<>("hours", Types.LONG, Types.BIG_DEC);
    static final ValueStateDescriptor<byte[]> HISTORY =
            new ValueStateDescriptor<>("history", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    static final ValueStateDescriptor<BudgetOutlook> OUTLOOK =
            new ValueStateDescriptor<>("outlook", StreamTypes.BUDGET_OUTLOOK);
    static final ValueStateDescriptor<Long> CURRENT = new ValueStateDescriptor<>("current-period", Types.LONG);

    /** What was found by a definition that hasn't come here yet. */
    static final ListStateDescriptor<Charge> AHEAD = new ListStateDescriptor<>("ahead", StreamTypes.CHARGE);

    private static final long serialVersionUID = 1L;
    private static final long SECOND_MILLIS = 1_000;
    private static final long HEARTBEAT_MILLIS = 10_000;
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final long HOUR_SECONDS = 3_600;
    /** As for any other alert: what happened before is a backlog. */
    private static final Duration STILL_NEWS = Duration.ofHours(6);

    /** Older than a state that anyone trusts. */
    private static final long MOST_BEHIND_MILLIS = Duration.ofSeconds(30).toMillis();

    private static final long CAUGHT_UP_MILLIS = Duration.ofSeconds(5).toMillis();

    private transient @Nullable SpendForecaster forecaster;

    /** When this task first had a state to tell, 0 before. */
    private transient long startedMillis;

    /** When it last had usage that was booked long ago. */
    private transient long behindMillis;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<Budget> budgets;

    @SuppressWarnings("NullAway.Init") // by open
    private transient MapState<Long, PeriodSpend> periods;

    @SuppressWarnings("NullAway.Init") // by open
    private transient MapState<Long, BigDecimal> hours;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<byte[]> histories;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<BudgetOutlook> outlooks;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<Long> current;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ListState<Charge> ahead;

    @Override
    public void open(OpenContext context) {
        budgets = getRuntimeContext().getState(BUDGET);
        periods = getRuntimeContext().getMapState(PERIODS);
        hours = getRuntimeContext().getMapState(HOURS);
        histories = getRuntimeContext().getState(HISTORY);
        outlooks = getRuntimeContext().getState(OUTLOOK);
        current = getRuntimeContext().getState(CURRENT);
        ahead = getRuntimeContext().getListState(AHEAD);
    }

    @Override
    public void processElement1(Charge charge, Context context, Collector<Alert> out) throws Exception {
        long nowMillis = context.timerService().currentProcessingTime();
        if (nowMillis - charge.recordedAtMillis() > MOST_BEHIND_MILLIS) {
            behindMillis = nowMillis;
        }
        Budget budget = budgets.value();
        if (budget != null && countsFor(charge, budget)) {
            count(charge);
            tellSoon(context.timerService());
        } else if (budget == null || charge.definedMicros() > BudgetRules.definedMicros(budget)) {
            ahead.add(charge);
        }
        // Else an older definition found it, which counted something else.
    }

    private static boolean countsFor(Charge charge, Budget budget) {
        return charge.definedMicros() == BudgetRules.definedMicros(budget)
                || charge.counting().equals(BudgetRules.counting(budget));
    }

    private void count(Charge charge) throws Exception {
        PeriodSpend before = periods.get(charge.periodStartMillis());
        PeriodSpend spend = before == null ? PeriodSpend.NOTHING : before;
        periods.put(
                charge.periodStartMillis(),
                charge.single()
                        ? spend.orDearer(charge.amount(), charge.requests(), charge.recordedAtMillis())
                        : spend.plus(charge.amount(), charge.requests(), charge.recordedAtMillis()));
        if (!charge.single()) {
            long hour = Math.floorDiv(charge.eventTimeMillis(), HOUR_MILLIS);
            BigDecimal ofHour = hours.get(hour);
            hours.put(hour, ofHour == null ? charge.amount() : ofHour.add(charge.amount()));
        }
    }

    @Override
    public void processElement2(Budget budget, Context context, Collector<Alert> out) throws Exception {
        Budget known = budgets.value();
        if (known != null && budget.getRecordedAt().isBefore(known.getRecordedAt())) {
            return;
        }
        Instant now = Instant.ofEpochMilli(context.timerService().currentProcessingTime());
        if (known != null && !BudgetRules.counting(known).equals(BudgetRules.counting(budget))) {
            replace(known, now, out);
            if (!known.getDeleted() && !tenantOf(known).equals(tenantOf(budget))) {
                // Whose budget it was sees no more of it.
                Budget gone = Budget.newBuilder(known).setDeleted(true).build();
                Period period = Period.at(now, known.getPeriod(), ZoneId.of(known.getTimeZone()));
                context.output(STATE, BudgetWatch.state(gone, period, PeriodSpend.NOTHING, Optional.empty(), now));
            }
        } else if (known != null && !budget.getDeleted() && !sameLimits(known, budget)) {
            redefine(budget, now, out);
        }
        budgets.update(budget);
        countWhatWaited(budget);
        tellSoon(context.timerService());
    }

    private static String tenantOf(Budget budget) {
        return budget.getScope().getOrDefault("tenant", "");
    }

    /** What was said under a definition that counted something else ends with it. */
    private void replace(Budget known, Instant now, Collector<Alert> out) throws Exception {
        for (Map.Entry<Long, PeriodSpend> each : periods.entries()) {
            Period period =
                    Period.at(Instant.ofEpochMilli(each.getKey()), known.getPeriod(), ZoneId.of(known.getTimeZone()));
            BudgetWatch.replace(known, period, each.getValue(), now).steps().forEach(out::collect);
        }
        forget();
    }

    private static boolean sameLimits(Budget a, Budget b) {
        return a.getLimit().compareTo(b.getLimit()) == 0
                && BudgetRules.thresholds(a).equals(BudgetRules.thresholds(b));
    }

    private void redefine(Budget budget, Instant now, Collector<Alert> out) throws Exception {
        Period period = Period.at(now, budget.getPeriod(), ZoneId.of(budget.getTimeZone()));
        long start = period.start().toEpochMilli();
        PeriodSpend counted = periods.get(start);
        BudgetOutlook outlook = outlooks.value();
        // When the budget runs out has changed with its limit.
        outlooks.clear();
        for (Map.Entry<Long, PeriodSpend> each : periods.entries()) {
            if (each.getKey() < start) {
                Period ended = Period.at(
                        Instant.ofEpochMilli(each.getKey()), budget.getPeriod(), ZoneId.of(budget.getTimeZone()));
                each.setValue(each.getValue()
                        .withWhatWasToldOf(
                                BudgetWatch.redefineEnded(budget, withOpening(budget, ended, each.getValue()))));
            }
        }
        if (counted != null) {
            BudgetWatch.Judged judged = BudgetWatch.redefine(
                    budget,
                    period,
                    withOpening(budget, period, counted),
                    Optional.ofNullable(outlook).map(BudgetOutlook::total),
                    now);
            judged.steps().forEach(out::collect);
            periods.put(start, counted.withWhatWasToldOf(judged.spend()));
        }
    }

    private void countWhatWaited(Budget budget) throws Exception {
        List<Charge> waiting = new ArrayList<>();
        for (Charge charge : ahead.get()) {
            if (countsFor(charge, budget)) {
                count(charge);
            } else if (charge.definedMicros() > BudgetRules.definedMicros(budget)) {
                waiting.add(charge);
            }
        }
        ahead.update(waiting);
    }

    private static void tellSoon(TimerService timers) {
        long now = timers.currentProcessingTime();
        timers.registerProcessingTimeTimer((Math.floorDiv(now, SECOND_MILLIS) + 1) * SECOND_MILLIS);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Alert> out) throws Exception {
        Budget budget = budgets.value();
        if (budget == null) {
            // Its definition is on its way.
            return;
        }
        // While the job was down its timers waited: what they would have said then is no news now.
        long nowMillis = Math.max(timestamp, context.timerService().currentProcessingTime());
        Instant now = Instant.ofEpochMilli(nowMillis);
        Period period = Period.at(now, budget.getPeriod(), ZoneId.of(budget.getTimeZone()));
        endOthers(budget, period, now, out);
        if (budget.getDeleted()) {
            PeriodSpend last = periods.get(period.start().toEpochMilli());
            if (last != null) {
                BudgetWatch.end(budget, period, last, now).steps().forEach(out::collect);
            }
            context.output(
                    STATE,
                    BudgetWatch.state(
                            budget, period, last == null ? PeriodSpend.NOTHING : last, Optional.empty(), now));
            forget();
            return;
        }
        judgeBefore(budget, period, now, out);
        PeriodSpend stored = periods.get(period.start().toEpochMilli());
        PeriodSpend counted = stored == null ? PeriodSpend.NOTHING : stored;
        PeriodSpend spend = withOpening(budget, period, counted);
        Optional<BudgetOutlook> outlook = outlook(budget, period, spend, nowMillis);
        Optional<BudgetWatch.Outlook> known = outlook.map(BudgetOutlook::outlook);
        BudgetWatch.Judged judged = BudgetWatch.judge(
                budget, period, spend, outlook.filter(BudgetOutlook::settled).map(BudgetOutlook::outlook), now);
        judged.steps().forEach(out::collect);
        PeriodSpend next = counted.withWhatWasToldOf(judged.spend());
        if (!next.equals(stored)) {
            periods.put(period.start().toEpochMilli(), next);
        }
        if (isBehind(nowMillis)) {
            tellSoon(context.timerService());
            return;
        }
        context.output(STATE, BudgetWatch.state(budget, period, judged.spend(), known, now));
        context.timerService()
                .registerProcessingTimeTimer((Math.floorDiv(nowMillis, HEARTBEAT_MILLIS) + 1) * HEARTBEAT_MILLIS);
    }

    /**
     * Whether usage still waits that was booked while the job was down. A state that is told now would look fresh and be old: without
     * one the budget's own fail_open or fail_closed decides.
     */
    private boolean isBehind(long nowMillis) {
        if (startedMillis == 0) {
            startedMillis = nowMillis;
        }
        return nowMillis - Math.max(startedMillis, behindMillis) < CAUGHT_UP_MILLIS;
    }

    /** The last usage of a period comes after its end, and all that waited while the job was down; older is history. */
    private void judgeBefore(Budget budget, Period period, Instant now, Collector<Alert> out) throws Exception {
        if (now.isAfter(period.start().plus(STILL_NEWS))) {
            return;
        }
        Period before = Period.at(period.start().minusMillis(1), budget.getPeriod(), ZoneId.of(budget.getTimeZone()));
        PeriodSpend counted = periods.get(before.start().toEpochMilli());
        if (counted != null) {
            BudgetWatch.Judged judged =
                    BudgetWatch.judgeEnded(budget, before, withOpening(budget, before, counted), now);
            if (!judged.steps().isEmpty()) {
                judged.steps().forEach(out::collect);
                periods.put(before.start().toEpochMilli(), counted.withWhatWasToldOf(judged.spend()));
            }
        }
    }

    /** What was spent before the budget was there was summed from the ledger by whoever put it. */
    private static PeriodSpend withOpening(Budget budget, Period period, PeriodSpend counted) {
        Instant from = budget.getCountedFrom();
        BigDecimal opening = budget.getOpeningSpend();
        return from == null || opening == null || !period.contains(from) ? counted : counted.plus(opening, 0, 0);
    }

    /** When a period begins the one before ends; its sum is kept for another period, for what comes late. */
    private void endOthers(Budget budget, Period period, Instant now, Collector<Alert> out) throws Exception {
        Long newest = current.value();
        long start = period.start().toEpochMilli();
        if (newest != null && newest == start) {
            return;
        }
        current.update(start);
        outlooks.clear();
        Period before = Period.at(period.start().minusMillis(1), budget.getPeriod(), ZoneId.of(budget.getTimeZone()));
        List<Long> old = new ArrayList<>();
        for (Map.Entry<Long, PeriodSpend> each : periods.entries()) {
            long begin = each.getKey();
            if (begin >= start) {
                continue;
            }
            Period ended = new Period(Instant.ofEpochMilli(begin), period.start());
            BudgetWatch.Judged judged = BudgetWatch.end(budget, ended, each.getValue(), now);
            judged.steps().forEach(out::collect);
            if (begin < before.start().toEpochMilli()) {
                old.add(begin);
            } else if (!judged.steps().isEmpty()) {
                each.setValue(judged.spend());
            }
        }
        for (long begin : old) {
            periods.remove(begin);
        }
    }

    private Optional<BudgetOutlook> outlook(Budget budget, Period period, PeriodSpend spend, long nowMillis)
            throws Exception {
        if (budget.getPeriod() == BudgetPeriod.REQUEST) {
            return Optional.empty();
        }
        BudgetOutlook known = outlooks.value();
        boolean due = known == null
                ? !hours.isEmpty() || histories.value() != null
                : nowMillis - known.madeAtMillis() >= HOUR_MILLIS;
        if (!due) {
            return Optional.ofNullable(known);
        }
        byte[] bytes = histories.value();
        SpendHistory history = bytes == null ? new SpendHistory() : SpendHistory.fromBytes(bytes);
        for (Map.Entry<Long, BigDecimal> hour : hours.entries()) {
            history.add(hour.getKey() * HOUR_SECONDS, hour.getValue().doubleValue());
        }
        hours.clear();
        history.advance(nowMillis / 1_000);
        histories.update(history.toBytes());
        SpendForecaster with = forecaster;
        if (with == null) {
            with = new SpendForecaster();
            forecaster = with;
        }
        Instant now = Instant.ofEpochMilli(nowMillis);
        SpendOutlook outlook =
                with.outlook(history, now, period.end(), budget.getBudgetId().hashCode());
        PeriodForecast ahead = outlook.period(period.start(), period.end(), spend.spent());
        RunOut runOut = outlook.runOut(budget.getLimit().subtract(spend.spent()), period.end());
        BudgetOutlook made = new BudgetOutlook(
                nowMillis,
                outlook.confidence() == Confidence.SETTLED || outlook.confidence() == Confidence.SHORT_HISTORY,
                ahead.expected(),
                ahead.low95(),
                ahead.high95(),
                millis(runOut.expected()),
                millis(runOut.earliest95()),
                millis(runOut.latest95()));
        outlooks.update(made);
        return Optional.of(made);
    }

    private static long millis(Optional<Instant> moment) {
        return moment.map(Instant::toEpochMilli).orElse(BudgetOutlook.NEVER);
    }

    private void forget() {
        periods.clear();
        hours.clear();
        histories.clear();
        outlooks.clear();
        current.clear();
    }
}
