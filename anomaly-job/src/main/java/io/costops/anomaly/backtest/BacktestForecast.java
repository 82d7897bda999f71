package io.costops.anomaly.backtest;

import io.costops.anomaly.chart.Panel;
import io.costops.anomaly.forecast.Frequency;
import io.costops.anomaly.forecast.IntervalCalibration;
import io.costops.anomaly.forecast.SeriesForecast;
import io.costops.anomaly.forecast.SeriesForecast.Interval;
import io.costops.anomaly.forecast.SeriesForecaster;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code backtest forecast}: {@code id,v1,v2,…} a line to {@code id,F1,…,FH} a line, and the ends of the intervals to files of the same
 * form. A header stays a header.
 */
public final class BacktestForecast {
    /** Series whose backtests tell how wide intervals must be; more wouldn't say more. */
    private static final int MOST_POOLED = 2_000;

    private static final int CHUNK = 64;
    private static final int DRAWN_CYCLES = 4;

    /**
     * What to forecast.
     *
     * @param total one sum over the horizon for each series instead of its steps
     * @param lower where the lower ends of the intervals go, null for nowhere; {@code upper} likewise
     * @param level percent that an interval covers
     * @param chart a name that ends in .svg or .png, or a folder; null draws nothing
     */
    public record Task(
            Frequency frequency,
            int horizon,
            boolean total,
            Path input,
            Path output,
            @Nullable Path lower,
            @Nullable Path upper,
            double level,
            @Nullable Path chart) {
        public Task {
            if (horizon < 1 || horizon > 10_000) {
                throw new BacktestException("--horizon must be from 1 to 10000, but is " + horizon);
            }
            if (!(level > 0 && level < 100)) {
                throw new BacktestException("--level must be a percentage between 0 and 100, but is " + level);
            }
        }
    }

    /** One line of the input. */
    static final class Row {
        private final String id;
        private final double[] values;

        Row(String id, double[] values) {
            this.id = id;
            this.values = values;
        }

        String id() {
            return id;
        }

        double[] values() {
            return values;
        }
    }

    private record Forecast(String id, SeriesForecast forecast) {}

    private BacktestForecast() {}

    /**
     * Runs the command.
     *
     * @return one line that says what was done
     * @throws BacktestException with one line that says what is wrong and how to mend it
     */
    public static String run(Task task) {
        if (!Files.exists(task.input)) {
            throw new BacktestException(task.input + " doesn't exist");
        }
        if (Files.isDirectory(task.input)) {
            throw new BacktestException(task.input + " is a folder: give one file that holds a series a line");
        }
        SeriesForecaster forecaster = new SeriesForecaster(task.frequency);
        Pictures pictures = new Pictures(task.chart);
        List<Forecast> forecasts = new ArrayList<>();
        List<Row> drawn = new ArrayList<>();
        List<SeriesForecast> pooled = new ArrayList<>();
        boolean header;
        int shortOnes = 0;
        try (SeriesLines lines = new SeriesLines(task.input)) {
            for (List<Row> chunk = lines.next(CHUNK); !chunk.isEmpty(); chunk = lines.next(CHUNK)) {
                List<Forecast> done = chunk.parallelStream()
                        .map(row -> new Forecast(row.id, forecaster.forecast(row.values, task.horizon)))
                        .toList();
                for (int i = 0; i < chunk.size(); i++) {
                    SeriesForecast forecast = done.get(i).forecast;
                    shortOnes += forecast.isShortHistory() ? 1 : 0;
                    if (pooled.size() < MOST_POOLED) {
                        pooled.add(forecast);
                        forecasts.add(done.get(i));
                    } else {
                        forecasts.add(new Forecast(done.get(i).id, forecast.withoutBacktests()));
                    }
                    if (task.chart != null && drawn.size() < Pictures.MOST_PICTURES) {
                        drawn.add(chunk.get(i));
                    }
                }
            }
            header = lines.hasHeader();
        }
        if (forecasts.isEmpty()) {
            throw new BacktestException(task.input + " holds no series: each line must be id,v1,v2,…");
        }
        IntervalCalibration calibration = IntervalCalibration.pooled(task.frequency, pooled);
        write(task, task.output, header, forecasts, null, null);
        if (task.lower != null) {
            write(task, task.lower, header, forecasts, calibration, true);
        }
        if (task.upper != null) {
            write(task, task.upper, header, forecasts, calibration, false);
        }
        for (int i = 0; i < drawn.size() && pictures.wanted(); i++) {
            pictures.add(drawn.get(i).id, panel(task, drawn.get(i), forecasts.get(i).forecast, calibration));
        }
        return String.format(
                Locale.ROOT,
                "%,d series, %s %d values ahead%s: %s%s",
                forecasts.size(),
                task.total ? "the total" : "each",
                task.horizon,
                shortOnes == 0 ? "" : ", " + shortOnes + " of them with too short a history to test a model on",
                task.output,
                pictures.finish());
    }

