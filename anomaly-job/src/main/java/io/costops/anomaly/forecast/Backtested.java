package io.costops.anomaly.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The models of a bank over one series: what each says at points of the past and now, and how to mix them by what they got right.
 *
 * <p>A mix is a weighted mean of all models, the weight of each 1 / error^4 over the backtests. What a mix of earlier
 * backtests missed at a later one is kept as well: it is an honest sample of what the mix of now will miss.
 */
final class Backtested {
    private static final double WEIGHT_POWER = 4;
    /** What a model gets wrong is at least so large a share of the best model's error: luck isn't weighed to the limit. */
    private static final double ERROR_FLOOR = 0.02;
    /** Of the scale of a step, what its neighbours tell and what the whole horizon tells. */
    private static final double SHARE_OF_WHOLE = 0.3;
    /** How much the disagreement of the models counts for the width of an interval, beside their backtest errors. */
    private static final double SHARE_OF_SPREAD = 0.15;
    /** A value of twice the size misses by 2 to this power as much; values far below the mean don't miss by nothing. */
    private static final double SIZE_POWER = 0.9;

    private static final double SIZE_FLOOR = 0.1;
    /** What is being spent at the moment counts so much in a total; the rest is the mix. */
    static final double SHARE_OF_RUN_RATE = 0.3;
    /** A few totals may have come out right by luck: what their steps missed counts as well. */
    private static final double SHARE_OF_STEPS = 0.15;
    /** How many of the last backtests are forecast by a mix of the ones before them. */
    private static final int HONEST_BACKTESTS = 3;

    private final double[] y;
    private final Frequency frequency;
    private final int horizon;
    private final int[] origins;
    private final double[][][] forecasts;
    /** Model, origin: NaN where the model doesn't apply. */
    private final double[][] errors;

    private final double usual;
    private final int now;

    Backtested(double[] y, Frequency frequency, int horizon) {
        this.y = y;
        this.frequency = frequency;
        this.horizon = horizon;
        this.origins = origins(y.length, frequency, horizon);
        this.now = origins.length - 1;
        double sum = 0;
        for (double value : y) {
            sum += Math.abs(value);
        }
        this.usual = sum / y.length;
        ModelBank bank = ModelBank.of(frequency);
        this.forecasts = bank.run(new Series(y), origins, horizon);
        this.errors = new double[bank.models()][now];
        for (int m = 0; m < errors.length; m++) {
            for (int o = 0; o < now; o++) {
                errors[m][o] = error(m, o, y.length);
            }
        }
    }

    private static int[] origins(int length, Frequency frequency, int horizon) {
        int nearest = Math.max(frequency.shortestBacktest, Math.min(horizon, frequency.longestBacktest));
        nearest = Math.max(1, Math.min(nearest, length / 3));
        int count = Math.max(1, Math.min(frequency.backtests, (length / 2 - nearest) / frequency.backtestStep + 1));
        int[] origins = new int[count + 1];
        for (int o = 0; o < count; o++) {
            origins[o] = length - nearest - (count - 1 - o) * frequency.backtestStep;
        }
        origins[count] = length;
        return origins;
    }

    /** Mean absolute error up to a point of the series, relative to what was there to forecast. */
    private double error(int model, int origin, int until) {
        double[] forecast = forecasts[model][origin];
        if (forecast == null || forecasts[model][now] == null) {
            return Double.NaN;
        }
        int steps = steps(origin, until);
        double missed = 0;
        double actual = 0;
        for (int i = 0; i < steps; i++) {
            missed += Math.abs(y[origins[origin] + i] - forecast[i]);
            actual += Math.abs(y[origins[origin] + i]);
        }
        double error = missed / (actual + 0.05 * steps * usual + Double.MIN_NORMAL);
        return Double.isFinite(error) ? error : Double.NaN;
    }

    /** Steps after a backtest that have been seen since. */
    int steps(int origin) {
        return steps(origin, y.length);
    }

    private int steps(int origin, int until) {
        return Math.min(horizon, until - origins[origin]);
    }

    /** Number of backtests. */
    int backtests() {
        return now;
    }

    double actual(int backtest, int step) {
        return y[origins[backtest] + step];
    }

