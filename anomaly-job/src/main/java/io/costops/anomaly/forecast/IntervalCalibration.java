package io.costops.anomaly.forecast;

import java.util.Arrays;
import java.util.Collection;

/**
 * How many scales an interval must reach to cover what it says: quantiles of what honest backtests missed, pooled across series (split
 * conformal prediction, Vovk, Gammerman and Shafer 2005). Where too few series are at hand, the quantiles that this program was
 * shipped with hold.
 */
public final class IntervalCalibration {
    /** Parts of the horizon that have their own quantiles. */
    private static final int BANDS = 6;
    /** Fewer misses don't tell a quantile of 2.5 %. */
    private static final int FEWEST_MISSES = 200;

    private static final int FEWEST_TOTALS = 100;

    /** The tails that are shipped; between them quantiles are interpolated. */
    private static final double[] TAILS = {0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.995};

    private final double[][] misses;
    private final double[] totals;
    private final Shipped shipped;

    private IntervalCalibration(double[][] misses, double[] totals, Shipped shipped) {
        this.misses = misses;
        this.totals = totals;
        this.shipped = shipped;
    }

    /** What this program was shipped with. */
    public static IntervalCalibration shipped(Frequency frequency) {
        return new IntervalCalibration(new double[BANDS][0], new double[0], Shipped.of(frequency));
    }

    /** Learned from these series, as far as they suffice. */
    public static IntervalCalibration pooled(Frequency frequency, Collection<SeriesForecast> forecasts) {
        double[][] misses = new double[BANDS][];
        for (int b = 0; b < BANDS; b++) {
            int band = b;
            misses[b] = forecasts.stream()
                    .flatMap(forecast -> forecast.misses.stream())
                    .filter(miss -> band(miss.position()) == band)
                    .mapToDouble(Backtested.Miss::inScales)
                    .sorted()
                    .toArray();
        }
        double[] totals = forecasts.stream()
                .flatMapToDouble(forecast -> Arrays.stream(forecast.totalMisses))
                .sorted()
                .toArray();
        return new IntervalCalibration(misses, totals, Shipped.of(frequency));
    }

    /** @param position of a step within the horizon, 0 to 1 */
    double quantile(double position, double probability) {
        // Backtests don't reach as far as a long horizon: what they reached last holds beyond.
        for (int band = band(position); band >= 0; band--) {
            if (misses[band].length >= FEWEST_MISSES) {
                return ofSample(misses[band], probability);
            }
        }
        return Shipped.quantile(shipped.steps[band(position)], probability);
    }

    double totalQuantile(double probability) {
        return totals.length >= FEWEST_TOTALS
                ? ofSample(totals, probability)
                : Shipped.quantile(shipped.totals, probability);
    }

    /** One line for each band and one for the total: the quantiles that a later version may be shipped with. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (double[] sorted : misses) {
            describe(sorted, text);
        }
        describe(totals, text);
        return text.toString();
    }

    private static void describe(double[] sorted, StringBuilder text) {
        if (sorted.length == 0) {
            return;
        }
        String separator = "{";
        for (double tail : TAILS) {
            text.append(separator).append(Math.round(ofSample(sorted, tail) * 100) / 100.0);
            separator = ", ";
        }
        text.append("},\n");
    }

    private static int band(double position) {
        return Math.min(BANDS - 1, (int) (position * BANDS));
    }

    private static double ofSample(double[] sorted, double probability) {
        double at = Math.max(0, Math.min(sorted.length - 1, probability * (sorted.length + 1) - 1));
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /** Quantiles measured before (RATIONALE.md says on what). */
    private static final class Shipped {
        private static final double[] TOTALS = {-3.3, -2.5, -1.6, -0.85, 0, 0.85, 1.6, 2.5, 3.3};

        private static final double[][] HOURS = {
            {-3.35, -2.26, -1.33, -0.66, 0, 0.68, 1.46, 2.68, 4.32},
            {-4.04, -2.69, -1.67, -0.79, 0, 1.07, 2.00, 3.51, 5.57},
            {-4.22, -2.74, -1.68, -0.79, 0, 0.95, 2.00, 3.83, 5.53},
            {-4.99, -2.98, -1.54, -0.66, 0, 0.92, 2.03, 3.60, 5.50},
            {-7.00, -3.76, -1.74, -0.73, 0, 1.20, 2.44, 4.26, 6.43},
            {-7.00, -3.76, -1.86, -0.82, 0, 1.20, 2.44, 4.78, 6.43}
        };

        private static final double[][] DAYS = {
            {-6.50, -3.40, -1.65, -0.75, 0, 0.90, 1.90, 4.00, 8.00},
            {-7.50, -3.80, -1.90, -0.90, 0, 1.10, 2.30, 4.60, 9.00},
            {-8.00, -4.20, -2.10, -1.00, 0, 1.20, 2.70, 5.20, 10.0},
            {-8.00, -4.40, -2.10, -1.00, 0, 1.30, 3.00, 5.60, 10.0},
            {-8.00, -4.40, -2.10, -1.00, 0, 1.30, 3.00, 5.60, 10.0},
            {-8.00, -4.40, -2.10, -1.00, 0, 1.30, 3.00, 5.60, 10.0}
        };

        private static final double[][] WEEKS = {
            {-5.50, -2.32, -1.45, -0.76, 0, 0.66, 1.50, 2.81, 5.74},
            {-8.00, -2.62, -1.45, -0.76, 0, 0.77, 1.79, 3.00, 5.74},
            {-8.50, -2.97, -1.74, -0.90, 0, 0.87, 1.88, 3.30, 6.60},
            {-8.50, -3.55, -1.70, -0.90, 0, 0.90, 2.05, 3.30, 6.60},
            {-8.50, -4.03, -1.81, -0.98, 0, 0.95, 2.15, 3.36, 6.60},
            {-8.50, -4.41, -1.97, -0.98, 0, 0.95, 2.15, 3.36, 6.60}
        };

        /** For each band, at each of the tails. */
        final double[][] steps;

        final double[] totals;

        private Shipped(double[][] steps, double[] totals) {
            this.steps = steps;
            this.totals = totals;
        }

        static Shipped of(Frequency frequency) {
            return switch (frequency) {
                case HOURLY -> new Shipped(HOURS, TOTALS);
                case DAILY -> new Shipped(DAYS, TOTALS);
                case WEEKLY -> new Shipped(WEEKS, TOTALS);
            };
        }

        static double quantile(double[] row, double probability) {
            int last = TAILS.length - 1;
            if (probability <= TAILS[0]) {
                return row[0];
            }
            for (int i = 1; i <= last; i++) {
                if (probability <= TAILS[i]) {
                    double share = (probability - TAILS[i - 1]) / (TAILS[i] - TAILS[i - 1]);
                    return row[i - 1] + share * (row[i] - row[i - 1]);
                }
            }
            return row[last];
        }
    }
}
