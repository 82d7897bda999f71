package io.costops.anomaly.detection;

import java.util.Arrays;

/** Six weeks of daily totals, for the drift test: ln(requests) and ln(cost per request) of each full day. */
final class DailyHistory {
    private static final int DAYS = 42;
    /** From day to day traffic moves by about 9 %, the cost of a request by about 3 %, until the key has shown its own. */
    private static final double PRIOR_REQUEST_NOISE = 0.09;

    private static final double PRIOR_COST_NOISE = 0.03;
    /** A month's edge is odd: its days vary by 50 % more. */
    private static final double MONTHS_EDGE_VARIANCE = 0.25;

    private final float[] logRequests = new float[DAYS];
    private final float[] logCostPerRequest = new float[DAYS];
    private long newest = Long.MIN_VALUE;

    DailyHistory() {
        Arrays.fill(logRequests, Float.NaN);
        Arrays.fill(logCostPerRequest, Float.NaN);
    }

    void add(long epochDay, double requests, double costPerRequest) {
        long first = newest == Long.MIN_VALUE ? epochDay : Math.max(newest + 1, epochDay - DAYS + 1);
        for (long d = first; d <= epochDay; d++) {
            logRequests[at(d)] = Float.NaN;
            logCostPerRequest[at(d)] = Float.NaN;
        }
        newest = epochDay;
        logRequests[at(epochDay)] = (float) Math.log(requests + 1);
        logCostPerRequest[at(epochDay)] = costPerRequest > 0 ? (float) Math.log(costPerRequest) : Float.NaN;
    }

    /** A step that has become the new normal is taken out of the past: it isn't a drift. */
    void restateRequests(double logStep) {
        restate(logRequests, logStep);
    }

    void restateCostPerRequest(double logStep) {
        restate(logCostPerRequest, logStep);
    }

    private static void restate(float[] series, double logStep) {
        for (int i = 0; i < series.length; i++) {
            series[i] += (float) logStep;
        }
    }

    /** Requests of an average day of the last weeks. */
    double meanRequests() {
        double sum = 0;
        int count = 0;
        for (float value : logRequests) {
            if (!Float.isNaN(value)) {
                sum += Math.exp(value);
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    DriftTest.Drift requestDrift() {
        return drift(logRequests, PRIOR_REQUEST_NOISE, 1, Double.NaN, 0);
    }

    /**
     * As if the day had ended: a part of the newest day, scaled to the whole by the profile.
     *
     * @param hours how much of the day has been seen
     */
    DriftTest.Drift requestDrift(double estimatedRequests, int hours) {
        return drift(logRequests, PRIOR_REQUEST_NOISE, 1, Math.log(estimatedRequests + 1), hours);
    }

    DriftTest.Drift costDrift(double scatterPerRequest) {
        return drift(logCostPerRequest, PRIOR_COST_NOISE, scatterPerRequest, Double.NaN, 0);
    }

    private DriftTest.Drift drift(
            float[] series, double priorNoise, double scatterPerRequest, double today, int hoursOfToday) {
        if (newest == Long.MIN_VALUE) {
            return DriftTest.Drift.NONE;
        }
        long[] day = new long[DAYS + 1];
        double[] middle = new double[DAYS + 1];
        double[] value = new double[DAYS + 1];
        double[] variance = new double[DAYS + 1];
        int count = 0;
        for (long d = newest - DAYS + 1; d <= newest; d++) {
            float v = series[at(d)];
            if (Float.isNaN(v)) {
                continue;
            }
            day[count] = d;
            middle[count] = d + 0.5;
            value[count] = v;
            variance[count] = scatterPerRequest * Math.exp(-logRequests[at(d)])
                    + (WeekClock.isMonthsEdge(d) ? MONTHS_EDGE_VARIANCE : 0);
            count++;
        }
        if (!Double.isNaN(today) && count > 0) {
            day[count] = newest + 1;
            middle[count] = newest + 1 + hoursOfToday / 48.0;
            value[count] = today;
            double unseen = 24.0 / hoursOfToday - 1;
            variance[count] = scatterPerRequest * Math.exp(-today) * (1 + unseen)
                    + unseen * PRIOR_REQUEST_NOISE * PRIOR_REQUEST_NOISE
                    + (WeekClock.isMonthsEdge(newest + 1) ? MONTHS_EDGE_VARIANCE : 0);
            count++;
        }
        return DriftTest.strongest(day, middle, value, variance, count, priorNoise);
    }

    private static int at(long epochDay) {
        return (int) Math.floorMod(epochDay, (long) DAYS);
    }

    void write(StateOutput out) {
        out.writeLong(newest);
        out.writeFloats(logRequests);
        out.writeFloats(logCostPerRequest);
    }

    void read(StateInput in) {
        newest = in.readLong();
        in.readFloats(logRequests);
        in.readFloats(logCostPerRequest);
    }
}
