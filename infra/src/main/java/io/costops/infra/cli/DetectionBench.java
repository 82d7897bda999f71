package io.costops.infra.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.anomaly.backtest.DetectionScore;
import io.costops.infra.bench.DetectionSpeed;
import io.costops.infra.bench.Machine;
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
            names = "--iteration",
            paramLabel = "TIME",
            defaultValue = "PT1S",
            description = "Length of each of the eight iterations of the speed (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration iteration;

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
        List<DetectionSpeed.Figure> figures = DetectionSpeed.run(iteration);
        document.putPOJO("speed", figures);
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
        Bench.print(speed, machine, out);
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
