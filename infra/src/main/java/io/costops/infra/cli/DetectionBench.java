package io.costops.infra.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.anomaly.backtest.DetectionScore;
import io.costops.anomaly.backtest.SampleSeries;
import io.costops.infra.bench.DetectionSpeed;
import io.costops.infra.bench.Machine;
import io.costops.infra.bench.SeriesMemory;
import io.costops.infra.text.TextTable;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How well and how fast anomalies are found. */
@Command(
        name = "detection",
        description = {
            "Scores the detector on labelled spend, and measures its speed and state.",
            "A FOLDER holds series.csv (t,key,requests,errors,tokens,cost) and labels.csv (key,kind,start,end,benign)."
        },
        mixinStandardHelpOptions = true)
final class DetectionBench implements Runnable {
    @Parameters(
            arity = "0..*",
            paramLabel = "FOLDER",
            description = "Labelled spend; without any only the speed is measured.")
    private List<Path> folders = List.of();

    @Option(
            names = "--samples",
            paramLabel = "SEED",
            split = ",",
            description =
                    "Also score the detector of plain series on 58 made ones of each seed, by the rule of the Numenta Anomaly"
                            + " Benchmark.")
    private List<Long> samples = List.of();

    @Option(
            names = "--iteration",
            paramLabel = "TIME",
            defaultValue = "PT1S",
            description = "Length of each of the eight iterations of the speed (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration iteration;

    @Option(
            names = "--series",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Also run the whole job over so many series on one task slot, on each state backend, and tell what"
                            + " memory it needed; 100000 take some minutes.")
    private int series;

    @Option(
            names = "--tenants",
            paramLabel = "N",
            defaultValue = "250",
            description = "Tenants that the series belong to (default: ${DEFAULT-VALUE}).")
    private int tenants;

    @Option(
            names = "--windows",
            paramLabel = "N",
            defaultValue = "5",
            description = "Windows of a minute that the series are fed (default: ${DEFAULT-VALUE}).")
    private int windows;

    @Option(names = "--json", description = "Print the figures as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        Machine machine = Machine.here();
        ObjectNode document = Bench.document("detection", machine);
        ArrayNode scores = document.putArray("scores");
        for (Path folder : folders) {
            DetectionScore.Result result = DetectionScore.of(folder);
            scores.addPOJO(result);
            if (!json) {
                print(folder, result, out);
            }
        }
        ArrayNode ofSamples = document.putArray("samples");
        for (long seed : samples) {
            List<SampleSeries.OfKind> kinds = SampleSeries.score(SampleSeries.of(seed));
            ofSamples.addObject().put("seed", seed).putPOJO("kinds", kinds);
            if (!json) {
                print(seed, kinds, out);
            }
        }
        List<DetectionSpeed.Figure> figures = DetectionSpeed.run(iteration);
        document.putPOJO("speed", figures);
        List<SeriesMemory.Figure> memory = series > 0 ? SeriesMemory.run(series, tenants, windows) : List.of();
        document.putPOJO("memory", memory);
        if (json) {
            out.println(document);
            return;
        }
        TextTable speed = new TextTable("detector", "ns a point", "+-", "bytes of state");
        for (DetectionSpeed.Figure figure : figures) {
            speed.row(
                    figure.detector(),
                    rounded(figure.nanosPerPoint(), 0),
                    rounded(figure.errorNanos(), 0),
                    figure.stateBytes());
        }
        speed.lines().forEach(out::println);
        out.println();
        TextTable slot = new TextTable(
                "state backend", "series", "s a window", "live heap MiB", "peak resident MiB", "checkpoints MiB");
        for (SeriesMemory.Figure figure : memory) {
            slot.row(
                    figure.backend(),
                    figure.series(),
                    rounded(figure.secondsPerWindow(), 1),
                    figure.liveHeapMib(),
                    figure.peakResidentMib(),
                    figure.checkpointMib());
        }
        if (!memory.isEmpty()) {
            slot.lines().forEach(out::println);
            out.println();
        }
        out.println(machine);
    }

    private static void print(long seed, List<SampleSeries.OfKind> kinds, PrintWriter out) {
        out.println("made series, seed " + seed);
        TextTable table =
                new TextTable("kind", "series", "windows", "found", "false alarms", "standard", "low false alarms");
        for (SampleSeries.OfKind kind : kinds) {
            table.row(
                    kind.kind(),
                    kind.samples(),
                    kind.windows(),
                    kind.found(),
                    kind.falseAlarms(),
                    rounded(kind.standard(), 1),
                    rounded(kind.lowFalseAlarms(), 1));
        }
        table.lines().forEach(out::println);
        out.println();
    }

    private static void print(Path folder, DetectionScore.Result result, PrintWriter out) {
        out.printf(
                "%s: %,d buckets of %d keys in %s s%n",
                folder, result.rows(), result.keys(), rounded(result.secondsTaken(), 1));
        out.printf(
                "precision %s, recall %s, F1 %s, false alarms per key and week %s (%d), at benign events %d%n",
                rounded(result.precision(), 3),
                rounded(result.recall(), 3),
                rounded(result.f1(), 3),
                rounded(result.falseAlarmsPerKeyWeek(), 4),
                result.falseAlarms(),
                result.benignAlarms());
        TextTable table = new TextTable("kind", "planted", "found", "median delay, minutes");
        for (DetectionScore.OfKind kind : result.kinds()) {
            table.row(kind.kind(), kind.labels(), kind.found(), rounded(kind.delayMedianMinutes(), 0));
        }
        table.lines().forEach(out::println);
        out.println();
    }

    /** Null, shown as a dash, where there is no number. */
    static @Nullable BigDecimal rounded(double value, int decimals) {
        return Double.isFinite(value) ? BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_EVEN) : null;
    }
}
