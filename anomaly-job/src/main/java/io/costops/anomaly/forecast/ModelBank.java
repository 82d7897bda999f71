package io.costops.anomaly.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The models of a frequency. Many that differ are worth more than one that is tuned: a random eighth of five times as many
 * does as well on M4 (RATIONALE.md).
 */
final class ModelBank {
    private static final Map<Frequency, ModelBank> BANKS = new EnumMap<>(Map.of(
            Frequency.HOURLY, new ModelBank(hourly()),
            Frequency.DAILY, new ModelBank(daily()),
            Frequency.WEEKLY, new ModelBank(weekly())));

    private final List<ModelFamily> families;
    private final int models;

    private ModelBank(List<ModelFamily> families) {
        this.families = families;
        this.models = families.stream().mapToInt(ModelFamily::models).sum();
    }

    static ModelBank of(Frequency frequency) {
        ModelBank bank = BANKS.get(frequency);
        if (bank == null) {
            throw new IllegalStateException("no models for " + frequency);
        }
        return bank;
    }

    int models() {
        return models;
    }

    /** What each model says at each origin: model, origin, step; null where it doesn't apply. */
    double[][][] run(Series series, int[] origins, int horizon) {
        double[][][] forecasts = new double[models][origins.length][];
        int first = 0;
        for (ModelFamily family : families) {
            family.run(series, origins, horizon, forecasts, first);
            first += family.models();
        }
        return forecasts;
    }

    private static List<ModelFamily> hourly() {
        List<SeasonalNaives.Variant> cycles = new ArrayList<>();
        for (int weeks : new int[] {1, 2, 4}) {
            cycles.add(new SeasonalNaives.Variant(168, weeks, 0.8, 0, true));
            for (int level : new int[] {24, 168}) {
                cycles.add(new SeasonalNaives.Variant(168, weeks, 0.8, level, true));
                cycles.add(new SeasonalNaives.Variant(168, weeks, 0.8, level, false));
            }
        }
        cycles.add(new SeasonalNaives.Variant(24, 1, 1, 0, true));
        cycles.add(new SeasonalNaives.Variant(24, 3, 0.8, 0, true));
        cycles.add(new SeasonalNaives.Variant(24, 7, 0.9, 0, true));
        List<int[]> fullLags = List.of(
                lags(2, 24, 25, 48, 168, 169),
                lags(6, 23, 24, 25, 48, 49, 72, 96, 120, 144, 167, 168, 169, 336),
                lags(26, 48, 49, 144, 168, 169));
        List<int[]> fewLags = List.of(lags(2, 24, 25), lags(4, 23, 24, 25, 48, 167, 168, 169));
        List<RidgeAutoregressions.Group> regressions = new ArrayList<>();
        List<Analogs.Variant> analogs = new ArrayList<>();
        for (boolean logarithmic : new boolean[] {false, true}) {
            for (double memory : new double[] {0, 336}) {
                regressions.add(new RidgeAutoregressions.Group(fullLags, List.of(1e-4, 1e-2), logarithmic, 0, memory));
                regressions.add(new RidgeAutoregressions.Group(fullLags, List.of(1e-3), logarithmic, 1, memory));
            }
            for (int difference : new int[] {24, 168}) {
                regressions.add(new RidgeAutoregressions.Group(fewLags, List.of(1e-2), logarithmic, difference, 336));
            }
            for (int window : new int[] {24, 72, 168}) {
                analogs.add(new Analogs.Variant(logarithmic, window, 3, 24, true));
                analogs.add(new Analogs.Variant(logarithmic, window, 3, 24, false));
            }
        }
        return List.of(new SeasonalNaives(cycles), new RidgeAutoregressions(regressions), new Analogs(analogs));
    }

