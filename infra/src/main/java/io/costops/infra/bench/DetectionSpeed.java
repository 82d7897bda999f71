package io.costops.infra.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What a point costs a detector and what a key keeps; by JMH in a JVM of its own. */
public final class DetectionSpeed {
    /**
     * What a detector needs.
     *
     * @param nanosPerPoint a point is one bucket of a key with all its metrics, or one value of a plain series
     * @param errorNanos half of the 99.9 % confidence interval
     * @param stateBytes of a key after six weeks
     */
    public record Figure(String detector, double nanosPerPoint, double errorNanos, int stateBytes) {}

    private DetectionSpeed() {}

    public static List<Figure> run(Duration iteration) {
        DetectionBenchmark benchmark = new DetectionBenchmark();
        benchmark.generate();
        List<Figure> figures = new ArrayList<>();
        figures.add(
                measure("spend of a key", "spend", iteration, benchmark.spend().toBytes().length));
        figures.add(
                measure("plain series", "series", iteration, benchmark.series().toBytes().length));
        return figures;
    }

    private static Figure measure(String name, String method, Duration iteration, int stateBytes) {
        TimeValue time = TimeValue.milliseconds(iteration.toMillis());
        Options options = new OptionsBuilder()
                .include(DetectionBenchmark.class.getName() + "\\." + method + "$")
                .threads(1)
                .forks(1)
                .warmupIterations(3)
                .warmupTime(time)
                .measurementIterations(5)
                .measurementTime(time)
                // The command's own JVM is set for a quick start, which is not what a server runs with.
                .jvmArgs("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData")
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            Result<?> result = new Runner(options).runSingle().getPrimaryResult();
            return new Figure(name, result.getScore(), result.getScoreError(), stateBytes);
        } catch (RunnerException e) {
            throw new BenchException("the detector can't be measured: " + e.getMessage(), e);
        }
    }
}
