package io.costops.anomaly.forecast;

/** Models that share their work. */
interface ModelFamily {
    /** How many models it holds. */
    int models();

    /**
     * Forecasts from each origin: what a model says at origin o for step i comes from {@code values[0 .. o - 1]} alone, and coefficients
     * that are fitted come from before the first origin; at the last origin, which is the end of the series, from all of it.
     *
     * @param origins ascending
     * @param forecasts model, origin, step; a model that doesn't apply leaves its rows null
     * @param first where this family's models begin
     */
    void run(Series series, int[] origins, int horizon, double[][][] forecasts, int first);
}
