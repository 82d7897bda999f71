package io.costops.anomaly.forecast;

/** The history of a series without gaps, and its logarithm where every value is above 0. */
final class Series {
    final double[] values;
    /** Null where a value is 0 or below: models of the logarithm then don't apply. */
    final double @org.jspecify.annotations.Nullable [] logs;

    Series(double[] values) {
        this.values = values;
        boolean positive = true;
        for (double value : values) {
            positive &= value > 0;
        }
        if (positive) {
            double[] logarithms = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                logarithms[i] = Math.log(values[i]);
            }
            this.logs = logarithms;
        } else {
            this.logs = null;
        }
    }

    int length() {
        return values.length;
    }

    /** The values themselves or their logarithms; null where a model of the logarithm doesn't apply. */
    double @org.jspecify.annotations.Nullable [] on(boolean logarithmic) {
        return logarithmic ? logs : values;
    }
}
