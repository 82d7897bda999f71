package io.costops.anomaly.backtest;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code backtest anomalies --format series|spend IN OUT [--chart FILE|FOLDER]}. */
public final class BacktestAnomalies {
    /** What the rows of a file are. */
    public enum Format {
        /** {@code timestamp,value}; also a folder of such files. */
        SERIES,
        /** {@code t,key,requests,errors,tokens,cost}. */
        SPEND
    }

    private BacktestAnomalies() {}

    /**
     * Runs the command.
     *
     * @param chart a name that ends in .svg or .png, or a folder; null draws nothing
     * @return one line that says what was done
     * @throws BacktestException with one line that says what is wrong and how to mend it
     */
    public static String run(Format format, Path input, Path output, @Nullable Path chart) {
        if (!Files.exists(input)) {
            throw new BacktestException(input + " doesn't exist");
        }
        Pictures pictures = new Pictures(chart);
        String done = switch (format) {
            case SERIES -> SeriesBacktest.run(input, output, pictures);
            case SPEND -> SpendBacktest.run(input, output, pictures);
        };
        return done + pictures.finish();
    }
}
