package io.costops.anomaly.detection;

/**
 * What one key used in one bucket of time. A bucket that never came is not a bucket of zeros: don't make one up; a key
 * that was watched and idle has a bucket of zeros.
 *
 * @param startSeconds when the bucket begins, seconds since 1970 UTC
 * @param retries requests that were a further attempt, NaN where it isn't known
 * @param cachedTokens tokens read from a prompt cache, NaN where it isn't known
 * @param cost in the billing currency; a value of a series, hence binary
 */
public record SpendBucket(
        long startSeconds,
        double requests,
        double errors,
        double retries,
        double tokens,
        double cachedTokens,
        double cost) {
    /** Nobody spends so much in a bucket; sums of such numbers still fit single precision. */
    private static final double LARGEST = 1e15;

    public SpendBucket(long startSeconds, double requests, double errors, double tokens, double cost) {
        this(startSeconds, requests, errors, tokens, Double.NaN, cost);
    }

    public SpendBucket(
            long startSeconds, double requests, double errors, double tokens, double cachedTokens, double cost) {
        this(startSeconds, requests, errors, Double.NaN, tokens, cachedTokens, cost);
    }

    /** A bucket with a number that isn't one, or that can't be true, can't be judged and is as good as missing. */
    public boolean isNumeric() {
        return isPlausible(requests) && isPlausible(errors) && isPlausible(tokens) && isPlausible(cost);
    }

    private static boolean isPlausible(double number) {
        return Math.abs(number) <= LARGEST;
    }

    /** An adjustment: it corrects what is already counted. */
    boolean isCorrection() {
        return requests < 0 || errors < 0 || tokens < 0 || cost < 0;
    }
}
