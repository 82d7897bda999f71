package io.costops.anomaly.forecast;

import java.util.Arrays;
import java.util.List;

/**
 * Autoregressions with a penalty on their coefficients, forecast step by step. All lag sets and penalties over one
 * transform of the series share the same cross products, so that a model costs one small linear system.
 */
final class RidgeAutoregressions implements ModelFamily {
    /**
     * Models that share their cross products.
     *
     * @param lagSets each ascending
     * @param penalties relative to the mean square of the lags
     * @param difference the autoregression is of the change against so many values before; 0 for the values themselves
     * @param memory the past counts less with this time constant; 0 where it all counts the same
     */
    record Group(List<int[]> lagSets, List<Double> penalties, boolean logarithmic, int difference, double memory) {
        int models() {
            return lagSets.size() * penalties.size();
        }
    }

    private static final int FEWEST_ROWS = 10;
    /** A forecast may leave the range of the past by half of it; beyond that a model has exploded. */
    private static final double BEYOND_RANGE = 0.5;

    private final List<Group> groups;

    RidgeAutoregressions(List<Group> groups) {
        this.groups = groups;
    }

    @Override
    public int models() {
        return groups.stream().mapToInt(Group::models).sum();
    }

    @Override
    public void run(Series series, int[] origins, int horizon, double[][][] forecasts, int first) {
        int at = first;
        for (Group group : groups) {
            double[] y = series.on(group.logarithmic);
            if (y != null) {
                new Fit(group, y, origins, horizon).run(forecasts, at);
            }
            at += group.models();
        }
    }

    private static final class Fit {
        private final Group group;
        private final double[] y;
        private final int[] origins;
        private final int horizon;
        private final int[] lags;
        private final int firstRow;
        private final double mean;
        private final double deviation;
        private final double[] z;
        /** Cross products of the lags, of the constant (the last row) and of the target. */
        private final double[][] products;

        private final double[] targets;

        Fit(Group group, double[] y, int[] origins, int horizon) {
            this.group = group;
            this.y = y;
            this.origins = origins;
            this.horizon = horizon;
            this.lags = group.lagSets.stream()
                    .flatMapToInt(Arrays::stream)
                    .distinct()
                    .sorted()
                    .toArray();
            this.firstRow = lags[lags.length - 1] + group.difference;
            int known = origins[0];
            double sum = 0;
            for (int i = 0; i < known; i++) {
                sum += y[i];
            }
            mean = sum / known;
            double squares = 0;
            for (int i = 0; i < known; i++) {
                squares += (y[i] - mean) * (y[i] - mean);
            }
            deviation = Math.sqrt(squares / known) + 1e-9 * Math.abs(mean) + 1e-12;
            z = new double[y.length];
            for (int i = 0; i < y.length; i++) {
                if (group.difference == 0) {
                    z[i] = (y[i] - mean) / deviation;
                } else if (i >= group.difference) {
                    z[i] = (y[i] - y[i - group.difference]) / deviation;
                }
            }
            products = new double[lags.length + 1][lags.length + 1];
            targets = new double[lags.length + 1];
        }

        void run(double[][][] forecasts, int first) {
            int last = origins.length - 1;
            add(firstRow, origins[0]);
            solve(forecasts, first, origins[0], 0, last);
            if (group.memory > 0) {
                fade(Math.exp(-(origins[last] - origins[0]) / group.memory));
            }
            add(Math.max(firstRow, origins[0]), origins[last]);
            solve(forecasts, first, origins[last], last, last + 1);
        }

        private void fade(double factor) {
            for (double[] row : products) {
                for (int j = 0; j < row.length; j++) {
                    row[j] *= factor;
                }
            }
            for (int i = 0; i < targets.length; i++) {
                targets[i] *= factor;
            }
        }

        private void add(int from, int to) {
            int p = lags.length;
            double[] x = new double[p + 1];
            x[p] = 1;
            for (int t = from; t < to; t++) {
                for (int i = 0; i < p; i++) {
                    x[i] = z[t - lags[i]];
                }
                double weight = group.memory > 0 ? Math.exp(-(to - t) / group.memory) : 1;
                double target = z[t];
                for (int i = 0; i <= p; i++) {
                    double xi = weight * x[i];
                    double[] row = products[i];
                    for (int j = 0; j <= i; j++) {
                        row[j] += xi * x[j];
                    }
                    targets[i] += xi * target;
                }
            }
        }

        private void solve(double[][][] forecasts, int first, int rowsEnd, int fromOrigin, int toOrigin) {
            int model = first;
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < rowsEnd; i++) {
                low = Math.min(low, y[i]);
                high = Math.max(high, y[i]);
            }
            double room = BEYOND_RANGE * (high - low);
            for (int[] set : group.lagSets) {
                boolean enough = rowsEnd - firstRow >= set.length / 2 + FEWEST_ROWS;
                int[] at = new int[set.length + 1];
                for (int i = 0; i < set.length; i++) {
                    at[i] = Arrays.binarySearch(lags, set[i]);
                }
                at[set.length] = lags.length;
                for (double penalty : group.penalties) {
                    if (enough) {
                        double[] c = coefficients(at, penalty);
                        for (int o = fromOrigin; o < toOrigin; o++) {
                            forecasts[model][o] = forecast(set, c, origins[o], low - room, high + room);
                        }
                    }
                    model++;
                }
            }
        }

        private double[] coefficients(int[] at, double penalty) {
            int p = at.length;
            double[][] a = new double[p][p];
            double[] b = new double[p];
            double squares = 0;
            for (int i = 0; i < p; i++) {
                for (int j = 0; j <= i; j++) {
                    a[i][j] = products[at[i]][at[j]];
                }
                b[i] = targets[at[i]];
                squares += i < p - 1 ? a[i][i] / (p - 1) : 0;
            }
            for (int i = 0; i < p - 1; i++) {
                a[i][i] += penalty * squares + 1e-9;
            }
            a[p - 1][p - 1] += 1e-9 + (group.difference > 0 ? penalty * a[p - 1][p - 1] : 0);
            return LinearSystem.solve(a, b);
        }

        private double[] forecast(int[] set, double[] c, int origin, double low, double high) {
            double[] path = new double[origin + horizon];
            int needed = set[set.length - 1];
            System.arraycopy(z, origin - needed, path, origin - needed, needed);
            double[] raw = new double[horizon];
            double[] forecast = new double[horizon];
            for (int t = origin; t < origin + horizon; t++) {
                double next = c[set.length];
                for (int i = 0; i < set.length; i++) {
                    next += c[i] * path[t - set[i]];
                }
                path[t] = next;
                int step = t - origin;
                double value;
                if (group.difference == 0) {
                    value = next * deviation + mean;
                } else {
                    int base = t - group.difference;
                    value = (base < origin ? y[base] : raw[base - origin]) + next * deviation;
                }
                value = Math.max(low, Math.min(high, value));
                raw[step] = value;
                forecast[step] = group.logarithmic ? Math.exp(value) : value;
            }
            return forecast;
        }
    }
}
