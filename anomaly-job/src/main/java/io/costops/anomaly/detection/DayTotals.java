package io.costops.anomaly.detection;

/**
 * The totals of the day in progress, for the drift test: incidents are left out and what is missing is filled in with the
 * usual, so that drift is what remains.
 */
final class DayTotals {
    private static final int FEWEST_HOURS = 20;

    private double requests;
    /** What the profile expected in the same hours. */
    private double expected;

    private double cost;
    private double costRequests;
    private int hours;

    /** An hour that nothing came from. */
    void addMissingHour(double usual) {
        if (!Double.isNaN(usual)) {
            requests += usual;
            expected += usual;
            hours++;
        }
    }

    /**
     * An hour that was seen, wholly or in part.
     *
     * @param usual what the profile expects of the whole hour, NaN while it doesn't know
     * @param seenShare how much of the hour was seen
     * @param variance variance of the log ratio of an hour
     * @param abnormal the requests of this hour are part of an incident
     */
    void addHour(double seen, double usual, double seenShare, double variance, boolean abnormal) {
        double counted = seen;
        if (!Double.isNaN(usual)) {
            counted += usual * (1 - seenShare);
            counted = Math.min(counted, usual * Math.exp(3 * Math.sqrt(variance + 1 / (usual + 1))));
            if (abnormal) {
                counted = Math.min(counted, usual);
            }
            expected += usual;
        }
        requests += counted;
        hours++;
    }

    void addCost(double ofRequests, double amount) {
        cost += amount;
        costRequests += ofRequests;
    }

    /** A new level counts for the whole day. */
    void restateRequests(double logStep) {
        requests *= Math.exp(logStep);
        expected *= Math.exp(logStep);
    }

    void restateCost(double logStep) {
        cost *= Math.exp(logStep);
    }

    boolean isComplete() {
        return hours >= FEWEST_HOURS;
    }

    double requests() {
        return requests;
    }

    /** 0 where nothing was spent. */
    double costPerRequest() {
        return costRequests > 0 ? cost / costRequests : 0;
    }

    /** The whole day, scaled from its first hours by the profile; NaN if they don't tell. */
    double estimatedRequests(double usualOfWholeDay) {
        return expected > 0 && usualOfWholeDay > 0 ? requests / expected * usualOfWholeDay : Double.NaN;
    }

    void clear() {
        requests = 0;
        expected = 0;
        cost = 0;
        costRequests = 0;
        hours = 0;
    }

    void write(StateOutput out) {
        out.writeDouble(requests);
        out.writeDouble(expected);
        out.writeDouble(cost);
        out.writeDouble(costRequests);
        out.writeByte(hours);
    }

    void read(StateInput in) {
        requests = in.readDouble();
        expected = in.readDouble();
        cost = in.readDouble();
        costRequests = in.readDouble();
        hours = in.readByte();
    }
}
