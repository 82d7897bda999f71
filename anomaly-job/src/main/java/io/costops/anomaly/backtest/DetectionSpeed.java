package io.costops.anomaly.backtest;

import io.costops.anomaly.detection.SeriesDetector;
import io.costops.anomaly.detection.SpendBucket;
import io.costops.anomaly.detection.SpendDetector;
import io.costops.anomaly.detection.SpendOptions;
import java.time.Duration;
import java.util.Random;

/**
 * How long a point takes and how much a key keeps. A plain loop after a warm-up, the best of several rounds: what the machine can
 * do when nothing else disturbs it.
 *
 * @param nanosPerPoint for all signals of a key together
 * @param stateBytes of a key after six weeks
 */
public record DetectionSpeed(double nanosPerPoint, int stateBytes) {
    private static final int ROUNDS = 5;
    private static final int BUCKET_SECONDS = 300;
    private static final int BUCKETS = 42 * 288;
    private static final long START = 1_767_571_200L;

    /** Requests, errors, tokens and cost of a key in buckets of five minutes. */
    public static DetectionSpeed ofSpend() {
        Random random = new Random(1);
        SpendBucket[] buckets = new SpendBucket[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            double requests = Math.rint(rhythm(i) * (1 + 0.2 * random.nextGaussian()) + 1);
            double tokens = Math.rint(requests * 1_500 * (1 + 0.1 * random.nextGaussian()));
            buckets[i] = new SpendBucket(
                    START + (long) i * BUCKET_SECONDS, requests, Math.rint(requests * 0.01), tokens, tokens * 4e-6);
        }
        double best = Double.POSITIVE_INFINITY;
        int bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            SpendDetector detector = new SpendDetector(SpendOptions.defaults(Duration.ofSeconds(BUCKET_SECONDS)));
            long began = System.nanoTime();
            for (SpendBucket bucket : buckets) {
                bytes += detector.observe(bucket).size();
            }
            best = Math.min(best, (double) (System.nanoTime() - began) / BUCKETS);
            bytes = detector.toBytes().length;
        }
        return new DetectionSpeed(best, bytes);
    }

    /** One number of a plain series. */
    public static DetectionSpeed ofSeries() {
        Random random = new Random(1);
        double[] values = new double[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            values[i] = rhythm(i) * (1 + 0.2 * random.nextGaussian());
        }
        double best = Double.POSITIVE_INFINITY;
        int bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            SeriesDetector detector = new SeriesDetector();
            long began = System.nanoTime();
            for (int i = 0; i < BUCKETS; i++) {
                bytes += detector.observe(START + (long) i * BUCKET_SECONDS, values[i])
                                .alert()
                        ? 1
                        : 0;
            }
            best = Math.min(best, (double) (System.nanoTime() - began) / BUCKETS);
            bytes = detector.toBytes().length;
        }
        return new DetectionSpeed(best, bytes);
    }

    private static double rhythm(int bucket) {
        return 60 * (1.2 + Math.sin(2 * Math.PI * bucket / 288));
    }
}
