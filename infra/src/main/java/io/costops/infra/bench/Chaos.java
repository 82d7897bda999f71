package io.costops.infra.bench;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.infra.bench.Fault.Blackout;
import io.costops.infra.bench.Fault.ClickHouseAway;
import io.costops.infra.bench.Fault.ClickHouseFull;
import io.costops.infra.bench.Fault.Kill;
import io.costops.infra.bench.Fault.Upgrade;
import io.costops.infra.bench.FaultPlan.Timed;
import io.costops.infra.books.BookTopic;
import io.costops.infra.demo.Accounting;
import io.costops.infra.demo.DemoCompanies;
import io.costops.infra.demo.DemoTraffic;
import io.costops.infra.demo.Expectation;
import io.costops.infra.demo.Incident;
import io.costops.infra.demo.LedgerCounts;
import io.costops.infra.demo.RawRecord;
import io.costops.infra.demo.TrafficPlan;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.Component;
import io.costops.infra.platform.Job;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams a known load through a platform of separate processes while they are killed, cut off and upgraded, and then
 * compares what ClickHouse holds with what is true.
 *
 * <p>The load and the faults are fixed by a seed; the moments at which they meet are not, so that each run tries other
 * places to die.
 */
public final class Chaos {
    private static final Logger LOG = LoggerFactory.getLogger(Chaos.class);
    private static final Duration SETTLED = Duration.ofMinutes(5);
    private static final Duration LOOK = Duration.ofMillis(250);
    /** Traffic says again, corrects and takes back: records per call, roughly. */
    private static final double RECORDS_PER_CALL = 1.06;

    private static final int DAYS = 7;
    private static final int UPGRADE_ATTEMPTS = 3;
    private static final Duration UPGRADE_PATIENCE = Duration.ofMinutes(1);
    /** More than any disk has. */
    private static final long WHOLE_DISK = Long.MAX_VALUE / 2;

    /**
     * What to do.
     *
     * @param seed of the load and of the faults
     * @param length of the load; then everything has to settle
     * @param recordsPerSecond of usage.raw
     * @param end when the load's week of usage ends
     * @param down how long everything stays down after it was killed at once: longer than Kafka's transactions last that
     *     are not told otherwise
     * @param away how long ClickHouse is away, and out of space
     * @param brief each component dies once in ten minutes, not up to four times
     */
    public record Plan(
            long seed,
            Duration length,
            double recordsPerSecond,
            Instant end,
            Duration down,
            Duration away,
            boolean brief) {
        TrafficPlan traffic() {
            double calls = recordsPerSecond * length.toSeconds() / RECORDS_PER_CALL;
            return new TrafficPlan(seed, end, DAYS, Math.max(1, (int) (calls / DAYS)), Incident.NONE);
        }

        List<AttributionRule> rules() {
            return DemoCompanies.attributionRules(traffic(), end);
        }
    }

    /**
     * What came of it.
     *
     * @param faults how often each happened
     * @param kills processes that were killed
     * @param records published
     * @param settled how long after the last record everything was accounted for
     * @param slowestReturn of a TaskManager that was killed: the longest until all jobs ran whole again, as far as nothing
     *     else happened in between
     */
    public record Outcome(
            Map<String, Integer> faults,
            int kills,
            long records,
            Duration settled,
            @Nullable Duration slowestReturn,
            Expectation expectation,
            List<String> countDifferences,
            LedgerProof.Result proof,
            List<String> reconciliation) {
        public boolean balances() {
            return differences().isEmpty();
        }

        /** In words, what doesn't. */
        public List<String> differences() {
            return Stream.of(countDifferences, proof.differences(), reconciliation)
                    .flatMap(List::stream)
                    .toList();
        }
    }

    private final Plan plan;
    private final Platform platform;
    private final Consumer<String> say;
    private final Map<String, Integer> faults = new TreeMap<>();
    private final Map<String, Integer> upgradesBefore = new HashMap<>();
    private final List<Thread> ends = new ArrayList<>();
    private int kills;
    private @Nullable Duration slowestReturn;

    private Chaos(Plan plan, Platform platform, Consumer<String> say) {
        this.plan = plan;
        this.platform = platform;
        this.say = say;
    }

