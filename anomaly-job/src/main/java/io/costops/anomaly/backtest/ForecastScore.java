package io.costops.anomaly.backtest;

import io.costops.anomaly.backtest.BacktestForecast.Row;
import io.costops.anomaly.forecast.Frequency;
import io.costops.anomaly.forecast.IntervalCalibration;
import io.costops.anomaly.forecast.SeriesForecast;
import io.costops.anomaly.forecast.SeriesForecaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** How well the forecasters do on series of the M4 competition, in its own measures (Makridakis, Spiliotis and Assimakopoulos 2020). */
public final class ForecastScore {
    private static final int HOURS_OF_TOTAL = 336;
    private static final double MSIS_PENALTY = 2 / 0.05;
    /** 90 % limit of the seasonality test. */
    private static final double SEASONAL = 1.645;

    /**
     * The result for a frequency.
     *
     * @param owa mean of sMAPE and MASE, each relative to that of the method Naive 2
     * @param msis mean scaled interval score of the 95 % intervals
     * @param covered95 share of the values that the 95 % intervals hold
     */
    public record Steps(
            Frequency frequency,
            int series,
            int horizon,
            double smape,
            double mase,
            double owa,
            double msis,
            double covered95,
            double covered80,
            double millisPerSeries) {}

    /** Errors of the total of 14 days, in percent. */
    public record Totals(int series, double medianPercent, double meanPercent, double covered95, double covered80) {}

    private ForecastScore() {}

    /** @param folder with {@code Hourly-train*.csv}, {@code Hourly-test*.csv} or the same of {@code Weekly} */
    public static Steps steps(Path folder, Frequency frequency) {
        List<Row> train = BacktestForecast.read(file(folder, frequency, "train"));
        List<double[]> tests = tests(folder, frequency, train);
        int horizon = tests.get(0).length;
        int season = frequency == Frequency.HOURLY ? 24 : 1;
        SeriesForecaster forecaster = new SeriesForecaster(frequency);
        long began = System.nanoTime();
        List<SeriesForecast> forecasts = train.stream()
                .map(row -> forecaster.forecast(row.values(), horizon))
                .toList();
        double millis = (System.nanoTime() - began) / 1e6 / train.size();
        IntervalCalibration calibration = IntervalCalibration.pooled(frequency, forecasts);
        double smape = 0;
        double mase = 0;
        double naiveSmape = 0;
        double naiveMase = 0;
        double msis = 0;
        double covered95 = 0;
        double covered80 = 0;
        int n = train.size();
        for (int s = 0; s < n; s++) {
            double[] y = train.get(s).values();
            double[] actual = tests.get(s);
            double[] point = forecasts.get(s).point();
            double[] naive = naive2(y, season, horizon);
            double scale = seasonalDifference(y, season);
            smape += smape(actual, point) / n;
            mase += meanMiss(actual, point) / scale / n;
            naiveSmape += smape(actual, naive) / n;
            naiveMase += meanMiss(actual, naive) / scale / n;
            double score = 0;
            for (int i = 0; i < horizon; i++) {
                SeriesForecast.Interval wide = forecasts.get(s).interval(i, 95, calibration);
                score += wide.high()
                        - wide.low()
                        + MSIS_PENALTY * Math.max(0, wide.low() - actual[i])
                        + MSIS_PENALTY * Math.max(0, actual[i] - wide.high());
                covered95 += wide.contains(actual[i]) ? 1.0 / n / horizon : 0;
                covered80 += forecasts.get(s).interval(i, 80, calibration).contains(actual[i]) ? 1.0 / n / horizon : 0;
            }
            msis += score / horizon / scale / n;
        }
        double owa = (smape / naiveSmape + mase / naiveMase) / 2;
        return new Steps(frequency, n, horizon, smape, mase, owa, msis, covered95, covered80, millis);
    }

    /** The last 14 days of each hourly series, train and test joined, forecast from what is before them. */
    public static Totals totals(Path folder) {
        List<Row> train = BacktestForecast.read(file(folder, Frequency.HOURLY, "train"));
        List<double[]> tests = tests(folder, Frequency.HOURLY, train);
        SeriesForecaster forecaster = new SeriesForecaster(Frequency.HOURLY);
        List<SeriesForecast> forecasts = new ArrayList<>();
        double[] actuals = new double[train.size()];
        for (int s = 0; s < train.size(); s++) {
            double[] y = DoubleStream.concat(Arrays.stream(train.get(s).values()), Arrays.stream(tests.get(s)))
                    .toArray();
            double[] held = BacktestForecast.tail(y, HOURS_OF_TOTAL);
            actuals[s] = Arrays.stream(held).sum();
            forecasts.add(forecaster.forecast(Arrays.copyOf(y, y.length - HOURS_OF_TOTAL), HOURS_OF_TOTAL));
        }
        IntervalCalibration calibration = IntervalCalibration.pooled(Frequency.HOURLY, forecasts);
        double[] errors = new double[actuals.length];
        double covered95 = 0;
        double covered80 = 0;
        for (int s = 0; s < actuals.length; s++) {
            SeriesForecast forecast = forecasts.get(s);
            errors[s] = 100 * Math.abs(forecast.total() - actuals[s]) / Math.abs(actuals[s]);
            covered95 += forecast.totalInterval(95, calibration).contains(actuals[s]) ? 1.0 / actuals.length : 0;
            covered80 += forecast.totalInterval(80, calibration).contains(actuals[s]) ? 1.0 / actuals.length : 0;
        }
        double mean = Arrays.stream(errors).average().orElse(Double.NaN);
        return new Totals(actuals.length, DetectionScore.median(errors), mean, covered95, covered80);
    }

