package io.costops.anomaly.detection;

/**
 * The usual value of a ratio, such as tokens per request or cost per token: a slow mean of its logarithm, and how much
 * a single request scatters around it.
 */
final class RatioBaseline {
    /** A time constant of 48 hours with traffic. */
    private static final double GAIN = 1 / 48.0;

    private static final double SCATTER_SECONDS = 7 * 86_400.0;
    /** The prior scatter counts as much as so many buckets. */
    private static final double PRIOR_BUCKETS = 8;
    /** Fewer hours with traffic don't tell what is usual. */
    private static final int FEWEST_HOURS = 24;

    /** A ratio that has fallen for so many hours has fallen; savings need no longer proof. */
    private static final int HOURS_TO_FOLLOW_DOWN = 6;

    private static final int HOURS_TO_FOLLOW_UP = 24;

    /** A ratio lies within e^-41 and e^41, some 1e-18 to 1e18: what is multiplied by it stays finite. */
    private static final double LARGEST_LOG = 41;

    private double logMean;
    /** Variance of the logarithm for a single request. */
    private double scatter;

    private int hoursLearned;
    private int bucketsLearned;
    /** Hours in a row beyond 3 standard deviations: above when positive, below when negative. */
    private int hoursBeyond;

    private boolean known;
    private boolean jumped;

    RatioBaseline(double priorScatter) {
        this.scatter = priorScatter * priorScatter;
    }

    boolean isKnown() {
        return known;
    }

    /** Enough has been seen to judge by it. */
    boolean isSettled() {
        return hoursLearned >= FEWEST_HOURS;
    }

    double value() {
        return Math.exp(logMean);
    }

    double scatter() {
        return scatter;
    }

    void start(double ratio) {
        logMean = bounded(Math.log(ratio));
        known = true;
    }

    void shift(double logRatio) {
        logMean = bounded(logMean + logRatio);
        hoursBeyond = 0;
    }

    void learnScatter(double ratio, double requests, double bucketSeconds) {
        double surprise = Math.log(ratio) - logMean;
        double clipped = Math.min(surprise * surprise * requests, 9 * scatter + 1e-6);
        bucketsLearned++;
        scatter +=
                Math.max(bucketSeconds / SCATTER_SECONDS, 1 / (PRIOR_BUCKETS + bucketsLearned)) * (clipped - scatter);
    }

    /**
     * Learns from an hour whose log ratio to the mean is given.
     *
     * @param hourVariance variance of the log ratio of an hour, apart from sampling
     * @return by how much the mean moved
     */
    double learnHour(double logRatio, double requests, double hourVariance) {
        hoursLearned++;
        double sampling = scatter / requests;
        double clip = 3 * Math.sqrt(hourVariance + sampling);
        if (Math.abs(logRatio) <= clip) {
            hoursBeyond = 0;
        } else if (logRatio > 0) {
            hoursBeyond = Math.max(hoursBeyond, 0) + 1;
        } else {
            hoursBeyond = Math.min(hoursBeyond, 0) - 1;
        }
        double step;
        jumped = false;
        if (hoursBeyond >= HOURS_TO_FOLLOW_UP || -hoursBeyond >= HOURS_TO_FOLLOW_DOWN) {
            step = logRatio;
            hoursBeyond = 0;
            jumped = true;
        } else {
            double trust = hoursLearned < 24 ? 1 : hourVariance / (hourVariance + sampling);
            step = Math.max(GAIN, 1.0 / hoursLearned) * trust * Math.max(-clip, Math.min(clip, logRatio));
        }
        double moved = bounded(logMean + step) - logMean;
        logMean += moved;
        return moved;
    }

    private static double bounded(double log) {
        return Math.max(-LARGEST_LOG, Math.min(LARGEST_LOG, log));
    }

    /** The last hour moved the mean at once: it had been elsewhere for hours. */
    boolean hasJumped() {
        return jumped;
    }

    void write(StateOutput out) {
        out.writeDouble(logMean);
        out.writeDouble(scatter);
        out.writeInt(hoursLearned);
        out.writeInt(bucketsLearned);
        out.writeInt(hoursBeyond);
        out.writeBoolean(known);
    }

    void read(StateInput in) {
        logMean = in.readDouble();
        scatter = in.readDouble();
        hoursLearned = in.readInt();
        bucketsLearned = in.readInt();
        hoursBeyond = in.readInt();
        known = in.readBoolean();
    }
}
