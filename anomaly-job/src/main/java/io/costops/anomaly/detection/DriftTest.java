package io.costops.anomaly.detection;

import java.util.Arrays;

/**
 * Is a daily total rising day by day, beyond its usual growth?
 *
 * <p>A likelihood ratio test: the logarithms of the days are explained by a level, slow growth, the weekend and the day of the
 * week; then by a ramp as well, begun at any of the last days. The ramp's t statistic is the score. Days that fit neither way
 * weigh less (Huber), and no single day may decide. The projection is Frisch and Waugh's: the days are explained once,
 * each ramp costs one solve.
 */
final class DriftTest {
    /** Days of history at least. */
    static final int FEWEST_DAYS = 14;

    private static final int SHORTEST_RAMP_DAYS = 3;
    private static final int LONGEST_RAMP_DAYS = 12;
    private static final int FEWEST_DAYS_BEFORE = 9;

    /** Level, growth, weekend, seven days of the week. */
    private static final int TERMS = 10;

    private static final double USUAL_GROWTH_PER_DAY = 0.002;
    private static final double GROWTH_DEVIATION_PER_DAY = 0.004;
    private static final double WEEKEND_DEVIATION = 2;
    private static final double DAY_OF_WEEK_DEVIATION = 0.05;
    /** The prior noise counts as much as so many days. */
    private static final double PRIOR_DAYS = 8;

    private static final int ROUNDS = 3;
    private static final double HUBER = 2;
    /** Without its best day a ramp may lose so much of its score. */
    private static final double SINGLE_DAY_SHARE = 2;

    /**
     * @param z how many standard deviations the slope is above 0; 0 without enough history
     * @param slopePerDay growth of the logarithm per day
     * @param days since the ramp began
     */
    record Drift(double z, double slopePerDay, int days) {
        static final Drift NONE = new Drift(0, 0, 0);
    }

    private DriftTest() {}

