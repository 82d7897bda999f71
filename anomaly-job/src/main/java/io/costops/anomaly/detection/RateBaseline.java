package io.costops.anomaly.detection;

/** The usual share of requests that something happens to, such as a failure: sums that are forgotten with a time constant of 3 days. */
final class RateBaseline {
    private static final double MEMORY_SECONDS = 3 * 86_400.0;
    /** Until so many requests are known, one in a hundred is assumed. */
    private static final double PRIOR_REQUESTS = 50;

    private static final double PRIOR_RATE = 0.01;
    private static final double LEAST_RATE = 0.002;

    private double requests = PRIOR_REQUESTS;
    private double events = PRIOR_RATE * PRIOR_REQUESTS;

    double rate() {
        return Math.max(LEAST_RATE, events / requests);
    }

    /** A burst counts as three times the usual share at most. */
    void learn(double bucketRequests, double bucketEvents, double bucketSeconds) {
        double keep = 1 - bucketSeconds / MEMORY_SECONDS;
        double largestRate = Math.max(0.3, 3 * events / requests);
        requests = requests * keep + bucketRequests;
        events = events * keep + Math.min(bucketEvents, bucketRequests * largestRate + 1);
        if (requests < PRIOR_REQUESTS) {
            events += PRIOR_RATE * (PRIOR_REQUESTS - requests);
            requests = PRIOR_REQUESTS;
        }
    }

    void write(StateOutput out) {
        out.writeDouble(requests);
        out.writeDouble(events);
    }

    void read(StateInput in) {
        requests = in.readDouble();
        events = in.readDouble();
    }
}
