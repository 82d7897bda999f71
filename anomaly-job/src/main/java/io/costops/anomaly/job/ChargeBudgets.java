package io.costops.anomaly.job;

import io.costops.anomaly.budget.BudgetRules;
import io.costops.anomaly.budget.Period;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.budget.BudgetScope;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReadOnlyBroadcastState;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.co.BroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Finds the budgets that an entry counts for. */
final class ChargeBudgets extends BroadcastProcessFunction<Usage, Budget, Charge> implements CheckpointedFunction {
    static final MapStateDescriptor<String, Budget> BUDGETS =
            new MapStateDescriptor<>("budgets", Types.STRING, StreamTypes.BUDGET);

    private static final long serialVersionUID = 1L;

    private final BudgetLoader loader;

    /** The budgets by the tenant that they are for, "" for those of all; null: to be made again. */
    private transient @Nullable Map<String, List<Held>> held;

    ChargeBudgets(BudgetLoader loader) {
        this.loader = loader;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        BroadcastState<String, Budget> budgets = context.getOperatorStateStore().getBroadcastState(BUDGETS);
        // After a restore too: usage that waited while the job was down counts for the budgets that were put meanwhile.
        for (Budget budget : loader.load()) {
            put(budget, budgets);
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {}

    @Override
    public void processBroadcastElement(Budget budget, Context context, Collector<Charge> out) throws Exception {
        put(budget, context.getBroadcastState(BUDGETS));
        held = null;
    }

    /** The stream begins before what was loaded: what is older than what is known is no news. */
    private static void put(Budget budget, BroadcastState<String, Budget> budgets) throws Exception {
        Budget known = budgets.get(budget.getBudgetId());
        if (known == null || !budget.getRecordedAt().isBefore(known.getRecordedAt())) {
            budgets.put(budget.getBudgetId(), budget);
        }
    }

    @Override
    public void processElement(Usage usage, ReadOnlyContext context, Collector<Charge> out) throws Exception {
        if (!usage.billed()) {
            return;
        }
        Map<String, List<Held>> by = held;
        if (by == null) {
            by = arrange(context.getBroadcastState(BUDGETS));
            held = by;
        }
        charge(usage, by.getOrDefault(usage.place().tenant(), List.of()), out);
        if (!usage.place().tenant().isEmpty()) {
            charge(usage, by.getOrDefault("", List.of()), out);
        }
    }

    private static void charge(Usage usage, List<Held> budgets, Collector<Charge> out) {
        for (Held budget : budgets) {
            if (budget.counts(usage)) {
                out.collect(new Charge(
                        budget.id,
                        budget.counting,
                        budget.definedMicros,
                        budget.period == BudgetPeriod.REQUEST,
                        budget.periodOf(usage.eventTimeMillis()).start().toEpochMilli(),
                        usage.eventTimeMillis(),
                        usage.recordedAtMillis(),
                        usage.billedCost(),
                        usage.sums().requests() + usage.sums().correctedRequests()));
            }
        }
    }

    private static Map<String, List<Held>> arrange(ReadOnlyBroadcastState<String, Budget> budgets) throws Exception {
        Map<String, List<Held>> by = new HashMap<>();
        for (Map.Entry<String, Budget> each : budgets.immutableEntries()) {
            Budget budget = each.getValue();
            if (!budget.getDeleted()) {
                by.computeIfAbsent(budget.getScope().getOrDefault("tenant", ""), unseen -> new ArrayList<>())
                        .add(new Held(budget));
            }
        }
        return by;
    }

    /** A budget made ready for comparing. */
    private static final class Held {
        private final String id;
        private final String counting;
        private final long definedMicros;
        private final String currency;
        private final BudgetPeriod period;
        private final ZoneId zone;
        private final BudgetScope scope;
        private final long countedFromMillis;
        private Period newest;

        Held(Budget budget) {
            this.id = budget.getBudgetId();
            this.counting = BudgetRules.counting(budget);
            this.definedMicros = BudgetRules.definedMicros(budget);
            this.currency = budget.getCurrency();
            this.period = budget.getPeriod();
            this.zone = ZoneId.of(budget.getTimeZone());
            this.scope = new BudgetScope(budget.getScope());
            this.countedFromMillis = budget.getCountedFrom() == null
                    ? Long.MIN_VALUE
                    : budget.getCountedFrom().toEpochMilli();
            this.newest = Period.at(Instant.EPOCH, period, zone);
        }

        boolean counts(Usage usage) {
            return usage.recordedAtMillis() >= countedFromMillis
                    && currency.equals(usage.place().currency())
                    && (period != BudgetPeriod.REQUEST || usage.single())
                    && scope.covers(usage.scope(), usage.tags());
        }

        /** Mostly the one that was asked for last. */
        Period periodOf(long millis) {
            Instant moment = Instant.ofEpochMilli(millis);
            if (!newest.contains(moment)) {
                newest = Period.at(moment, period, zone);
            }
            return newest;
        }
    }
}
