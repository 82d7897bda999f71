package io.costops.anomaly.job;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Coverage;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.WatchOptions;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import java.time.Duration;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.util.OutputTag;

/**
 * How ledger entries become alerts, budgets' states and forecasts: added up by place and window, judged by tenant; charged to budgets;
 * forecast by series. What is found goes over one desk, where people's wishes are heard.
 */
public final class AnomalyTopology {

    private static final OutputTag<Usage> LATE = new OutputTag<>("late", StreamTypes.USAGE);
    private static final TypeInformation<TenantKey> TENANT_KEY =
            Types.POJO(TenantKey.class, Map.of("tenant", Types.STRING, "currency", Types.STRING));

    private AnomalyTopology() {}

    /** What the job reads. */
    public record Sources(
            Source<LedgerEntry, ?, ?> priced, Source<Budget, ?, ?> budgets, Source<AlertControl, ?, ?> controls) {}

    /** Where it writes. */
    public record Sinks(Sink<Alert> alerts, Sink<BudgetState> budgetStates, Sink<Forecast> forecasts) {}

    /** What the steps work with. */
    public record Settings(
            WallClock clock,
            BudgetLoader budgets,
            WatchOptions watch,
            Duration outOfOrder,
            Duration idleness,
            Duration allowedLateness,
            Duration backlog) {

        public static Settings of(AnomalyOptions options, WallClock clock, BudgetLoader budgets) {
            return new Settings(
                    clock,
                    budgets,
                    new WatchOptions(
                            options.window(),
                            options.coldStart(),
                            options.coldStartCapAmount().orElse(null),
                            options.minimumImpactAmount(),
                            options.minimumImpactPercent()),
                    options.outOfOrder(),
                    options.idleness(),
                    options.allowedLateness(),
                    options.backlog());
        }
    }

    public static void topology(StreamExecutionEnvironment env, Sources in, Sinks out, Settings settings) {
        env.configure(rules());
        Duration window = settings.watch().window();

        SingleOutputStreamOperator<Usage> usage = env.fromSource(
                        in.priced(), time(settings), "Priced usage", new AvroTypeInfo<>(LedgerEntry.class))
                .uid("priced-usage")
                .map(new ReadUsage(settings.allowedLateness()))
                .returns(StreamTypes.USAGE)
                .name("Read usage")
                .uid("read-usage");

        SingleOutputStreamOperator<Cell> cells = usage.keyBy(Usage::place, StreamTypes.PLACE)
                .window(TumblingEventTimeWindows.of(window))
                .sideOutputLateData(LATE)
                .aggregate(new AddUp(), new ToCell(), StreamTypes.SUMS, StreamTypes.SUMS, StreamTypes.CELL)
                .name("Add up by place and window")
                .uid("cells");
        long windowMillis = window.toMillis();
        DataStream<Cell> late = cells.getSideOutput(LATE)
                .map(each -> new Cell(
                        each.place(), Math.floorDiv(each.timeMillis(), windowMillis) * windowMillis, true, each.sums()))
                .returns(StreamTypes.CELL)
                .name("Late usage")
                .uid("late-usage");

        DataStream<Cell> ofAll = cells.map(AnomalyTopology::ofAll)
                .returns(StreamTypes.CELL)
                .name("Of all tenants")
                .uid("of-all")
                .keyBy(Cell::place, StreamTypes.PLACE)
                .window(TumblingEventTimeWindows.of(window))
                .reduce((a, b) -> new Cell(
                        a.place(), a.windowStartMillis(), false, a.sums().plus(b.sums())))
                .name("Add up by tenant, model and window")
                .uid("cells-of-all")
                .union(late.map(AnomalyTopology::ofAll)
                        .returns(StreamTypes.CELL)
                        .name("Late usage of all tenants")
                        .uid("late-of-all"));

        DataStream<Budget> budgets = book(env, in.budgets(), Budget.class, "Budgets", "budgets");
        DataStream<AlertControl> controls =
                book(env, in.controls(), AlertControl.class, "Alert controls", "alert-controls");

        SingleOutputStreamOperator<Alert> anomalies = cells.union(late)
                .keyBy(cell -> new TenantKey(cell.place().tenant(), cell.place().currency()), TENANT_KEY)
                .connect(controls.broadcast(WatchTenant.ACCEPTED))
                .process(new WatchTenant(Coverage.TENANT, settings.watch()), StreamTypes.ALERT)
                .name("Watch tenants")
                .uid("watch-tenants");
        SingleOutputStreamOperator<Alert> together = ofAll.keyBy(
                        cell -> new TenantKey("", cell.place().currency()), TENANT_KEY)
                .connect(controls.broadcast(WatchTenant.ACCEPTED))
                .process(new WatchTenant(Coverage.ALL_TENANTS, settings.watch()), StreamTypes.ALERT)
                .name("Watch all tenants together")
                .uid("watch-all");

        SingleOutputStreamOperator<Alert> unpriced = usage.filter(WatchUnpriced::concerns)
                .name("Without a price")
                .uid("without-a-price")
                .connect(cells)
                .keyBy(
                        each -> WatchUnpriced.keyOf(each.place()),
                        each -> WatchUnpriced.keyOf(each.place()),
                        StreamTypes.PLACE)
                .process(new WatchUnpriced(), StreamTypes.ALERT)
                .name("Watch unpriced usage")
                .uid("watch-unpriced");

        SingleOutputStreamOperator<Alert> spending = usage.connect(budgets.broadcast(ChargeBudgets.BUDGETS))
                .process(new ChargeBudgets(settings.budgets()), StreamTypes.CHARGE)
                .name("Charge budgets")
                .uid("charge-budgets")
                .connect(budgets)
                .keyBy(Charge::budgetId, Budget::getBudgetId, Types.STRING)
                .process(new KeepBudget(), StreamTypes.ALERT)
                .name("Keep budgets")
                .uid("keep-budgets");
        spending.getSideOutput(KeepBudget.STATE)
                .sinkTo(out.budgetStates())
                .name("Budget state")
                .uid("budget-state");

        cells.union(late)
                .flatMap(SpendPoint::of)
                .returns(StreamTypes.SPEND_POINT)
                .name("Spend by series")
                .uid("spend-by-series")
                .union(ofAll.flatMap(SpendPoint::ofAll)
                        .returns(StreamTypes.SPEND_POINT)
                        .name("Spend of all tenants")
                        .uid("spend-of-all"))
                .keyBy(SpendPoint::series, StreamTypes.SPEND_SERIES)
                .process(new ForecastSpend(), StreamTypes.FORECAST)
                .name("Forecast spend")
                .uid("forecast-spend")
                .sinkTo(out.forecasts())
                .name("Forecasts")
                .uid("forecasts");

        anomalies
                .union(together, unpriced, spending)
                .keyBy(alert -> alert.getTenant() == null ? "" : alert.getTenant(), Types.STRING)
                .connect(controls.broadcast(AlertDesk.CONTROLS))
                .process(new AlertDesk(settings.backlog()), StreamTypes.ALERT)
                .name("Alert desk")
                .uid("alert-desk")
                .sinkTo(out.alerts())
                .name("Alerts")
                .uid("alerts");
    }

