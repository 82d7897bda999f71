package io.costops.infra.cli;

import io.costops.infra.demo.Demo;
import io.costops.infra.demo.DemoException;
import io.costops.infra.demo.Memory;
import io.costops.infra.demo.TrafficPlan;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformEvent;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.platform.PlatformOptions.Ports;
import io.costops.infra.platform.PlatformState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole platform with a month of traffic. */
@Command(
        name = "demo",
        description = {
            "Starts the whole platform, imports prices, publishes a month of traffic of five companies, waits until the ledger"
                    + " accounts for every record, and shows what it cost.",
            "It then stays up until Ctrl-C, with its addresses shown. It has a data directory of its own, demo in the"
                    + " platform's, and begins with an empty one."
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Runnable {

    /** Set by the launcher: whether the output goes to a terminal. */
    private static final String TERMINAL_PROPERTY = "costops.terminal";

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Option(names = "--exit", description = "Stop everything once the report is printed.")
    private boolean exit;

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "" + TrafficPlan.DEFAULT_DAYS,
            description = "Days of traffic, up to now (default: ${DEFAULT-VALUE}).")
    private int days;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "" + TrafficPlan.DEFAULT_SEED,
            description = "Which traffic (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--calls-per-day",
            paramLabel = "N",
            defaultValue = "" + TrafficPlan.DEFAULT_CALLS_PER_DAY,
            description = "Calls on an average day (default: ${DEFAULT-VALUE}).")
    private int callsPerDay;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        long started = System.nanoTime();
        PrintWriter out = spec.commandLine().getOut();
        Clock clock = Clock.systemUTC();
        TrafficPlan plan = TrafficPlan.endingAt(clock.instant())
                .withDays(days)
                .withSeed(seed)
                .withCallsPerDay(callsPerDay);
        Demo demo = new Demo(plan, clock, out, Boolean.getBoolean(TERMINAL_PROPERTY));
        Path directory = data.demoPath();
        empty(directory);
        out.println("Platform: starting in " + directory);
        Platform platform = Platform.builder(directory)
                .ports(Ports.usual())
                .environment(System.getenv())
                .onEvent(event -> say(event, out))
                .beforeJobs(demo::fillBooks)
                .start();
        CountDownLatch closed = new CountDownLatch(1);
        Thread down = new Thread(
                () -> {
                    platform.close();
                    closed.countDown();
                },
                "platform-down");
        Runtime.getRuntime().addShutdownHook(down);
        out.printf(Locale.ROOT, "Platform: up after %.1f s%n", seconds(started));
        try {
            demo.run(platform);
            out.println();
            Memory memory = Memory.now();
            out.printf(
                    Locale.ROOT,
                    "Done in %.1f s; %.1f GiB of memory in %d processes%n",
                    seconds(started),
                    memory.bytes() / (double) (1L << 30),
                    memory.processes());
            if (!exit) {
                show(platform.addresses(), out);
                closed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stop(platform, down);
        }
        out.printf(Locale.ROOT, "Stopped everything, %.1f s after the start%n", seconds(started));
    }

    /** Once: by this thread, or by the hook of a signal that came first. */
    private static void stop(Platform platform, Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException onTheWayDown) {
            return;
        }
        platform.close();
    }

    private static void say(PlatformEvent event, PrintWriter out) {
        switch (event.kind()) {
            case READY, DIED, BACKING_OFF -> out.println("  " + event);
            case STARTING, STOPPED -> {
                // Ready says it all.
            }
        }
    }

    private static void show(PlatformAddresses addresses, PrintWriter out) {
        out.println();
        out.println("It stays up. Ctrl-C stops it.");
        line(out, "Kafka", addresses.kafka());
        line(out, "Schema registry", addresses.schemaRegistry());
        line(out, "ClickHouse", addresses.clickHouse().map(PlatformAddresses.ClickHouse::url));
        line(out, "Flink", addresses.flink());
        line(out, "usage-ingest", addresses.ingest());
        out.println("Try in another terminal:");
        out.println(
                "  ./costops sql \"SELECT day, sum(billed_cost) FROM costops.chargeback_daily WHERE project = 'code-agent'"
                        + " GROUP BY day ORDER BY day\"");
        out.println("  (an agent of cobalt is stuck in a loop since yesterday)");
    }

    private static void line(PrintWriter out, String what, Optional<String> address) {
        address.ifPresent(where -> out.printf("  %-16s %s%n", what, where));
    }

    private static void empty(Path directory) {
        if (PlatformState.readRunning(directory).isPresent()) {
            throw new DemoException("the demo runs already in " + directory + "; stop it with Ctrl-C in its terminal");
        }
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new PlatformException(
                    "can't empty the demo's data directory " + directory + ": " + e.getMessage(), e);
        }
    }

    private static double seconds(long startedNanos) {
        return (System.nanoTime() - startedNanos) / 1e9;
    }
}