    /**
     * @param day epoch days, ascending
     * @param middle the middle of what was observed of each day, in epoch days
     * @param value logarithm of the day's total
     * @param variance known variance of each value: sampling, a part of a day, a day that is usually odd
     * @param priorNoise standard deviation from day to day that is assumed at first
     */
    static Drift strongest(
            long[] day, double[] middle, double[] value, double[] variance, int count, double priorNoise) {
        if (count < FEWEST_DAYS) {
            return Drift.NONE;
        }
        double[] weight = new double[count];
        double[] robust = new double[count];
        Arrays.fill(robust, 1);
        double[] rhs = new double[TERMS];
        double[] projected = new double[TERMS];
        double[] explained = new double[TERMS];
        double[] ramp = new double[count];
        double noise = priorNoise;
        Drift best = Drift.NONE;
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < count; i++) {
                weight[i] = robust[i] * noise * noise / (noise * noise + variance[i]);
            }
            double[][] factor = normalEquations(day, middle, value, weight, count, noise, rhs);
            System.arraycopy(rhs, 0, explained, 0, TERMS);
            solve(factor, explained);
            best = Drift.NONE;
            double bestSlope = 0;
            double[] bestTerms = explained;
            int bestStart = count;
            for (int start = count - SHORTEST_RAMP_DAYS;
                    start >= FEWEST_DAYS_BEFORE && day[count - 1] - day[start] < LONGEST_RAMP_DAYS;
                    start--) {
                double rampRamp = 0;
                double rampValue = 0;
                Arrays.fill(projected, 0);
                for (int i = start; i < count; i++) {
                    ramp[i] = middle[i] - day[start];
                    double weighted = weight[i] * ramp[i];
                    rampRamp += weighted * ramp[i];
                    rampValue += weighted * value[i];
                    addTerms(projected, weighted, day[i], middle[i] - middle[count - 1]);
                }
                for (int k = 0; k < TERMS; k++) {
                    rampValue -= projected[k] * explained[k];
                }
                double[] rampTerms = projected.clone();
                solve(factor, rampTerms);
                for (int k = 0; k < TERMS; k++) {
                    rampRamp -= projected[k] * rampTerms[k];
                }
                if (rampRamp <= 1e-9) {
                    continue;
                }
                double slope = rampValue / rampRamp;
                double z = slope * Math.sqrt(rampRamp) / noise;
                if (z <= best.z()) {
                    continue;
                }
                for (int i = start; i < count; i++) {
                    double ownRamp = ramp[i] - term(rampTerms, day[i], middle[i] - middle[count - 1]);
                    double ownValue = value[i] - term(explained, day[i], middle[i] - middle[count - 1]);
                    double left = rampRamp - weight[i] * ownRamp * ramp[i];
                    double without =
                            left <= 1e-9 ? 0 : (rampValue - weight[i] * ownRamp * ownValue) / (Math.sqrt(left) * noise);
                    z = Math.min(z, without + SINGLE_DAY_SHARE);
                }
                if (z > best.z()) {
                    best = new Drift(z, slope, (int) (day[count - 1] - day[start]) + 1);
                    bestSlope = slope;
                    bestStart = start;
                    bestTerms = new double[TERMS];
                    for (int k = 0; k < TERMS; k++) {
                        bestTerms[k] = explained[k] - slope * rampTerms[k];
                    }
                }
            }
            double squares = priorNoise * priorNoise * PRIOR_DAYS;
            for (int i = 0; i < count; i++) {
                double fitted = term(bestTerms, day[i], middle[i] - middle[count - 1])
                        + (i >= bestStart ? bestSlope * (middle[i] - day[bestStart]) : 0);
                double miss = value[i] - fitted;
                double scaled = Math.abs(miss) / Math.sqrt(noise * noise + variance[i]);
                robust[i] = scaled > HUBER ? HUBER / scaled : 1;
                double share = noise * noise / (noise * noise + variance[i]);
                squares += Math.min(miss * miss * share, 6 * noise * noise);
            }
            noise = Math.sqrt(squares / (PRIOR_DAYS + count));
        }
        return best;
    }

    /** Cholesky factor of X'WX plus the priors; {@code rhs} becomes X'Wy plus the priors' means. */
    private static double[][] normalEquations(
            long[] day, double[] middle, double[] value, double[] weight, int count, double noise, double[] rhs) {
        double[][] a = new double[TERMS][TERMS];
        double square = noise * noise;
        a[0][0] = 1e-9;
        a[1][1] = square / (GROWTH_DEVIATION_PER_DAY * GROWTH_DEVIATION_PER_DAY);
        a[2][2] = square / (WEEKEND_DEVIATION * WEEKEND_DEVIATION);
        for (int k = 3; k < TERMS; k++) {
            a[k][k] = square / (DAY_OF_WEEK_DEVIATION * DAY_OF_WEEK_DEVIATION);
        }
        Arrays.fill(rhs, 0);
        rhs[1] = a[1][1] * USUAL_GROWTH_PER_DAY;
        for (int i = 0; i < count; i++) {
            double w = weight[i];
            double age = middle[i] - middle[count - 1];
            int dow = WeekClock.dayOfWeek(day[i]);
            int k = 3 + dow;
            a[0][0] += w;
            a[1][0] += w * age;
            a[1][1] += w * age * age;
            if (WeekClock.isWeekend(dow)) {
                a[2][0] += w;
                a[2][1] += w * age;
                a[2][2] += w;
                a[k][2] += w;
            }
            a[k][0] += w;
            a[k][1] += w * age;
            a[k][k] += w;
            addTerms(rhs, w * value[i], day[i], age);
        }
        for (int i = 0; i < TERMS; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = a[i][j];
                for (int k = 0; k < j; k++) {
                    sum -= a[i][k] * a[j][k];
                }
                a[i][j] = i == j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j][j];
            }
        }
        return a;
    }

    private static void addTerms(double[] into, double amount, long day, double age) {
        int dow = WeekClock.dayOfWeek(day);
        into[0] += amount;
        into[1] += amount * age;
        if (WeekClock.isWeekend(dow)) {
            into[2] += amount;
        }
        into[3 + dow] += amount;
    }

    private static double term(double[] terms, long day, double age) {
        int dow = WeekClock.dayOfWeek(day);
        return terms[0] + terms[1] * age + (WeekClock.isWeekend(dow) ? terms[2] : 0) + terms[3 + dow];
    }

    /** Solves L L' x = b in place. */
    private static void solve(double[][] factor, double[] b) {
        for (int i = 0; i < TERMS; i++) {
            double sum = b[i];
            for (int k = 0; k < i; k++) {
                sum -= factor[i][k] * b[k];
            }
            b[i] = sum / factor[i][i];
        }
        for (int i = TERMS - 1; i >= 0; i--) {
            double sum = b[i];
            for (int k = i + 1; k < TERMS; k++) {
                sum -= factor[k][i] * b[k];
            }
            b[i] = sum / factor[i][i];
        }
    }
}
