package io.costops.anomaly.forecast;

import java.util.List;

/** What followed the last times that things looked as they do now. */
final class Analogs implements ModelFamily {
    /**
     * What counts as alike.
     *
     * @param window values that are compared
     * @param neighbours how many of the most similar pasts are averaged
     * @param step pasts lie a multiple of this before now: 24 compares the same hours of the day
     * @param byMean windows are compared around their mean, else around their last value
     */
    record Variant(boolean logarithmic, int window, int neighbours, int step, boolean byMean) {}

    /** Share of the difference in level that counts when windows are compared around their mean. */
    private static final double LEVEL_SHARE = 0.25;

    private final List<Variant> variants;

    Analogs(List<Variant> variants) {
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
            if (y == null) {
                continue;
            }
            for (int o = 0; o < origins.length; o++) {
                forecasts[first + v][o] = forecast(y, origins[o], horizon, variants.get(v));
            }
        }
    }

    private static double @org.jspecify.annotations.Nullable [] forecast(
            double[] y, int origin, int horizon, Variant variant) {
        int w = variant.window;
        int k = variant.neighbours;
        // The most similar so far, ascending by distance.
        double[] distance = new double[k];
        int[] end = new int[k];
        int found = 0;
        double now = variant.byMean ? mean(y, origin - w, origin) : y[Math.max(0, origin - 1)];
        int candidates = 0;
        for (int e = origin - variant.step; e >= w; e -= variant.step) {
            if (e + horizon > origin) {
                continue;
            }
            candidates++;
            double then = variant.byMean ? mean(y, e - w, e) : y[e - 1];
            double limit = found < k ? Double.POSITIVE_INFINITY : distance[k - 1];
            double d = variant.byMean ? w * LEVEL_SHARE * (then - now) * (then - now) : 0;
            for (int i = 1; i <= w && d < limit; i++) {
                double difference = (y[e - i] - then) - (y[origin - i] - now);
                d += difference * difference;
            }
            if (d >= limit) {
                continue;
            }
            int at = Math.min(found, k - 1);
            while (at > 0 && distance[at - 1] > d) {
                distance[at] = distance[at - 1];
                end[at] = end[at - 1];
                at--;
            }
            distance[at] = d;
            end[at] = e;
            found = Math.min(found + 1, k);
        }
        if (candidates < 2 * k) {
            return null;
        }
        double[] forecast = new double[horizon];
        double weights = 0;
        for (int n = 0; n < k; n++) {
            double then = variant.byMean ? mean(y, end[n] - w, end[n]) : y[end[n] - 1];
            double weight = 1 / (distance[n] + distance[0] + 1e-12);
            weights += weight;
            for (int i = 0; i < horizon; i++) {
                forecast[i] += weight * (y[end[n] + i] - then + now);
            }
        }
        for (int i = 0; i < horizon; i++) {
            forecast[i] /= weights;
            if (variant.logarithmic) {
                forecast[i] = Math.exp(Math.min(forecast[i], 700));
            }
        }
        return forecast;
    }

    private static double mean(double[] y, int from, int to) {
        double sum = 0;
        for (int i = Math.max(0, from); i < to; i++) {
            sum += y[i];
        }
        return sum / Math.max(1, to - from);
    }
}
