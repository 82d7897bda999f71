package io.costops.anomaly.detection;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/**
 * Seeded traffic of one key in 5-minute buckets: a day's rhythm, quieter weekends, noise from day to day and from bucket to
 * bucket; and what a test plants in it.
 */
final class Traffic {
    static final Instant MONDAY = Instant.parse("2026-05-04T00:00:00Z");
    static final int BUCKET_SECONDS = 300;
    static final int BUCKETS_PER_DAY = 288;

    private static final double TOKENS_PER_REQUEST = 1500;
    private static final double PRICE_PER_TOKEN = 4e-6;

    private final Random random;
    private final double requestsPerBucket;
    private double dayFactor = 1;
    private double wander;

    /** What is planted, by bucket: 1 leaves things as they are. */
    interface Plant {
        Plant NOTHING = bucket -> Change.NONE;

        Change at(int bucket);
    }

    record Change(double requests, double tokens, double price, double errorRate, double cachedShare) {
        static final Change NONE = new Change(1, 1, 1, 0.01, 0.6);

        static Change requests(double factor) {
            return new Change(factor, 1, 1, 0.01, 0.6);
        }
    }

    Traffic(long seed, double requestsPerBucket) {
        this.random = new Random(seed);
        this.requestsPerBucket = requestsPerBucket;
    }

    static long secondsOf(int bucket) {
        return MONDAY.getEpochSecond() + (long) bucket * BUCKET_SECONDS;
    }

    static int day(double days) {
        return (int) Math.round(days * BUCKETS_PER_DAY);
    }

    static SpendOptions options() {
        return SpendOptions.defaults(Duration.ofSeconds(BUCKET_SECONDS));
    }

    SpendBucket bucket(int index, Plant plant) {
        if (index % BUCKETS_PER_DAY == 0) {
            dayFactor = Math.exp(0.08 * random.nextGaussian());
        }
        wander = 0.9 * wander + 0.1 * Math.sqrt(1 - 0.81) * random.nextGaussian();
        double hour = index % BUCKETS_PER_DAY / 12.0;
        boolean weekend = index / BUCKETS_PER_DAY % 7 >= 5;
        double rhythm = (0.3 + Math.exp(-Math.pow((hour - 14) / 4, 2))) * (weekend ? 0.4 : 1);
        Change change = plant.at(index);
        double requests = poisson(requestsPerBucket * rhythm * dayFactor * Math.exp(wander) * change.requests());
        double tokens = requests == 0
                ? 0
                : Math.rint(requests
                        * TOKENS_PER_REQUEST
                        * change.tokens()
                        * Math.exp(0.6 * random.nextGaussian() / Math.sqrt(requests)));
        double cached = tokens * change.cachedShare();
        double uncachedAgain = (1 - 0.9 * change.cachedShare()) / (1 - 0.9 * 0.6);
        double errors = Math.min(requests, poisson(requests * change.errorRate()));
        return new SpendBucket(
                secondsOf(index),
                requests,
                errors,
                tokens,
                cached,
                tokens * PRICE_PER_TOKEN * change.price() * uncachedAgain);
    }

    private double poisson(double mean) {
        if (mean > 50) {
            return Math.max(0, Math.rint(mean + Math.sqrt(mean) * random.nextGaussian()));
        }
        double limit = Math.exp(-mean);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }
}
