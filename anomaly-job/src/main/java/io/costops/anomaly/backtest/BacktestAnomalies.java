package io.costops.anomaly.backtest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@code backtest anomalies --format series|spend IN OUT}. */
public final class BacktestAnomalies {
    static final String USAGE = "backtest anomalies --format series|spend IN OUT";

    private BacktestAnomalies() {}

    /**
     * Runs the command.
     *
     * @return one line that says what was done
     * @throws BacktestException with one line that says what is wrong and how to mend it
     */
    public static String run(String... args) {
        String format = "series";
        List<String> paths = new ArrayList<>();
        List<String> rest = new ArrayList<>(Arrays.asList(args));
        while (!rest.isEmpty()) {
            String arg = rest.remove(0);
            if (arg.equals("--format")) {
                if (rest.isEmpty()) {
                    throw new BacktestException("--format needs a value: " + USAGE);
                }
                format = rest.remove(0);
            } else if (arg.startsWith("--format=")) {
                format = arg.substring("--format=".length());
            } else if (arg.startsWith("--")) {
                throw new BacktestException("unknown option " + arg + ": " + USAGE);
            } else {
                paths.add(arg);
            }
        }
        if (paths.size() != 2) {
            throw new BacktestException("give one input and one output: " + USAGE);
        }
        Path input = Path.of(paths.get(0));
        Path output = Path.of(paths.get(1));
        if (!Files.exists(input)) {
            throw new BacktestException(input + " doesn't exist");
        }
        return switch (format) {
            case "series" -> SeriesBacktest.run(input, output);
            case "spend" -> SpendBacktest.run(input, output);
            default -> throw new BacktestException("--format must be series or spend, but is " + format);
        };
    }
}
