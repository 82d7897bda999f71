package io.costops.anomaly.forecast;

import java.util.List;

/** The last cycles again: one or the mean of several, as they were or brought to today's level. */
final class SeasonalNaives implements ModelFamily {
    /**
     * One way of repeating the past.
     *
     * @param cycles how many are averaged
     * @param fade weight of each cycle relative to the next younger one
     * @param level values over which the level is compared; 0 takes the past as it was
     * @param additive the level is shifted rather than scaled
     */
    record Variant(int period, int cycles, double fade, int level, boolean additive) {}

    private static final double LARGEST_SCALING = 3;

    private final List<Variant> variants;

    SeasonalNaives(List<Variant> variants) {
        this.variants = variants;
    }

    @Override
    public int models() {
        return variants.size();
    }

    @Override
    public void run(Series series, int[] origins, int horizon, double[][][] forecasts, int first) {
        for (int v = 0; v < variants.size(); v++) {
            for (int o = 0; o < origins.length; o++) {
                forecasts[first + v][o] = forecast(series.values, origins[o], horizon, variants.get(v));
            }
        }
    }

    private static double @org.jspecify.annotations.Nullable [] forecast(
            double[] y, int origin, int horizon, Variant variant) {
        int period = variant.period;
        if (origin < variant.cycles * period + (variant.additive ? variant.level : 0)) {
            return null;
        }
        double[] cycle = new double[period];
        double weights = 0;
        double weight = 1;
        for (int c = 1; c <= variant.cycles; c++) {
            for (int i = 0; i < period; i++) {
                cycle[i] += weight * y[origin - c * period + i];
            }
            weights += weight;
            weight *= variant.fade;
        }
        for (int i = 0; i < period; i++) {
            cycle[i] /= weights;
        }
        double recent = 0;
        double usual = 0;
        for (int i = 1; i <= variant.level; i++) {
            recent += y[origin - i];
            usual += cycle[Math.floorMod(-i, period)];
        }
        double shift = variant.additive && variant.level > 0 ? (recent - usual) / variant.level : 0;
        double scale = !variant.additive && recent > 0 && usual > 0
                ? Math.min(LARGEST_SCALING, Math.max(1 / LARGEST_SCALING, recent / usual))
                : 1;
        double[] forecast = new double[horizon];
        for (int i = 0; i < horizon; i++) {
            forecast[i] = cycle[i % period] * scale + shift;
        }
        return forecast;
    }
}
