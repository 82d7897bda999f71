package io.costops.anomaly.forecast;

import java.util.List;

/**
 * Exponential smoothing of a level, with no trend, a damped one (Gardner and McKenzie 1985), or half the slope of a line, which is
 * the Theta method (Assimakopoulos and Nikolopoulos 2000; as smoothing with drift, Hyndman and Billah 2003).
 */
final class TrendSmoothings implements ModelFamily {
    /**
     * How the level and the trend follow.
     *
     * @param damping the trend's share that is left after a step
     * @param line values over which half the slope of a line is added; 0 for none
     */
    record Variant(boolean logarithmic, double level, double trend, double damping, int line) {}

    private final List<Variant> variants;

    TrendSmoothings(List<Variant> variants) {
        this.variants = variants;
    }

    @Override
    public int models() {
        return variants.size();
    }

    @Override
    public void run(Series series, int[] origins, int horizon, double[][][] forecasts, int first) {
        for (int v = 0; v < variants.size(); v++) {
            double[] y = series.on(variants.get(v).logarithmic);
            if (y != null) {
                run(y, variants.get(v), origins, horizon, forecasts[first + v]);
            }
        }
    }

    private static void run(double[] y, Variant variant, int[] origins, int horizon, double[][] forecasts) {
        double level = y[0];
        double trend = 0;
        int next = 0;
        for (int t = 1; t <= y.length; t++) {
            if (next < origins.length && origins[next] == t) {
                double drift = variant.line == 0 ? 0 : 0.5 * slope(y, Math.max(0, t - variant.line), t);
                double[] forecast = new double[horizon];
                double damped = variant.damping;
                double sum = 0;
                for (int i = 0; i < horizon; i++) {
                    sum += damped;
                    damped *= variant.damping;
                    double value = level + sum * trend + drift * (i + 1);
                    forecast[i] = variant.logarithmic ? Math.exp(Math.min(value, 700)) : value;
                }
                forecasts[next++] = forecast;
            }
            if (t == y.length) {
                return;
            }
            double surprise = y[t] - level - variant.damping * trend;
            level += variant.damping * trend + variant.level * surprise;
            trend = variant.damping * trend + variant.level * variant.trend * surprise;
        }
    }

    /** Least squares slope of y[from .. to - 1]. */
    static double slope(double[] y, int from, int to) {
        int n = to - from;
        if (n < 2) {
            return 0;
        }
        double middle = (n - 1) / 2.0;
        double products = 0;
        for (int i = 0; i < n; i++) {
            products += (i - middle) * y[from + i];
        }
        return products / (n * ((double) n * n - 1) / 12);
    }
}
