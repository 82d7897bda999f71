package io.costops.infra.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Events a second on one core from an envelope's bytes to its cost, and what each allocates; by JMH in JVMs of their own. */
public final class ParsePrice {
    /** Four times this is what the optimising compiler needs for thirty parsers on a busy machine. */
    private static final TimeValue WARM_UP = TimeValue.seconds(5);

    private static final String ALLOCATED = "gc.alloc.rate.norm";
    private static final List<Step> STEPS = List.of(
            new Step("readTokens", "JSON tokens only (the floor)"),
            new Step("parse", "parse"),
            new Step("price", "price"),
            new Step("parseAndPrice", "parse + price"));

    private record Step(String method, String name) {}

    /**
     * What to measure.
     *
     * @param cases NDJSON of {@code {id, source_kind, context, raw}}
     * @param kind only this source kind; empty for all
     * @param forks JVMs one after the other, for what differs from one to the next
     * @param iteration length of each of the five iterations that count, after twenty seconds to warm up
     */
    public record Plan(Path cases, String kind, int forks, Duration iteration) {}

    /**
     * What a step does.
     *
     * @param eventsPerSecond of the processor's time of one thread: what a core does that does nothing else, but for
     *     collecting garbage
     * @param wallPerSecond as the clock on the wall has it, on the machine as it was
     * @param bytesPerEvent allocated on the heap
     */
    public record Figure(String step, double eventsPerSecond, double wallPerSecond, double bytesPerEvent) {
        public double microsPerEvent() {
            return 1e6 / eventsPerSecond;
        }
    }

    private ParsePrice() {}

    /**
     * Measures.
     *
     * @param progress told what is measured now
     */
    public static List<Figure> run(Plan plan, Consumer<String> progress) {
        if (!Files.isRegularFile(plan.cases())) {
            throw new BenchException("there is no file " + plan.cases() + ": name one of cases with --cases");
        }
        List<Figure> figures = new ArrayList<>();
        for (Step step : STEPS) {
            progress.accept(step.name());
            figures.add(measure(plan, step));
        }
        return figures;
    }

    private static Figure measure(Plan plan, Step step) {
        TimeValue iteration = TimeValue.milliseconds(plan.iteration().toMillis());
        Options options = new OptionsBuilder()
                .include(UsageBenchmark.class.getName() + "\\." + step.method() + "$")
                .param("cases", plan.cases().toAbsolutePath().toString())
                .param("kind", plan.kind())
                .threads(1)
                .forks(plan.forks())
                .warmupIterations(4)
                .warmupTime(WARM_UP)
                .measurementIterations(5)
                .measurementTime(iteration)
                // The command's own JVM is set for a quick start, which is not what a server runs with.
                .jvmArgs("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", "-XX:-UsePerfData")
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            RunResult result = new Runner(options).runSingle();
            return new Figure(
                    step.name(),
                    secondary(result, "counted") * 1e9 / secondary(result, "cpuNanos"),
                    result.getPrimaryResult().getScore(),
                    secondary(result, ALLOCATED));
        } catch (RunnerException e) {
            throw new BenchException("the step " + step.name() + " could not be measured: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("rawtypes") // as JMH declares them
    private static double secondary(RunResult result, String name) {
        for (var secondary : result.getSecondaryResults().entrySet()) {
            if (secondary.getKey().endsWith(name)) {
                return secondary.getValue().getScore();
            }
        }
        throw new BenchException("JMH does not tell " + name);
    }
}
