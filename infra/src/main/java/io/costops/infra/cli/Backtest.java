package io.costops.infra.cli;

import io.costops.anomaly.backtest.BacktestAnomalies;
import io.costops.anomaly.backtest.BacktestForecast;
import io.costops.anomaly.forecast.Frequency;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the detectors and forecasters of the platform over files of one's own history. */
@Command(
        name = "backtest",
        description =
                "Runs the very detectors and forecasters of the platform over a file of one's own history. Needs no platform.",
        mixinStandardHelpOptions = true,
        subcommands = {Backtest.Anomalies.class, Backtest.Forecast.class},
        synopsisSubcommandLabel = "COMMAND")
final class Backtest implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    @Command(
            name = "anomalies",
            description = {
                "Says where the platform would have alerted.",
                "--format series: timestamp,value rows; OUT has the same rows with anomaly_score (0 to 1) and alert (0 or 1). A folder of"
                        + " such files in, a folder out.",
                "--format spend: t,key,requests,errors,tokens,cost rows, a bucket of one key each (t in seconds since 1970, ascending"
                        + " within a key; a bucket without traffic may be absent); OUT has t,key,score,what, one row for each"
                        + " incident opened."
            },
            mixinStandardHelpOptions = true)
    static final class Anomalies implements Runnable {
        @Option(
                names = "--format",
                defaultValue = "series",
                paramLabel = "series|spend",
                description = "What the rows are; series unless given.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private BacktestAnomalies.Format format;

        @Parameters(index = "0", paramLabel = "IN", description = "The history.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path input;

        @Parameters(index = "1", paramLabel = "OUT", description = "Where the result goes; overwritten.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path output;

        @Option(
                names = "--chart",
                paramLabel = "FILE|FOLDER",
                description =
                        "Draw the series with its alerts: the first 12 into a file that ends in .svg or .png, or each into an"
                                + " SVG of its own in a folder. Of spend, the keys that had incidents.")
        private @Nullable Path chart;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            spec.commandLine().getOut().println(BacktestAnomalies.run(format, input, output, chart));
        }
    }

    @Command(
            name = "forecast",
            description = {
                "Forecasts each series of a file.",
                "IN holds a series a line, id,v1,v2,… oldest first, empty or NaN where a value is missing; OUT gets id,F1,…,FH for"
                        + " each. A header line stays one. Intervals are as wide as back-tests over all series of the file say."
            },
            mixinStandardHelpOptions = true)
    static final class Forecast implements Runnable {
        @Option(
                names = "--frequency",
                required = true,
                paramLabel = "hourly|daily|weekly",
                description = "How far apart the values are.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Frequency frequency;

        @Option(names = "--horizon", required = true, paramLabel = "H", description = "How many values ahead.")
        private int horizon;

        @Option(names = "--total", description = "One number for each series: the sum over the horizon.")
        private boolean total;

        @Parameters(index = "0", paramLabel = "IN.csv", description = "The history.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path input;

        @Parameters(index = "1", paramLabel = "OUT.csv", description = "Where the forecasts go; overwritten.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path output;

        @Option(names = "--lower", paramLabel = "L.csv", description = "Where the lower ends of the intervals go.")
        private @Nullable Path lower;

        @Option(names = "--upper", paramLabel = "U.csv", description = "Where the upper ends of the intervals go.")
        private @Nullable Path upper;

        @Option(
                names = "--level",
                defaultValue = "95",
                paramLabel = "PERCENT",
                description = "How many percent of what comes an interval is to cover; 95 unless given.")
        private double level;

        @Option(
                names = "--chart",
                paramLabel = "FILE|FOLDER",
                description =
                        "Draw the series with forecast and intervals of 80 and 95 %%: the first 12 into a file that ends in .svg or"
                                + " .png, or each into an SVG of its own in a folder.")
        private @Nullable Path chart;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            spec.commandLine()
                    .getOut()
                    .println(BacktestForecast.run(new BacktestForecast.Task(
                            frequency, horizon, total, input, output, lower, upper, level, chart)));
        }
    }
}
