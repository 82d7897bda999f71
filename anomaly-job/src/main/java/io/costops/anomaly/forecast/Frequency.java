package io.costops.anomaly.forecast;

/** How far apart the values of a series are, and what that says about its rhythm. */
public enum Frequency {
    /** The rhythm of the day and of the week. */
    HOURLY(24, 168, 168, 8, 24, 48, 168, 2_000, 1),
    /** The rhythm of the week. */
    DAILY(7, 7, 7, 10, 3, 7, 28, 400, 1),
    /** The rhythm of the year, where there is one. */
    WEEKLY(52, 52, 13, 16, 4, 4, 13, 1_040, 0.92);

    /** Values in the shorter and in the longer cycle. */
    final int period;

    final int longPeriod;

    /** Values that tell what is spent at the moment. */
    final int runRate;

    /** How often at most the past is forecast to see who does it best, and how far apart. */
    final int backtests;

    final int backtestStep;

    /** So many values at least, and at most, lie between the last backtest and now: the horizon if it is between. */
    final int shortestBacktest;

    final int longestBacktest;

    /** What lies further back is left out. */
    final int longestHistory;

    /**
     * Backtests knew less than is known now, so that they miss more: intervals are narrower by this factor, measured on the training
     * half of M4.
     */
    final double intervalFactor;

    Frequency(
            int period,
            int longPeriod,
            int runRate,
            int backtests,
            int backtestStep,
            int shortestBacktest,
            int longestBacktest,
            int longestHistory,
            double intervalFactor) {
        this.period = period;
        this.longPeriod = longPeriod;
        this.runRate = runRate;
        this.backtests = backtests;
        this.backtestStep = backtestStep;
        this.shortestBacktest = shortestBacktest;
        this.longestBacktest = longestBacktest;
        this.longestHistory = longestHistory;
        this.intervalFactor = intervalFactor;
    }
}