    /** The weights that the first backtests suggest; they add up to 1, or are all 0 where no model applies. */
    double[] weights(int backtests) {
        double[] weights = new double[errors.length];
        for (int m = 0; m < errors.length; m++) {
            double sum = 0;
            for (int o = 0; o < backtests; o++) {
                sum += errors[m][o];
            }
            weights[m] = sum / backtests;
        }
        return byError(weights);
    }

    /** The weights that were known at a backtest: what has been seen since doesn't count. */
    private double[] weightsAt(int backtest) {
        double[] weights = new double[errors.length];
        for (int m = 0; m < errors.length; m++) {
            double sum = 0;
            for (int o = 0; o < backtest; o++) {
                sum += error(m, o, origins[backtest]);
            }
            weights[m] = sum / backtest;
        }
        return byError(weights);
    }

    /** Turns mean errors into weights. */
    private static double[] byError(double[] weights) {
        double best = Double.POSITIVE_INFINITY;
        for (double error : weights) {
            if (error < best) {
                best = error;
            }
        }
        double sum = 0;
        for (int m = 0; m < weights.length; m++) {
            double error = weights[m];
            weights[m] = Double.isNaN(error)
                    ? 0
                    : Math.pow((best + 1e-9) / (error + ERROR_FLOOR * best + 1e-9), WEIGHT_POWER);
            sum += weights[m];
        }
        for (int m = 0; m < weights.length && sum > 0; m++) {
            weights[m] /= sum;
        }
        return weights;
    }

    /** The mix at a backtest, or now; null where no model applies. */
    double @Nullable [] mix(double[] weights, int origin) {
        double[] mix = new double[horizon];
        boolean any = false;
        for (int m = 0; m < weights.length; m++) {
            double[] forecast = forecasts[m][origin];
            if (weights[m] > 0 && forecast != null) {
                any = true;
                for (int i = 0; i < horizon; i++) {
                    mix[i] += weights[m] * forecast[i];
                }
            }
        }
        return any ? mix : null;
    }

    /** How far apart the models are at each step, smoothed. */
    private double[] spread(double[] weights, int origin, double[] mix) {
        double[] spread = new double[horizon];
        for (int m = 0; m < weights.length; m++) {
            double[] forecast = forecasts[m][origin];
            if (weights[m] > 0 && forecast != null) {
                for (int i = 0; i < horizon; i++) {
                    spread[i] += weights[m] * Math.abs(forecast[i] - mix[i]);
                }
            }
        }
        double mean = Arrays.stream(spread).average().orElse(0);
        for (int i = 0; i < horizon; i++) {
            spread[i] = 0.7 * spread[i] + SHARE_OF_WHOLE * mean;
        }
        return spread;
    }

    /**
     * How large a miss to expect at each step, up to a factor that is the same for all series: what the mix missed at the first
     * backtests, and how far apart the models are.
     */
    double[] scale(double[] weights, int backtests, int origin, double[] mix) {
        double[] missed = new double[horizon];
        int[] seen = new int[horizon];
        for (int o = 0; o < backtests; o++) {
            double[] past = mix(weights, o);
            for (int i = 0; past != null && i < steps(o); i++) {
                missed[i] += Math.abs(actual(o, i) - past[i]) / size(past[i]);
                seen[i]++;
            }
        }
        int known = 0;
        double whole = 0;
        while (known < horizon && seen[known] > 0) {
            missed[known] /= seen[known];
            whole += missed[known];
            known++;
        }
        whole /= Math.max(1, known);
        int reach = Math.max(1, known / 8);
        double[] spread = spread(weights, origin, mix);
        for (int i = 0; i < horizon; i++) {
            spread[i] /= size(mix[i]);
        }
        double[] scale = new double[horizon];
        for (int i = 0; i < horizon; i++) {
            int from = Math.max(0, Math.min(i, known - 1) - reach);
            int to = Math.min(known - 1, Math.min(i, known - 1) + reach);
            double near = 0;
            for (int j = from; j <= to; j++) {
                near += missed[j];
            }
            near /= Math.max(1, to - from + 1);
            // Beyond what backtests reach, misses grow as those of a random walk do.
            double growth = i < known ? 1 : Math.sqrt((i + 1.0) / known);
            double past = ((1 - SHARE_OF_WHOLE) * near + SHARE_OF_WHOLE * whole) * growth;
            scale[i] = size(mix[i])
                    * Math.pow(past + tiny(), 1 - SHARE_OF_SPREAD)
                    * Math.pow(spread[i] + tiny(), SHARE_OF_SPREAD);
        }
        return scale;
    }

