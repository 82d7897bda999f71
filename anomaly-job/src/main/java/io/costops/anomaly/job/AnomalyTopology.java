package io.costops.anomaly.job;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.WatchOptions;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.LedgerEntry;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;

/** How ledger entries become alerts: added up by place and window, judged by tenant, told by the desk. */
public final class AnomalyTopology {

    private AnomalyTopology() {}

    /** What the job reads. */
    public record Sources(Source<LedgerEntry, ?, ?> priced) {}

    /** Where it writes. */
    public record Sinks(Sink<Alert> alerts) {}

    /** What the steps work with. */
    public record Settings(
            WallClock clock,
            WatchOptions watch,
            Duration outOfOrder,
            Duration idleness,
            Duration allowedLateness,
            Duration backlog) {

        public static Settings of(AnomalyOptions options, WallClock clock) {
            return new Settings(
                    clock,
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
                .aggregate(new AddUp(), new ToCell(), StreamTypes.SUMS, StreamTypes.SUMS, StreamTypes.CELL)
                .name("Add up by place and window")
                .uid("cells");
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

        unpriced.keyBy(alert -> alert.getTenant() == null ? "" : alert.getTenant(), Types.STRING)
                .process(new AlertDesk(settings.clock(), settings.backlog()), StreamTypes.ALERT)
                .name("Alert desk")
                .uid("alert-desk")
                .sinkTo(out.alerts())
                .name("Alerts")
                .uid("alerts");
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
