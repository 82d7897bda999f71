package io.costops.anomaly.forecast;

import java.util.Arrays;
import java.util.List;

/**
 * Forecasts a series by many models, each trusted as far as it has forecast the series' own past. Deterministic; holds no state, so that
 * one forecaster serves any number of series and threads.
 */
public final class SeriesForecaster {
    /** Fewer values leave nothing to test a model on. */
    private static final int FEWEST_VALUES = 8;
    /** Without any test the width is a guess: the next value may be as far off as the past was from its mean, and more. */
    private static final double UNTESTED_WIDTH = 2;

    private final Frequency frequency;

    public SeriesForecaster(Frequency frequency) {
        this.frequency = frequency;
    }

    /**
     * Forecasts what follows.
     *
     * @param history oldest first, evenly spaced; NaN is a gap, filled with what was seen one cycle earlier or later
     */
    public SeriesForecast forecast(double[] history, int horizon) {
        if (horizon < 1) {
            throw new IllegalArgumentException("horizon must be at least 1: " + horizon);
        }
        double[] y = Gaps.fill(history, frequency);
        if (y.length == 0) {
            throw new IllegalArgumentException("the history holds no number");
        }
        if (y.length > frequency.longestHistory) {
            y = Arrays.copyOfRange(y, y.length - frequency.longestHistory, y.length);
        }
        boolean neverNegative = Arrays.stream(y).allMatch(value -> value >= 0);
        if (y.length < FEWEST_VALUES) {
            return guess(y, horizon, neverNegative);
        }
        Backtested backtested = new Backtested(y, frequency, horizon);
        int now = backtested.backtests();
        double[] weights = backtested.weights(now);
        double[] point = backtested.mix(weights, now);
        if (point == null) {
            return guess(y, horizon, neverNegative);
        }
        double[] scale = backtested.scale(weights, now, now, point);
        double total = backtested.total(point, now, horizon);
        if (neverNegative) {
            for (int i = 0; i < horizon; i++) {
                point[i] = Math.max(0, point[i]);
            }
            total = Math.max(0, total);
        }
        boolean untested = now < 2;
        double width = untested ? UNTESTED_WIDTH : 1;
        for (int i = 0; i < horizon; i++) {
            scale[i] *= width * frequency.intervalFactor;
        }
        return new SeriesForecast(
                frequency,
                point,
                scale,
                total,
                backtested.totalScale(weights, now, horizon) * width * frequency.intervalFactor,
                neverNegative,
                untested,
                backtested.misses(),
                backtested.totalMisses());
    }

    /** The mean of what there is, and as far around it as it is large or varies. */
    private SeriesForecast guess(double[] y, int horizon, boolean neverNegative) {
        double mean = Arrays.stream(y).average().orElse(0);
        double variance =
                Arrays.stream(y).map(v -> (v - mean) * (v - mean)).average().orElse(0);
        double width = UNTESTED_WIDTH * Math.max(Math.sqrt(variance), Math.abs(mean) / 2);
        double[] point = new double[horizon];
        double[] scale = new double[horizon];
        Arrays.fill(point, mean);
        Arrays.fill(scale, width);
        return new SeriesForecast(
                frequency, point, scale, mean * horizon, width, neverNegative, true, List.of(), new double[0]);
    }
}
