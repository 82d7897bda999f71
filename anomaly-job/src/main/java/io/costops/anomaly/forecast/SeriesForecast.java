package io.costops.anomaly.forecast;

import java.util.List;

/** What a series is expected to do. Made by {@link SeriesForecaster}; intervals come from an {@link IntervalCalibration}. */
public final class SeriesForecast {
    private final Frequency frequency;
    private final double[] point;
    private final double[] scale;
    private final double total;
    private final double totalScale;
    private final boolean neverNegative;
    private final boolean shortHistory;
    final List<Backtested.Miss> misses;
    final double[] totalMisses;

    SeriesForecast(
            Frequency frequency,
            double[] point,
            double[] scale,
            double total,
            double totalScale,
            boolean neverNegative,
            boolean shortHistory,
            List<Backtested.Miss> misses,
            double[] totalMisses) {
        this.frequency = frequency;
        this.point = point;
        this.scale = scale;
        this.total = total;
        this.totalScale = totalScale;
        this.neverNegative = neverNegative;
        this.shortHistory = shortHistory;
        this.misses = misses;
        this.totalMisses = totalMisses;
    }

    public Frequency frequency() {
        return frequency;
    }

    public int horizon() {
        return point.length;
    }

    /** One value for each step ahead. */
    public double[] point() {
        return point.clone();
    }

    /** The sum over the horizon; not the sum of the points, since what is spent of late counts more in it. */
    public double total() {
        return total;
    }

    /** Too little has been seen to test a model on it: what is said is a guess, and its intervals are wide. */
    public boolean isShortHistory() {
        return shortHistory;
    }

    /** The interval of a step that covers so many percent. */
    public Interval interval(int step, double percent, IntervalCalibration calibration) {
        double position = (double) step / point.length;
        return interval(
                point[step],
                calibration.quantile(position, (100 - percent) / 200) * scale[step],
                calibration.quantile(position, (100 + percent) / 200) * scale[step]);
    }

    /** The interval of the total that covers so many percent. */
    public Interval totalInterval(double percent, IntervalCalibration calibration) {
        double unit = totalScale * point.length;
        return interval(
                total,
                calibration.totalQuantile((100 - percent) / 200) * unit,
                calibration.totalQuantile((100 + percent) / 200) * unit);
    }

    /** The same, without what a calibration is learned from: half a page less for each of many series. */
    public SeriesForecast withoutBacktests() {
        return new SeriesForecast(
                frequency, point, scale, total, totalScale, neverNegative, shortHistory, List.of(), new double[0]);
    }

    private Interval interval(double middle, double below, double above) {
        double low = middle + Math.min(0, below);
        return new Interval(neverNegative ? Math.max(0, low) : low, middle + Math.max(0, above));
    }

    /** From {@code low} to {@code high}, both included. */
    public record Interval(double low, double high) {
        public boolean contains(double value) {
            return value >= low && value <= high;
        }
    }
}