    /** Fills the books of a platform whose jobs are about to start. */
    public static void fillBooks(Plan plan, PlatformAddresses addresses) {
        SchemaRegistry registry = new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry()));
        BookTopic.prices(addresses.requireKafka(), registry)
                .append(Stream.concat(
                                BuiltInPrices.history().revisions().stream(), BuiltInPrices.map().revisions().stream())
                        .toList());
        BookTopic.attribution(addresses.requireKafka(), registry).append(plan.rules());
    }

    /**
     * Runs a plan on a platform that has the plan's books and holds nothing of the plan's traffic.
     *
     * @param say told of each fault as it happens
     */
    public static Outcome run(Plan plan, Platform platform, Consumer<String> say) {
        return new Chaos(plan, platform, say).run();
    }

    private Outcome run() {
        ClickHouseHttp clickHouse = platform.addresses().requireClickHouse().connect();
        LedgerCounts before = LedgerCounts.read(clickHouse);
        LedgerProof proof = new LedgerProof(clickHouse);
        DemoTraffic traffic = new DemoTraffic(plan.traffic());
        Truth truth = new Truth(plan.rules());
        AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
        long begin = System.nanoTime();
        try (PacedPublisher publisher = new PacedPublisher(platform.addresses().requireKafka())) {
            Thread load = new Thread(
                    () -> {
                        try {
                            publisher.publish(recorded(traffic, truth), plan.recordsPerSecond());
                        } catch (RuntimeException e) {
                            failure.set(e);
                        }
                    },
                    "chaos-load");
            load.start();
            try {
                strike(begin);
                for (Thread end : ends) {
                    end.join();
                }
                load.join();
            } catch (InterruptedException e) {
                publisher.stop();
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
            RuntimeException problem = failure.get();
            if (problem != null) {
                throw problem;
            }
            return outcome(clickHouse, before, traffic.expectation(), proof, truth, publisher.published());
        }
    }

    /** The records as they are sent, each told to the truth as well. */
    private Iterator<RawRecord> recorded(DemoTraffic traffic, Truth truth) {
        Displacement displacement = new Displacement(plan.seed());
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return traffic.hasNext();
            }

            @Override
            public RawRecord next() {
                RawRecord record = displacement.of(traffic.next());
                truth.read(record.value(), plan.end());
                return record;
            }
        };
    }

    private void strike(long begin) throws InterruptedException {
        List<String> components =
                platform.components().stream().map(Component::name).toList();
        List<String> jobs = platform.jobs().stream().map(Job::name).toList();
        platform.jobs().forEach(job -> upgradesBefore.put(job.name(), job.upgrades()));
        FaultPlan faultPlan =
                FaultPlan.of(plan.seed(), plan.length(), components, jobs, plan.down(), plan.away(), plan.brief());
        Iterator<Timed> timeline = faultPlan.faults().iterator();
        while (timeline.hasNext()) {
            Timed next = timeline.next();
            TimeUnit.NANOSECONDS.sleep(begin + next.at().toNanos() - System.nanoTime());
            strike(next.fault(), begin);
        }
        for (Job job : platform.jobs()) {
            insistOnUpgrade(job, begin);
            faults.put(job.name() + " went on from a savepoint", upgradesSince(job));
        }
    }

    /** A death that came in between may have foiled the one that was asked for. */
    private void insistOnUpgrade(Job job, long begin) throws InterruptedException {
        for (int attempt = 0; attempt < UPGRADE_ATTEMPTS && upgradesSince(job) == 0; attempt++) {
            await(this::isWhole);
            strike(new Upgrade(job.name()), begin);
            await(() -> upgradesSince(job) > 0);
        }
    }

    private int upgradesSince(Job job) {
        return job.upgrades() - upgradesBefore.getOrDefault(job.name(), 0);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + UPGRADE_PATIENCE.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    private void strike(Fault fault, long begin) throws InterruptedException {
        String happened = fault.name();
        if (fault instanceof Kill kill) {
            Component victim = platform.component(kill.component());
            if (victim.pid().isEmpty()) {
                happened = "kill a component that was down";
            } else {
                victim.kill();
                kills++;
                if (kill.component().startsWith("taskmanager-")) {
                    watchReturn(kill.component(), kills);
                }
            }
        } else if (fault instanceof ClickHouseAway away) {
            platform.component("clickhouse").stop();
            later(away.length(), () -> platform.component("clickhouse").start());
        } else if (fault instanceof ClickHouseFull full) {
            platform.clickHouseKeepsFree(WHOLE_DISK);
            platform.component("clickhouse").restart();
            later(full.length(), () -> {
                platform.clickHouseKeepsFree(0);
                platform.component("clickhouse").restart();
            });
        } else if (fault instanceof Blackout blackout) {
            blackOut(blackout);
        } else if (fault instanceof Upgrade upgrade) {
            try {
                platform.job(upgrade.job()).upgrade();
            } catch (PlatformException notNow) {
                LOG.info("no upgrade", notNow);
                happened = "upgrade that Flink could not take just then";
            }
        }
        faults.merge(happened, 1, Integer::sum);
        say.accept(String.format(
                Locale.ROOT, "%4d s  %s", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin), happened));
    }

    /** Without ClickHouse the writer's commits are pending, without Kafka the pricing's; then all the others go. */
    private void blackOut(Blackout blackout) throws InterruptedException {
        crashIfOwn("clickhouse");
        TimeUnit.SECONDS.sleep(3);
        crashIfOwn("kafka");
        TimeUnit.SECONDS.sleep(1);
        kills += alive();
        platform.crash();
        TimeUnit.NANOSECONDS.sleep(blackout.length().toNanos());
        try {
            platform.resume();
        } catch (PlatformException e) {
            // One that can't start before another does so is started again by the supervisor.
            LOG.info("not all at the first attempt", e);
        }
    }

    /** What runs elsewhere is not ours to kill. */
    private void crashIfOwn(String name) {
        platform.components().stream()
                .filter(component -> component.name().equals(name))
                .forEach(component -> {
                    kills += component.pid().isPresent() ? 1 : 0;
                    component.crash();
                });
    }

    private int alive() {
        return (int) platform.components().stream()
                .filter(component -> component.pid().isPresent())
                .count();
    }

    private void later(Duration after, Runnable action) {
        Thread end = new Thread(
                () -> {
                    try {
                        TimeUnit.NANOSECONDS.sleep(after.toNanos());
                        action.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (PlatformException e) {
                        // It was killed while it started; the supervisor starts it again.
                        LOG.info("not at the first attempt", e);
                    }
                },
                "chaos-later");
        end.start();
        ends.add(end);
    }

    private void watchReturn(String taskManager, int killNumber) {
        long killed = System.nanoTime();
        int deaths = platform.component(taskManager).deaths();
        Thread watch = new Thread(
                () -> {
                    try {
                        while (platform.component(taskManager).deaths() == deaths || !isWhole()) {
                            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                        }
                        returned(killNumber, Duration.ofNanos(System.nanoTime() - killed));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "chaos-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private boolean isWhole() {
        return platform.jobs().stream().allMatch(Job::isRunning)
                && platform.components().stream().allMatch(component -> component.state() == Component.State.RUNNING);
    }

    private synchronized void returned(int killNumber, Duration took) {
        if (killNumber == kills && (slowestReturn == null || took.compareTo(slowestReturn) > 0)) {
            slowestReturn = took;
        }
    }

    private Outcome outcome(
            ClickHouseHttp clickHouse,
            LedgerCounts before,
            Expectation expectation,
            LedgerProof proof,
            Truth truth,
            long records) {
        long published = System.nanoTime();
        say.accept(String.format(Locale.ROOT, "%,d records are published; waiting for the ledger", records));
        List<String> countDifferences = Accounting.settle(
                expectation, () -> LedgerCounts.readOr(before, clickHouse).since(before), SETTLED);
        // The roll-ups show a row a moment after the ledger.
        LedgerProof.Result result = proof.compare(truth);
        for (int look = 0; look < 20 && !result.balances(); look++) {
            pause(Duration.ofMillis(500));
            result = proof.compare(truth);
        }
        return new Outcome(
                Map.copyOf(faults),
                kills,
                records,
                Duration.ofNanos(System.nanoTime() - published),
                slowestReturn,
                expectation,
                countDifferences,
                result,
                reconciliation(clickHouse));
    }

    private static List<String> reconciliation(ClickHouseHttp clickHouse) {
        return clickHouse
                .query(
                        "SELECT check, measure, difference FROM costops.reconciliation WHERE difference != 0 FORMAT TSV",
                        Duration.ofMinutes(2))
                .lines()
                .toList();
    }

    private static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }
}
