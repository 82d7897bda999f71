package io.costops.infra.bench;

import io.costops.anomaly.detection.SeriesDetector;
import io.costops.anomaly.detection.SpendBucket;
import io.costops.anomaly.detection.SpendDetector;
import io.costops.anomaly.detection.SpendOptions;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Six weeks of one key, bucket by bucket, as the job would see them: a point is one bucket with all its metrics. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // JMH calls generate() first
public class DetectionBenchmark {
    static final int BUCKET_SECONDS = 300;
    static final int BUCKETS = 42 * 288;
    /** A Monday. */
    private static final long START = 1_767_571_200L;

    private SpendBucket[] buckets;
    private double[] values;

    /** A day's rhythm and noise, the same every time. */
    @Setup
    public void generate() {
        Random random = new Random(1);
        buckets = new SpendBucket[BUCKETS];
        values = new double[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            double usual = 60 * (1.2 + Math.sin(2 * Math.PI * i / 288));
            double requests = Math.max(0, Math.rint(usual * (1 + 0.2 * random.nextGaussian())));
            double tokens = Math.rint(requests * 1_500 * (1 + 0.1 * random.nextGaussian()));
            buckets[i] = new SpendBucket(
                    START + (long) i * BUCKET_SECONDS, requests, Math.rint(requests * 0.01), tokens, tokens * 4e-6);
            values[i] = requests;
        }
    }

    @Benchmark
    @OperationsPerInvocation(BUCKETS)
    public SpendDetector spend() {
        SpendDetector detector = new SpendDetector(SpendOptions.defaults(Duration.ofSeconds(BUCKET_SECONDS)));
        for (SpendBucket bucket : buckets) {
            detector.observe(bucket);
        }
        return detector;
    }

    @Benchmark
    @OperationsPerInvocation(BUCKETS)
    public SeriesDetector series() {
        SeriesDetector detector = new SeriesDetector();
        for (int i = 0; i < BUCKETS; i++) {
            detector.observe(START + (long) i * BUCKET_SECONDS, values[i]);
        }
        return detector;
    }
}
