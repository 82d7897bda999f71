package io.costops.infra.bench;

import io.costops.infra.demo.Memory;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.Platform;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How soon an event stands in the ledger under a steady load; how soon again after a TaskManager was killed; and how
 * long the ledger takes to catch up after ClickHouse was away while the load went on.
 */
public final class Freshness {
    private static final Duration WARM_UP = Duration.ofSeconds(40);
    private static final Duration LOOK = Duration.ofMillis(50);
    /** Fresh means: whatever was sent longer ago than this is found. */
    public static final Duration FRESH = Duration.ofSeconds(5);

    /** For how long freshness is waited for at most. */
    public static final Duration PATIENCE = Duration.ofMinutes(15);

    /**
     * What to do.
     *
     * @param rate events a second of the steady load
     * @param steady how long the steady load is measured
     * @param killRate events a second while TaskManagers are killed
     * @param kills how many times a TaskManager is killed
     * @param outageRate events a second while ClickHouse is away and until the ledger has caught up
     * @param outage how long ClickHouse is away; zero leaves this out
     */
    public record Plan(
            long seed,
            double rate,
            Duration steady,
            double killRate,
            int kills,
            double outageRate,
            Duration outage,
            Clock clock) {}

    /**
     * Times from before an event was sent until a query found it.
     *
     * @param events that were timed; each stands for hundreds of the load
     */
    public record Times(long events, Duration median, Duration p95, Duration p99, Duration longest) {
        static Times of(List<Probe.Sighting> sightings) {
            long[] sorted =
                    sightings.stream().mapToLong(Probe.Sighting::nanos).sorted().toArray();
            if (sorted.length == 0) {
                throw new BenchException("no event of the probe reached the ledger");
            }
            return new Times(
                    sorted.length,
                    percentile(sorted, 50),
                    percentile(sorted, 95),
                    percentile(sorted, 99),
                    Duration.ofNanos(sorted[sorted.length - 1]));
        }

        private static Duration percentile(long[] sorted, int percent) {
            return Duration.ofNanos(sorted[Math.max(0, (int) Math.ceil(sorted.length * percent / 100.0) - 1)]);
        }
    }

    /**
     * What came of it.
     *
     * @param sent events a second that the steady load came to
     * @param recoveries for each death of a TaskManager
     * @param backlogGone from ClickHouse's return until all that was sent before it was in the ledger, under the load; null
     *     if that was not asked for, or did not come to pass within {@link #PATIENCE}
     * @param caughtUp likewise until the ledger was fresh again
     * @param outageRecords what was published while ClickHouse was away
     * @param memory the largest sum of resident sizes of this process and the platform's
     */
    public record Outcome(
            double sent,
            Times times,
            List<Recovery> recoveries,
            @Nullable Duration backlogGone,
            @Nullable Duration caughtUp,
            long outageRecords,
            Memory memory) {}

    /**
     * After a TaskManager's death.
     *
     * @param again from the kill until something that was sent after it stood in the ledger
     * @param fresh from the kill until the backlog was gone: the ledger was fresh again, under the load
     */
    public record Recovery(Duration again, Duration fresh) {}

    private final Plan plan;
    private final Platform platform;
    private final Consumer<String> say;
    private final String bootstrap;
    private final String run;
    private Memory largest = Memory.now();

    private Freshness(Plan plan, Platform platform, Consumer<String> say) {
        this.plan = plan;
        this.platform = platform;
        this.say = say;
        this.bootstrap = platform.addresses().requireKafka();
        this.run = Long.toString(plan.clock().millis(), 36);
    }