    private static List<ModelFamily> daily() {
        List<SeasonalNaives.Variant> cycles = new ArrayList<>();
        for (int weeks : new int[] {1, 2, 4}) {
            cycles.add(new SeasonalNaives.Variant(7, weeks, 0.8, 0, true));
            cycles.add(new SeasonalNaives.Variant(7, weeks, 0.8, 7, false));
            cycles.add(new SeasonalNaives.Variant(7, weeks, 0.8, 3, false));
        }
        // The same days of last year, at today's level: holidays, once a year of history has been seen.
        cycles.add(new SeasonalNaives.Variant(364, 1, 1, 28, false));
        List<Drifts.Variant> drifts = List.of(new Drifts.Variant(false, 0));
        List<TrendSmoothings.Variant> trends = new ArrayList<>();
        List<RidgeAutoregressions.Group> regressions = new ArrayList<>();
        List<Analogs.Variant> analogs = new ArrayList<>();
        for (boolean logarithmic : new boolean[] {false, true}) {
            for (double level : new double[] {0.15, 0.4}) {
                trends.add(new TrendSmoothings.Variant(logarithmic, level, 0, 1, 0));
            }
            trends.add(new TrendSmoothings.Variant(logarithmic, 0.3, 0.1, 0.9, 0));
            trends.add(new TrendSmoothings.Variant(logarithmic, 0.3, 0, 1, 28));
            for (double memory : new double[] {0, 28}) {
                regressions.add(new RidgeAutoregressions.Group(
                        List.of(lags(2, 7), lags(7, 14), lags(1, 7, 14, 21, 28)),
                        List.of(1e-2, 1e-1),
                        logarithmic,
                        0,
                        memory));
                regressions.add(new RidgeAutoregressions.Group(
                        List.of(lags(1, 7), lags(3, 6, 7, 8, 14)), List.of(1e-2, 1e-1), logarithmic, 7, memory));
            }
            regressions.add(new RidgeAutoregressions.Group(
                    List.of(lags(1, 6, 7), lags(8, 13, 14)), List.of(1e-1), logarithmic, 1, 56));
            for (int window : new int[] {7, 14}) {
                analogs.add(new Analogs.Variant(logarithmic, window, 3, 7, true));
            }
        }
        return List.of(
                new SeasonalNaives(cycles),
                new Drifts(drifts),
                new TrendSmoothings(trends),
                new RidgeAutoregressions(regressions),
                new Analogs(analogs));
    }

    private static List<ModelFamily> weekly() {
        List<SeasonalNaives.Variant> cycles = new ArrayList<>();
        for (int years : new int[] {1, 2, 3}) {
            cycles.add(new SeasonalNaives.Variant(52, years, 0.7, 0, true));
            for (int level : new int[] {4, 13}) {
                cycles.add(new SeasonalNaives.Variant(52, years, 0.7, level, true));
                cycles.add(new SeasonalNaives.Variant(52, years, 0.7, level, false));
            }
        }
        List<Drifts.Variant> drifts = new ArrayList<>();
        List<TrendSmoothings.Variant> trends = new ArrayList<>();
        List<RidgeAutoregressions.Group> regressions = new ArrayList<>();
        List<Analogs.Variant> analogs = new ArrayList<>();
        for (boolean logarithmic : new boolean[] {false, true}) {
            for (int values : new int[] {0, 13, 52}) {
                drifts.add(new Drifts.Variant(logarithmic, values));
            }
            for (double level : new double[] {0.4, 0.7, 1}) {
                trends.add(new TrendSmoothings.Variant(logarithmic, level, 0.1, 0.9, 0));
            }
            trends.add(new TrendSmoothings.Variant(logarithmic, 0.15, 0, 1, 0));
            trends.add(new TrendSmoothings.Variant(logarithmic, 0.7, 0, 1, 104));
            List<Double> penalties = List.of(1e-2, 1e-1);
            for (double memory : new double[] {0, 104}) {
                regressions.add(new RidgeAutoregressions.Group(
                        List.of(lags(4), lags(13), lags(8, 51, 52, 53)), penalties, logarithmic, 1, memory));
            }
            regressions.add(new RidgeAutoregressions.Group(
                    List.of(lags(4), lags(13), lags(13, 52)), penalties, logarithmic, 0, 0));
            regressions.add(
                    new RidgeAutoregressions.Group(List.of(lags(2), lags(4, 52)), penalties, logarithmic, 52, 0));
            for (int window : new int[] {4, 8, 13, 26, 52}) {
                analogs.add(new Analogs.Variant(logarithmic, window, 8, 1, false));
                analogs.add(new Analogs.Variant(logarithmic, window, 3, 1, false));
                analogs.add(new Analogs.Variant(logarithmic, window, 8, 1, true));
            }
        }
        return List.of(
                new SeasonalNaives(cycles),
                new Drifts(drifts),
                new TrendSmoothings(trends),
                new RidgeAutoregressions(regressions),
                new Analogs(analogs));
    }

    /** The last {@code recent} values, and more that lie further back. */
    private static int[] lags(int recent, int... further) {
        TreeSet<Integer> lags = new TreeSet<>();
        for (int lag = 1; lag <= recent; lag++) {
            lags.add(lag);
        }
        Arrays.stream(further).forEach(lags::add);
        return lags.stream().mapToInt(Integer::intValue).toArray();
    }
}
