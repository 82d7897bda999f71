package io.costops.anomaly.forecast;

import java.util.Arrays;

/** Values that are missing: models need a series without holes. */
final class Gaps {
    /** Beyond, squares of values no longer fit. */
    private static final double LARGEST = 1e100;

    private Gaps() {}

    /** Leading gaps are cut off; every other one takes what was seen a cycle earlier or later, or just before. */
    static double[] fill(double[] history, Frequency frequency) {
        int first = 0;
        while (first < history.length && isGap(history[first])) {
            first++;
        }
        double[] y = Arrays.copyOfRange(history, first, history.length);
        for (int i = 0; i < y.length; i++) {
            if (isGap(y[i])) {
                y[i] = usual(y, i, frequency);
            }
        }
        return y;
    }

    private static boolean isGap(double value) {
        return !(Math.abs(value) <= LARGEST);
    }

    private static double usual(double[] y, int at, Frequency frequency) {
        for (int period : new int[] {frequency.longPeriod, frequency.period}) {
            if (at >= period) {
                return y[at - period];
            }
            for (int i = at + period; i < y.length; i += period) {
                if (!isGap(y[i])) {
                    return y[i];
                }
            }
        }
        return y[at - 1];
    }
}
