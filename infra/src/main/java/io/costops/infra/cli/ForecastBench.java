package io.costops.infra.cli;

import static io.costops.infra.cli.DetectionBench.rounded;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.anomaly.backtest.ForecastScore;
import io.costops.anomaly.forecast.Frequency;
import io.costops.infra.bench.Machine;
import io.costops.infra.text.TextTable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How good forecasts are, and what they take. */
@Command(
        name = "forecast",
        description = {
            "Scores the forecasts on series of the M4 competition, in its measures.",
            "FOLDER holds Hourly-train*.csv, Hourly-test*.csv, Weekly-train*.csv and Weekly-test*.csv (id,v1,v2,…)."
        },
        mixinStandardHelpOptions = true)
final class ForecastBench implements Runnable {
    @Parameters(paramLabel = "FOLDER", description = "The series.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path folder;

    @Option(names = "--json", description = "Print the figures as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        Machine machine = Machine.here();
        ObjectNode document = Bench.document("forecast", machine);
        TextTable table = new TextTable(
                "series", "count", "horizon", "sMAPE", "MASE", "OWA", "MSIS", "in 95 %", "in 80 %", "ms a series");
        for (Frequency frequency : List.of(Frequency.HOURLY, Frequency.WEEKLY)) {
            ForecastScore.Steps steps = ForecastScore.steps(folder, frequency);
            String name = frequency.name().toLowerCase(Locale.ROOT);
            document.putPOJO(name, steps);
            table.row(
                    name,
                    steps.series(),
                    steps.horizon(),
                    rounded(steps.smape(), 3),
                    rounded(steps.mase(), 3),
                    rounded(steps.owa(), 4),
                    rounded(steps.msis(), 2),
                    rounded(steps.covered95(), 3),
                    rounded(steps.covered80(), 3),
                    rounded(steps.millisPerSeries(), 1));
        }
        ForecastScore.Totals totals = ForecastScore.totals(folder);
        document.putPOJO("total_14_days", totals);
        if (json) {
            out.println(document);
            return;
        }
        Bench.print(table, machine, out);
        out.printf(
                "total of 14 days, %d hourly series: median error %s %%, mean error %s %%, in 95 %% %s, in 80 %% %s%n",
                totals.series(),
                rounded(totals.medianPercent(), 2),
                rounded(totals.meanPercent(), 2),
                rounded(totals.covered95(), 3),
                rounded(totals.covered80(), 3));
    }
}