    /**
     * Runs a plan on a platform whose prices are there.
     *
     * @param say told of each step
     * @throws BenchException if the ledger doesn't become fresh at all
     */
    public static Outcome run(Plan plan, Platform platform, Consumer<String> say) {
        try {
            return new Freshness(plan, platform, say).run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private Outcome run() throws InterruptedException {
        ClickHouseHttp clickHouse = platform.addresses().requireClickHouse().connect();
        try (Probe probe = new Probe(bootstrap, clickHouse, plan.clock(), run)) {
            Times times;
            double sent;
            List<Recovery> recoveries = new ArrayList<>();
            try (Load load = new Load("a", plan.rate())) {
                TimeUnit.NANOSECONDS.sleep(WARM_UP.toNanos());
                awaitFresh(probe, System.nanoTime());
                say.accept("measuring the steady load for " + plan.steady());
                long from = System.nanoTime();
                long before = load.published();
                while (System.nanoTime() - from < plan.steady().toNanos()) {
                    TimeUnit.SECONDS.sleep(1);
                    weigh();
                }
                long to = System.nanoTime();
                sent = (load.published() - before) * 1e9 / (to - from);
                await(() -> probe.hasAllUntil(to));
                times = Times.of(probe.sent(from, to));
                say.accept(String.format(
                        Locale.ROOT,
                        "%,.0f events a second: %d timed, median %.2f s, p95 %.2f s, p99 %.2f s, longest %.2f s",
                        sent,
                        times.events(),
                        seconds(times.median()),
                        seconds(times.p95()),
                        seconds(times.p99()),
                        seconds(times.longest())));
            }
            if (plan.kills() > 0) {
                try (Load load = new Load("k", plan.killRate())) {
                    TimeUnit.SECONDS.sleep(10);
                    awaitFresh(probe, System.nanoTime());
                    for (int kill = 1; kill <= plan.kills(); kill++) {
                        recoveries.add(killed(probe, load, kill));
                        TimeUnit.SECONDS.sleep(5);
                    }
                }
            }
            if (plan.outage().isZero()) {
                return new Outcome(sent, times, recoveries, null, null, 0, largest);
            }
            try (Load load = new Load("b", plan.outageRate())) {
                TimeUnit.SECONDS.sleep(10);
                long before = load.published();
                say.accept("ClickHouse is away for " + plan.outage());
                platform.component("clickhouse").stop();
                long gone = System.nanoTime();
                while (System.nanoTime() - gone < plan.outage().toNanos()) {
                    TimeUnit.SECONDS.sleep(1);
                    weigh();
                }
                platform.component("clickhouse").start();
                long back = System.nanoTime();
                long missed = load.published() - before;
                say.accept(String.format(
                        Locale.ROOT,
                        "ClickHouse is back; %,d events were sent meanwhile; waiting for the ledger",
                        missed));
                @Nullable Duration backlogGone = null;
                @Nullable Duration caughtUp = null;
                try {
                    await(() -> probe.hasAllUntil(back));
                    backlogGone = Duration.ofNanos(System.nanoTime() - back);
                    say.accept(String.format(
                            Locale.ROOT, "all of them are in the ledger after %.1f s", seconds(backlogGone)));
                    awaitFresh(probe, back);
                    caughtUp = Duration.ofNanos(System.nanoTime() - back);
                } catch (BenchException tooMuch) {
                    say.accept(String.valueOf(tooMuch.getMessage()));
                }
                return new Outcome(sent, times, recoveries, backlogGone, caughtUp, missed, largest);
            }
        }
    }

    private Recovery killed(Probe probe, Load load, int number) throws InterruptedException {
        long before = load.published();
        long killed = System.nanoTime();
        platform.component("taskmanager-1").kill();
        await(() -> !probe.sent(killed, System.nanoTime()).isEmpty());
        Duration again = Duration.ofNanos(System.nanoTime() - killed);
        awaitFresh(probe, killed);
        Duration fresh = Duration.ofNanos(System.nanoTime() - killed);
        say.accept(String.format(
                Locale.ROOT,
                "TaskManager killed, %d of %d: events again after %.1f s, fresh after %.1f s, when %,d had been sent",
                number,
                plan.kills(),
                seconds(again),
                seconds(fresh),
                load.published() - before));
        return new Recovery(again, fresh);
    }

    /** Until all that was sent up to that moment, and up to {@link #FRESH} before now, is found. */
    private void awaitFresh(Probe probe, long since) throws InterruptedException {
        await(() -> probe.hasAllUntil(since) && probe.hasAllUntil(System.nanoTime() - FRESH.toNanos()));
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (int look = 1; !condition.getAsBoolean(); look++) {
            if (System.nanoTime() > deadline) {
                throw new BenchException("the ledger isn't fresh after " + PATIENCE.toMinutes()
                        + " minutes: this machine can't keep up with the load, or a job stands still (costops status)");
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            if (look % 20 == 0) {
                weigh();
            }
        }
    }

    private void weigh() {
        Memory now = Memory.now();
        if (now.bytes() > largest.bytes()) {
            largest = now;
        }
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    /** The load, in a thread of its own until it is closed. */
    private final class Load implements AutoCloseable {
        private final PacedPublisher publisher = new PacedPublisher(bootstrap);
        private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        private final Thread thread;

        Load(String name, double rate) {
            say.accept(String.format(Locale.ROOT, "load: %,.0f events a second", rate));
            LiveLoad events = new LiveLoad(plan.seed(), plan.clock(), run + name);
            thread = new Thread(
                    () -> {
                        try {
                            publisher.publish(events, rate);
                        } catch (RuntimeException e) {
                            failure.set(e);
                        }
                    },
                    "bench-load");
            thread.start();
        }

        long published() {
            return publisher.published();
        }

        @Override
        public void close() {
            publisher.stop();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            publisher.close();
            RuntimeException problem = failure.get();
            if (problem != null) {
                throw problem;
            }
        }
    }
}
