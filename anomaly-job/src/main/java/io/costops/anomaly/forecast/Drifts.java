package io.costops.anomaly.forecast;

import java.util.List;

/** The last value, and on as the last values went on average. */
final class Drifts implements ModelFamily {
    /** @param values over which the mean change is taken; 0 takes none */
    record Variant(boolean logarithmic, int values) {}

    private final List<Variant> variants;

    Drifts(List<Variant> variants) {
        this.variants = variants;
    }

    @Override
    public int models() {
        return variants.size();
    }

    @Override
    public void run(Series series, int[] origins, int horizon, double[][][] forecasts, int first) {
        for (int v = 0; v < variants.size(); v++) {
            Variant variant = variants.get(v);
            double[] y = series.on(variant.logarithmic);
            if (y == null) {
                continue;
            }
            for (int o = 0; o < origins.length; o++) {
                int origin = origins[o];
                int back = Math.min(variant.values, origin - 1);
                double change = back > 0 ? (y[origin - 1] - y[origin - 1 - back]) / back : 0;
                double[] forecast = new double[horizon];
                for (int i = 0; i < horizon; i++) {
                    double value = y[origin - 1] + change * (i + 1);
                    forecast[i] = variant.logarithmic ? Math.exp(Math.min(value, 700)) : value;
                }
                forecasts[first + v][o] = forecast;
            }
        }
    }
}
