package io.costops.anomaly.load;

import io.costops.anomaly.job.AnomalyTopology;
import io.costops.anomaly.job.WallClock;
import io.costops.anomaly.watch.WatchOptions;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.value.LedgerDecimal;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Runs the job's whole topology in this JVM, on one slot, over usage of so many series in each window, and prints what it needed.
 *
 * <p>A tenant has its total, 10 projects, 10 models, and API keys for the rest. Every key is used in every window.
 */
public final class WatchLoad {
    private static final int PROJECTS = 10;
    private static final int MODELS = 10;
    private static final long WINDOW_SECONDS = 60;
    /** The last window ends when usage comes that is so much later. */
    private static final Duration OUT_OF_ORDER = Duration.ofSeconds(20);

    private static final Duration CHECKPOINTS = Duration.ofSeconds(10);
    private static final long LOOK_MILLIS = 200;
    /** Watermarks are told five times a second: after this the last one is on its way. */
    private static final long SETTLE_MILLIS = 2_000;

    /** When the first usage of each window was made, and of the one behind the last; the tasks run in this JVM. */
    private static final AtomicLongArray WINDOW_NANOS = new AtomicLongArray(10_000);

    private WatchLoad() {}

    /** Arguments: series, tenants, windows, state backend, megabytes of managed memory, folder of the checkpoints. */
    public static void main(String[] arguments) throws Exception {
        int series = Integer.parseInt(arguments[0]);
        int tenants = Integer.parseInt(arguments[1]);
        int windows = Integer.parseInt(arguments[2]);
        if (windows < 2) {
            throw new IllegalArgumentException("give at least 2 windows: the first one warms up");
        }
        Path folder = Path.of(arguments[5]);
        // Within the last hours, so that the forecasts take part.
        Instant begin = Instant.now().truncatedTo(ChronoUnit.HOURS);
        Usage usage = new Usage(begin, tenants, series / tenants - 1 - PROJECTS - MODELS);
        Configuration configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, arguments[3]);
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(Long.parseLong(arguments[4])));
        // One for each place and window: in RocksDB they would cost more than what they wait for.
        configuration.setString("state.backend.rocksdb.timer-service.factory", "HEAP");
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINTS);
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.toUri().toString());
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        AnomalyTopology.topology(
                env,
                new AnomalyTopology.Sources(
                        new Generated<>((long) usage.perWindow() * windows + 1, usage::entry), nothing(), nothing()),
                new AnomalyTopology.Sinks(new DiscardingSink<>(), new DiscardingSink<>(), new DiscardingSink<>()),
                new AnomalyTopology.Settings(
                        new Standing(begin),
                        List::of,
                        new WatchOptions(
                                Duration.ofSeconds(WINDOW_SECONDS),
                                Duration.ofDays(3),
                                null,
                                new BigDecimal("5"),
                                BigDecimal.ONE),
                        OUT_OF_ORDER,
                        Duration.ofMinutes(1),
                        Duration.ofHours(1),
                        Duration.ofDays(36_500)));
        AtomicLong checkpointBytes = new AtomicLong();
        Thread watching = new Thread(() -> watch(folder, checkpointBytes), "watching");
        watching.setDaemon(true);
        watching.start();
        JobClient job = env.executeAsync();
        awaitLastUsage(job, windows);
        // While the state is there.
        System.gc();
        long liveHeapBytes = liveHeapBytes();
        // Its barrier follows all usage: what it leaves behind was judged.
        job.stopWithSavepoint(false, folder.resolveSibling("end").toUri().toString(), SavepointFormatType.NATIVE)
                .get();
        double seconds = (WINDOW_NANOS.get(windows) - WINDOW_NANOS.get(1)) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "{\"series\": %d, \"windows\": %d, \"seconds_per_window\": %.2f, \"live_heap_mib\": %d,"
                        + " \"peak_resident_mib\": %d, \"checkpoint_mib\": %d}%n",
                (long) tenants * (1 + PROJECTS + MODELS + usage.keys),
                windows,
                seconds / (windows - 1),
                liveHeapBytes >> 20,
                peakResidentBytes() >> 20,
                checkpointBytes.get() >> 20);
    }

    private static void awaitLastUsage(JobClient job, int windows) throws Exception {
        while (WINDOW_NANOS.get(windows) == 0) {
            if (job.getJobStatus().get().isGloballyTerminalState()) {
                job.getJobExecutionResult().get();
            }
            Thread.sleep(LOOK_MILLIS);
        }
        Thread.sleep(SETTLE_MILLIS);
    }

    private static <T extends SpecificRecordBase> Generated<T> nothing() {
        return new Generated<T>(1, number -> null);
    }

    private static void watch(Path folder, AtomicLong checkpointBytes) {
        try {
            while (true) {
                checkpointBytes.accumulateAndGet(size(folder), Math::max);
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long size(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException | UncheckedIOException e) {
            // A checkpoint was removed meanwhile.
            return 0;
        }
    }

    /** What was left in the old generation by its last collection. */
    private static long liveHeapBytes() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP
                        && (pool.getName().contains("Old") || pool.getName().contains("Tenured")))
                .map(MemoryPoolMXBean::getCollectionUsage)
                .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
                .sum();
    }

    /** Linux's high-water mark of the process; 0 elsewhere. */
    private static long peakResidentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        }
    }

    /** A clock that stands at the load's begin: nothing of it is a backlog. */
    private record Standing(Instant now) implements WallClock {}

    /** One call of each key in each window, and one behind the last window that ends it. */
    private record Usage(Instant begin, int tenants, int keys) implements Serializable {
        Usage {
            if (keys < 1) {
                throw new IllegalArgumentException(
                        "a tenant has more than " + (1 + PROJECTS + MODELS) + " series: give fewer tenants");
            }
        }

        int perWindow() {
            return tenants * keys;
        }

        LedgerEntry entry(long number) {
            long window = number / perWindow();
            int place = (int) (number % perWindow());
            int tenant = place / keys;
            int key = place % keys;
            if (place == 0) {
                WINDOW_NANOS.compareAndSet((int) window, 0, System.nanoTime());
            }
            // The first of a window comes late enough to end the window before it.
            long second = OUT_OF_ORDER.toSeconds()
                    + 1
                    + (long) place * (WINDOW_SECONDS - OUT_OF_ORDER.toSeconds() - 1) / perWindow();
            Instant at = begin.plusSeconds(window * WINDOW_SECONDS + second);
            BigDecimal cost = LedgerDecimal.fit(new BigDecimal("0.0123456"), "cost");
            return LedgerEntry.newBuilder()
                    .setEntryId("entry-" + number)
                    .setEventId("event-" + number)
                    .setRevision(0)
                    .setSequence(0)
                    .setKind(EntryKind.USAGE)
                    .setStatus(EntryStatus.PRICED)
                    .setEventTime(at)
                    .setBillingPeriod(at.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1))
                    .setRecordedAt(at)
                    .setReceivedAt(at)
                    .setSourceKind("openai.chat")
                    .setModel("model-" + key % MODELS)
                    .setDimensions(Dimensions.newBuilder()
                            .setTenant("tenant-" + tenant)
                            .setProject("project-" + key / MODELS % PROJECTS)
                            .setApiKeyId("key-" + key)
                            .build())
                    .setAttempt(1)
                    .setRequests(1)
                    .setInputTokens(2_000)
                    .setOutputTokens(300)
                    .setBilledCost(cost)
                    .setEffectiveCost(cost)
                    .setOrigin(new Origin("usage.events", 0, number, null))
                    .build();
        }
    }
}