    private static void write(
            Task task,
            Path file,
            boolean header,
            List<Forecast> forecasts,
            @Nullable IntervalCalibration calibration,
            @Nullable Boolean low) {
        try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            int columns = task.total ? 1 : task.horizon;
            StringBuilder line = new StringBuilder();
            if (header) {
                line.append("id");
                for (int i = 1; i <= columns; i++) {
                    line.append(",F").append(i);
                }
                out.append(line).append('\n');
            }
            for (Forecast row : forecasts) {
                line.setLength(0);
                line.append(CsvTable.quoted(row.id));
                double[] point = row.forecast.point();
                for (int i = 0; i < columns; i++) {
                    double value;
                    if (calibration == null || low == null) {
                        value = task.total ? row.forecast.total() : point[i];
                    } else {
                        Interval interval = task.total
                                ? row.forecast.totalInterval(task.level, calibration)
                                : row.forecast.interval(i, task.level, calibration);
                        value = low ? interval.low() : interval.high();
                    }
                    line.append(',').append(shortest(value));
                }
                out.append(line).append('\n');
            }
        } catch (IOException e) {
            throw new BacktestException("can't write " + file + ": " + e, e);
        }
    }

    /** Seven digits say all that a forecast knows. */
    private static String shortest(double value) {
        float rounded = (float) value;
        return Float.isFinite(rounded) && (rounded != 0 || value == 0)
                ? Float.toString(rounded)
                : Double.toString(value);
    }

    private static Panel panel(Task task, Row row, SeriesForecast forecast, IntervalCalibration calibration) {
        Panel panel = new Panel(row.id, false);
        int n = row.values.length;
        int shown = Math.max(DRAWN_CYCLES * task.horizon, 100);
        for (int i = Math.max(0, n - shown); i < n; i++) {
            panel.actual(i + 1, row.values[i]);
        }
        double[] point = forecast.point();
        for (int i = 0; i < point.length; i++) {
            Interval wide = forecast.interval(i, 95, calibration);
            Interval narrow = forecast.interval(i, 80, calibration);
            panel.expected(n + 1 + i, point[i], wide.low(), wide.high(), narrow.low(), narrow.high());
        }
        return panel;
    }

    /** Series a line, read as they are needed. */
    static final class SeriesLines implements AutoCloseable {
        private final Path file;
        private final BufferedReader reader;
        private boolean header;
        private long lineNumber;

        SeriesLines(Path file) {
            this.file = file;
            try {
                reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new BacktestException("can't read " + file + ": " + e, e);
            }
        }

        boolean hasHeader() {
            return header;
        }

        List<Row> next(int most) {
            List<Row> rows = new ArrayList<>();
            try {
                while (rows.size() < most) {
                    String line = reader.readLine();
                    if (line == null) {
                        break;
                    }
                    lineNumber++;
                    if (lineNumber == 1 && line.startsWith("\uFEFF")) {
                        line = line.substring(1);
                    }
                    if (line.isBlank()) {
                        continue;
                    }
                    List<String> cells = CsvTable.split(line);
                    if (lineNumber == 1 && isHeader(cells)) {
                        header = true;
                        continue;
                    }
                    rows.add(new Row(cells.get(0).strip(), values(cells)));
                }
            } catch (IOException e) {
                throw new BacktestException("can't read " + file + " after line " + lineNumber + ": " + e, e);
            }
            return rows;
        }

        /** The first line names columns if its second cell is neither a number nor empty. */
        private static boolean isHeader(List<String> cells) {
            if (cells.size() < 2) {
                return cells.get(0).strip().equalsIgnoreCase("id");
            }
            String second = cells.get(1).strip();
            return !second.isEmpty() && !isGap(second) && parsed(second) == null;
        }

        /** Cells that are empty at the end of a line are no values: shorter series are padded in some files. */
        private double[] values(List<String> cells) {
            int end = cells.size();
            while (end > 1 && cells.get(end - 1).isBlank()) {
                end--;
            }
            double[] values = new double[end - 1];
            boolean any = false;
            for (int i = 1; i < end; i++) {
                String text = cells.get(i).strip();
                if (isGap(text)) {
                    values[i - 1] = Double.NaN;
                    continue;
                }
                Double number = parsed(text);
                if (number == null || number.isInfinite()) {
                    throw new BacktestException(file + " line " + lineNumber + ": value " + i
                            + " must be a number, or empty where it is missing, but is '" + text + "'");
                }
                values[i - 1] = number;
                any |= !number.isNaN();
            }
            if (!any) {
                throw new BacktestException(file + " line " + lineNumber + ": series '"
                        + cells.get(0).strip() + "' has no values; each line must be id,v1,v2,…");
            }
            return values;
        }

        private static boolean isGap(String text) {
            return text.isEmpty() || text.equalsIgnoreCase("nan") || text.equalsIgnoreCase("na");
        }

        private static @Nullable Double parsed(String text) {
            try {
                return Double.valueOf(text);
            } catch (NumberFormatException e) {
                return null;
            }
        }

        @Override
        public void close() {
            try {
                reader.close();
            } catch (IOException e) {
                throw new BacktestException("can't close " + file + ": " + e, e);
            }
        }
    }

    /** All series of a file. */
    static List<Row> read(Path file) {
        try (SeriesLines lines = new SeriesLines(file)) {
            List<Row> rows = new ArrayList<>();
            for (List<Row> chunk = lines.next(CHUNK); !chunk.isEmpty(); chunk = lines.next(CHUNK)) {
                rows.addAll(chunk);
            }
            return rows;
        }
    }

    /** The last values of a series. */
    static double[] tail(double[] values, int count) {
        return Arrays.copyOfRange(values, values.length - count, values.length);
    }
}