    /** What is large misses by more: in part, since some of the noise comes on top. */
    private double size(double forecast) {
        return Math.pow(
                (Math.abs(forecast) + SIZE_FLOOR * usual) / ((1 + SIZE_FLOOR) * usual + Double.MIN_NORMAL), SIZE_POWER);
    }

    private double tiny() {
        return 1e-6 * usual + Double.MIN_NORMAL;
    }

    /** The sum over the first steps: the mix, and what has been spent of late. */
    double total(double[] mix, int origin, int steps) {
        double sum = 0;
        for (int i = 0; i < steps; i++) {
            sum += mix[i];
        }
        int at = origins[origin];
        int back = Math.min(frequency.runRate, at);
        double late = 0;
        for (int i = 1; i <= back; i++) {
            late += y[at - i];
        }
        return (1 - SHARE_OF_RUN_RATE) * sum + SHARE_OF_RUN_RATE * late / back * steps;
    }

    /** Mean miss of totals at the first backtests, a step, for a horizon that may be longer than theirs. */
    double totalScale(double[] weights, int backtests, int horizon) {
        return totalScale(weights, backtests, horizon, y.length);
    }

    private double totalScale(double[] weights, int backtests, int horizon, int until) {
        double missed = 0;
        double missedSteps = 0;
        int seen = 0;
        double span = 0;
        for (int o = 0; o < backtests; o++) {
            double[] past = mix(weights, o);
            if (past != null) {
                int steps = steps(o, until);
                span += steps;
                double actual = 0;
                double apart = 0;
                for (int i = 0; i < steps; i++) {
                    actual += actual(o, i);
                    apart += Math.abs(actual(o, i) - past[i]);
                }
                missed += Math.abs(actual - total(past, o, steps)) / steps;
                missedSteps += apart / steps;
                seen++;
            }
        }
        double mean = ((1 - SHARE_OF_STEPS) * missed + SHARE_OF_STEPS * missedSteps) / Math.max(1, seen);
        return mean * Math.sqrt(Math.max(1, horizon * Math.max(1, seen) / Math.max(1, span))) + tiny();
    }

    /** What honest backtests missed, in units of the scale: one sample for each step. */
    List<Miss> misses() {
        List<Miss> misses = new ArrayList<>();
        for (int o = Math.max(1, now - HONEST_BACKTESTS); o < now; o++) {
            double[] weights = weights(o);
            double[] mix = mix(weights, o);
            if (mix == null) {
                continue;
            }
            double[] scale = scale(weights, o, o, mix);
            int steps = steps(o);
            for (int i = 0; i < steps; i++) {
                misses.add(new Miss((double) i / horizon, (actual(o, i) - mix[i]) / scale[i]));
            }
        }
        return misses;
    }

    /**
     * The same for totals. Long horizons overlap with those of the backtests before: the mix and its scale are those that were
     * known at the backtest, else what was missed would have told them beforehand how much they miss.
     */
    double[] totalMisses() {
        double[] misses = new double[now];
        int count = 0;
        for (int o = Math.max(1, now - HONEST_BACKTESTS); o < now; o++) {
            double[] weights = weightsAt(o);
            double[] mix = mix(weights, o);
            if (mix == null) {
                continue;
            }
            int steps = steps(o);
            double actual = 0;
            for (int i = 0; i < steps; i++) {
                actual += actual(o, i);
            }
            misses[count++] = (actual - total(mix, o, steps)) / steps / totalScale(weights, o, steps, origins[o]);
        }
        return Arrays.copyOf(misses, count);
    }

    /**
     * A sample of what a mix misses.
     *
     * @param position of the step within the horizon, 0 to 1
     * @param inScales actual less forecast, in units of the scale at that step
     */
    record Miss(double position, double inScales) {}
}