    private static List<double[]> tests(Path folder, Frequency frequency, List<Row> train) {
        Path file = file(folder, frequency, "test");
        Map<String, double[]> byId = new HashMap<>();
        for (Row row : BacktestForecast.read(file)) {
            byId.put(row.id(), row.values());
        }
        List<double[]> tests = new ArrayList<>();
        for (Row row : train) {
            double[] test = byId.get(row.id());
            if (test == null) {
                throw new BacktestException(file + " has no series " + row.id() + ", which the training file has");
            }
            tests.add(test);
        }
        if (tests.isEmpty()) {
            throw new BacktestException(file + " holds no series");
        }
        return tests;
    }

    private static Path file(Path folder, Frequency frequency, String part) {
        String prefix = (frequency == Frequency.HOURLY ? "Hourly-" : "Weekly-") + part;
        if (!Files.isDirectory(folder)) {
            throw new BacktestException(folder + " is no folder: give the one that holds " + prefix + "*.csv");
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(path -> String.valueOf(path.getFileName()).startsWith(prefix)
                            && path.toString().endsWith(".csv"))
                    .sorted()
                    .findFirst()
                    .orElseThrow(() -> new BacktestException(folder + " holds no file " + prefix + "*.csv"));
        } catch (IOException e) {
            throw new BacktestException("can't list " + folder + ": " + e, e);
        }
    }

    private static double smape(double[] actual, double[] forecast) {
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            double size = Math.abs(actual[i]) + Math.abs(forecast[i]);
            sum += size == 0 ? 0 : 200 * Math.abs(actual[i] - forecast[i]) / size;
        }
        return sum / actual.length;
    }

    private static double meanMiss(double[] actual, double[] forecast) {
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            sum += Math.abs(actual[i] - forecast[i]);
        }
        return sum / actual.length;
    }

    private static double seasonalDifference(double[] y, int season) {
        double sum = 0;
        for (int i = season; i < y.length; i++) {
            sum += Math.abs(y[i] - y[i - season]);
        }
        return sum / (y.length - season);
    }

    /** The last value, and the cycle on it where the series has one: M4's yardstick. */
    static double[] naive2(double[] y, int season, int horizon) {
        double[] factor = new double[season];
        Arrays.fill(factor, 1);
        if (season > 1 && isSeasonal(y, season)) {
            double[] sum = new double[season];
            int[] count = new int[season];
            for (int t = season / 2; t < y.length - season / 2; t++) {
                double mean = 0.5 * y[t - season / 2] + 0.5 * y[t + season / 2];
                for (int k = 1 - season / 2; k < season / 2; k++) {
                    mean += y[t + k];
                }
                mean /= season;
                if (mean != 0) {
                    sum[t % season] += y[t] / mean;
                    count[t % season]++;
                }
            }
            double total = 0;
            for (int i = 0; i < season; i++) {
                factor[i] = sum[i] / count[i];
                total += factor[i];
            }
            for (int i = 0; i < season; i++) {
                factor[i] *= season / total;
            }
        }
        double level = y[y.length - 1] / factor[(y.length - 1) % season];
        double[] forecast = new double[horizon];
        for (int i = 0; i < horizon; i++) {
            forecast[i] = level * factor[(y.length + i) % season];
        }
        return forecast;
    }

    private static boolean isSeasonal(double[] y, int season) {
        double mean = Arrays.stream(y).average().orElse(0);
        double variance = 0;
        for (double value : y) {
            variance += (value - mean) * (value - mean);
        }
        double before = 0;
        double at = 0;
        for (int lag = 1; lag <= season; lag++) {
            double sum = 0;
            for (int t = lag; t < y.length; t++) {
                sum += (y[t] - mean) * (y[t - lag] - mean);
            }
            at = sum / variance;
            before += lag < season ? at * at : 0;
        }
        return Math.abs(at) > SEASONAL * Math.sqrt((1 + 2 * before) / y.length);
    }
}