    /** What all tenants use is looked at by tenant and model: few sums reach the one key. */
    private static Cell ofAll(Cell cell) {
        Place place = cell.place();
        return new Cell(
                new Place(place.tenant(), place.currency(), "", place.model(), ""),
                cell.windowStartMillis(),
                cell.late(),
                cell.sums());
    }

    /** One task reads a book: it is small, and must be read in order. */
    private static <T extends SpecificRecordBase> DataStream<T> book(
            StreamExecutionEnvironment env, Source<T, ?, ?> source, Class<T> type, String name, String uid) {
        return env.fromSource(
                        source,
                        WatermarkStrategy.<T>forGenerator(context -> new NoTime<>()),
                        name,
                        new AvroTypeInfo<>(type))
                .setParallelism(1)
                .uid(uid);
    }

    /** Books have no time of their own and hold nobody up. */
    private static final class NoTime<T> implements WatermarkGenerator<T> {
        @Override
        public void onEvent(T event, long timestampMillis, WatermarkOutput output) {}

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            output.markIdle();
        }
    }

    private static WatermarkStrategy<LedgerEntry> time(Settings settings) {
        LiveEdge.Settings edge = new LiveEdge.Settings(settings.clock(), settings.outOfOrder(), settings.idleness());
        return WatermarkStrategy.<LedgerEntry>forGenerator(context -> edge.generator())
                .withTimestampAssigner((entry, recordMillis) -> ReadUsage.timeMillis(entry));
    }

    private static Configuration rules() {
        Configuration rules = new Configuration();
        // A missing uid or a type that would fall back to Kryo fails when the graph is built.
        rules.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        rules.set(PipelineOptions.GENERIC_TYPES, false);
        // No step changes what it was given, so records need not be copied between chained steps.
        rules.set(PipelineOptions.OBJECT_REUSE, true);
        return rules;
    }
}
