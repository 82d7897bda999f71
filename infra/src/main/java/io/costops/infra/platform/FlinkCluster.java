package io.costops.infra.platform;

import io.costops.infra.platform.Component.Spec;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A Flink session cluster: one JobManager and some TaskManagers, started from Maven's jars without Flink's scripts. */
final class FlinkCluster {

    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);
    /**
     * Also Flink's own limit: a TaskManager that is silent for longer is given up and its work restarted elsewhere. One that
     * dies is known to be dead as soon as its successor registers; this is for a machine that is busy, not for deaths.
     */
    private static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration HEARTBEAT_INTERVAL = Duration.ofSeconds(1);

    private static final List<String> JOB_MANAGER_JVM =
            List.of("-Xms64m", "-Xmx320m", "-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    // A TaskManager's memory, part by part; the JVM options and Flink's own accounts must agree.
    private static final int FRAMEWORK_HEAP_MIB = 128;
    private static final int TASK_HEAP_MIB = 640;
    private static final int FRAMEWORK_OFF_HEAP_MIB = 128;
    private static final int TASK_OFF_HEAP_MIB = 64;
    private static final int NETWORK_MIB = 64;
    private static final int METASPACE_MIB = 256;
    private static final int OVERHEAD_MIB = 192;
    private static final int ROCKSDB_MIB = 256;

    private static final List<String> OPENS = List.of(
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.time=ALL-UNNAMED",
            "--add-opens=java.base/java.net=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/java.text=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED");

    private final Distribution distribution;
    private final DataDirectory data;
    private final PlatformOptions options;
    private final int restPort;
    private final int rpcPort;
    private final FlinkRest rest;

    FlinkCluster(Distribution distribution, DataDirectory data, PlatformOptions options, int restPort, int rpcPort) {
        this.distribution = distribution;
        this.data = data;
        this.options = options;
        this.restPort = restPort;
        this.rpcPort = rpcPort;
        this.rest = new FlinkRest(URI.create(url()));
    }

    String url() {
        return "http://127.0.0.1:" + restPort;
    }

    FlinkRest rest() {
        return rest;
    }

    /** Where the checkpoints of a job lie, over all of its runs. */
    Path checkpoints(String job) {
        return data.folder("flink/checkpoints/" + job);
    }

    static String taskManagerName(int number) {
        return "taskmanager-" + number;
    }

    Spec jobManager(Runnable onDeath) {
        return new Spec(
                "jobmanager",
                url(),
                () -> launch(
                        "jobmanager",
                        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                        JOB_MANAGER_JVM,
                        Map.of()),
                process -> rest.taskManagers().isPresent(),
                START_PATIENCE,
                STOP_PATIENCE,
                onDeath);
    }

    Spec taskManager(int number) {
        String name = taskManagerName(number);
        return new Spec(
                name,
                "",
                () -> launch(
                        name,
                        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                        taskManagerJvm(),
                        // A name that stays lets the JobManager see at once that the old process is gone.
                        Map.of("taskmanager.resource-id", name)),
                process -> taskManagerAnswers(rest, name, process),
                START_PATIENCE,
                STOP_PATIENCE,
                () -> {});
    }

    /** Whether that very process is registered and its heartbeats arrive. */
    static boolean taskManagerAnswers(FlinkRest rest, String name, ProcessHandle process) {
        Instant limit = Instant.now().minus(HEARTBEAT_TIMEOUT);
        Instant started = process.info().startInstant().orElse(limit);
        return rest.hasTaskManager(name, started.isAfter(limit) ? started : limit);
    }

    private Child launch(String name, String mainClass, List<String> jvm, Map<String, String> ownSettings)
            throws IOException {
        Path configuration = data.folder("flink/conf/" + name);
        Path temporary = data.folder("flink/tmp/" + name);
        Map<String, String> settings = settings(temporary);
        settings.putAll(ownSettings);
        Files.writeString(
                configuration.resolve("config.yaml"),
                settings.entrySet().stream()
                        .map(setting -> setting.getKey() + ": " + setting.getValue() + "\n")
                        .collect(Collectors.joining()));
        List<String> jvmOptions = new ArrayList<>(jvm);
        jvmOptions.addAll(OPENS);
        jvmOptions.add(Build.avroOption());
        jvmOptions.add("-Djava.io.tmpdir=" + temporary);
        return ChildJvm.start(new ChildJvm.Command(
                Logging.with(jvmOptions, data.log(name)),
                List.of(distribution.jarsOf("flink/lib"), Distribution.codeOf(Leash.class)),
                mainClass,
                List.of("--configDir", configuration.toString()),
                temporary,
                data.output(name),
                Map.of(),
                Leash.Ending.AT_ONCE));
    }

    private List<String> taskManagerJvm() {
        int heap = FRAMEWORK_HEAP_MIB + TASK_HEAP_MIB;
        int direct = FRAMEWORK_OFF_HEAP_MIB + TASK_OFF_HEAP_MIB + NETWORK_MIB;
        return List.of(
                // Room for what is young: with the little that a JVM begins with, it collects many times a second.
                "-Xms" + (options.longLived() ? 448 : 128) + "m",
                "-Xmx" + heap + "m",
                "-XX:MaxDirectMemorySize=" + direct + "m",
                "-XX:MaxMetaspaceSize=" + METASPACE_MIB + "m",
                options.longLived() ? "-XX:+TieredCompilation" : "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC");
    }

    private Map<String, String> settings(Path temporary) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("jobmanager.rpc.address", "127.0.0.1");
        settings.put("jobmanager.rpc.port", Integer.toString(rpcPort));
        settings.put("jobmanager.bind-host", "127.0.0.1");
        settings.put("rest.address", "127.0.0.1");
        settings.put("rest.bind-address", "127.0.0.1");
        settings.put("rest.port", Integer.toString(restPort));
        settings.put("taskmanager.host", "127.0.0.1");
        settings.put("taskmanager.bind-host", "127.0.0.1");
        settings.put("taskmanager.numberOfTaskSlots", Integer.toString(options.slotsPerTaskManager()));
        settings.put("parallelism.default", Integer.toString(options.parallelism()));
        settings.put("io.tmp.dirs", temporary.toString());
        settings.put("web.tmpdir", temporary.toString());
        settings.put("web.submit.enable", "true");
        settings.put("web.cancel.enable", "true");
        // What is shown at the web page is read often by the supervisor, and a job that is gone should be seen as gone.
        settings.put("web.refresh-interval", "500 ms");

        settings.put("taskmanager.cpu.cores", Integer.toString(options.slotsPerTaskManager()));
        settings.put("taskmanager.memory.framework.heap.size", FRAMEWORK_HEAP_MIB + "m");
        settings.put("taskmanager.memory.task.heap.size", TASK_HEAP_MIB + "m");
        settings.put("taskmanager.memory.framework.off-heap.size", FRAMEWORK_OFF_HEAP_MIB + "m");
        settings.put("taskmanager.memory.task.off-heap.size", TASK_OFF_HEAP_MIB + "m");
        settings.put("taskmanager.memory.network.min", NETWORK_MIB + "m");
        settings.put("taskmanager.memory.network.max", NETWORK_MIB + "m");
        settings.put("taskmanager.memory.managed.size", "0m");
        settings.put("taskmanager.memory.jvm-metaspace.size", METASPACE_MIB + "m");
        settings.put("taskmanager.memory.jvm-overhead.min", OVERHEAD_MIB + "m");
        settings.put("taskmanager.memory.jvm-overhead.max", OVERHEAD_MIB + "m");

        settings.put("heartbeat.interval", HEARTBEAT_INTERVAL.toMillis() + " ms");
        settings.put("heartbeat.timeout", HEARTBEAT_TIMEOUT.toMillis() + " ms");
        // A TaskManager that is up before its JobManager asks again this soon, not after the default of ten seconds.
        settings.put("cluster.registration.error-delay", "500 ms");
        settings.put("cluster.registration.refused-registration-delay", "500 ms");
        settings.put("restart-strategy.type", "exponential-delay");
        settings.put("restart-strategy.exponential-delay.initial-backoff", "500 ms");
        settings.put("restart-strategy.exponential-delay.max-backoff", "10 s");
        settings.put("restart-strategy.exponential-delay.reset-backoff-threshold", "1 min");
        settings.put("task.cancellation.interval", "1 s");

        settings.put("state.backend.type", options.stateBackend().configured());
        // For all slots together: most of them hold no state, and a share of their own would lie idle. As long as Flink
        // manages this memory, of which it has none here, the bound is passed over and nothing is cached at all.
        settings.put("state.backend.rocksdb.memory.managed", "false");
        settings.put("state.backend.rocksdb.memory.fixed-per-tm", ROCKSDB_MIB + "m");
        settings.put("execution.checkpointing.storage", "filesystem");
        settings.put(
                "execution.checkpointing.dir",
                data.folder("flink/checkpoints").toUri().toString());
        settings.put("execution.checkpointing.mode", "EXACTLY_ONCE");
        // A checkpoint then holds what was written since the last, not all state.
        settings.put("execution.checkpointing.incremental", "true");
        settings.put("execution.checkpointing.timeout", "10 min");
        // One suffices: an older one may not be restored, for what the newer one committed would be committed again.
        settings.put("execution.checkpointing.num-retained", "1");
        settings.put("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
        // While ClickHouse is away commits wait, and checkpoints fail until it is back.
        settings.put("execution.checkpointing.tolerable-failed-checkpoints", Integer.toString(Integer.MAX_VALUE));
        return settings;
    }
}
