package io.costops.infra.cli;

import io.costops.infra.platform.Distribution;
import io.costops.infra.platform.Logging;
import io.costops.infra.platform.Part;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.platform.PlatformOptions.Ports;
import io.costops.infra.platform.PlatformOptions.StateBackend;
import io.costops.infra.platform.PlatformState;
import io.costops.infra.platform.PlatformState.Member;
import io.costops.infra.platform.PlatformState.Phase;
import io.costops.infra.platform.PlatformStatus;
import io.costops.infra.platform.Port;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Starts the platform and leaves it running. */
@Command(
        name = "up",
        description = {
            "Starts the platform and leaves it running: Kafka, a schema registry, Flink, ClickHouse, usage-ingest, the notifier"
                    + " and the jobs, each a process that is started again when it dies.",
            "KAFKA_BOOTSTRAP, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL (with CLICKHOUSE_USER and CLICKHOUSE_PASSWORD) name"
                    + " servers to use instead of starting them."
        },
        mixinStandardHelpOptions = true)
final class Up implements Runnable {

    private static final long POLL_MILLIS = 200;

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Mixin
    private final RoutesOption routes = new RoutesOption();

    @ArgGroup(
            exclusive = false,
            heading = "%nPorts; 0 takes any free one. Without the option the usual port is"
                    + " taken if it is free, else another.%n")
    private final PortOptions ports = new PortOptions();

    @Option(
            names = "--task-managers",
            paramLabel = "N",
            defaultValue = "1",
            description = "Flink's worker processes (default: 1).")
    private int taskManagers;

    @Option(
            names = "--slots",
            paramLabel = "N",
            defaultValue = "6",
            description = "Task slots of each worker; a job takes as many as its parallelism (default: 6).")
    private int slots;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            defaultValue = "2",
            description = "Of each Flink job (default: 2).")
    private int parallelism;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Of each usage topic when it is made (default: 4).")
    private int partitions;

    @Option(
            names = "--state",
            paramLabel = "heap|rocksdb",
            defaultValue = "ROCKSDB",
            description =
                    "Where Flink keeps keyed state: on disk as far as it doesn't fit, or all in memory (default: rocksdb).")
    private StateBackend state = StateBackend.ROCKSDB;

    @Option(
            names = "--only",
            paramLabel = "PART",
            split = ",",
            description = "Start these parts and not all of them: ${COMPLETION-CANDIDATES}.")
    private List<Part> only = List.of();

    @Option(
            names = "--foreground",
            description = "Stay in the foreground until a signal comes, and log to the terminal.")
    private boolean foreground;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /** One option a port. */
    static final class PortOptions {
        @Option(names = "--kafka-port", paramLabel = "PORT", description = "Kafka (9092).")
        private @Nullable Integer kafka;

        @Option(names = "--registry-port", paramLabel = "PORT", description = "Schema registry (8081).")
        private @Nullable Integer registry;

        @Option(names = "--clickhouse-port", paramLabel = "PORT", description = "ClickHouse, HTTP (8123).")
        private @Nullable Integer clickHouseHttp;

        @Option(
                names = "--clickhouse-tcp-port",
                paramLabel = "PORT",
                description = "ClickHouse, native protocol (9000).")
        private @Nullable Integer clickHouseTcp;

        @Option(names = "--flink-port", paramLabel = "PORT", description = "Flink's web page and REST API (8082).")
        private @Nullable Integer flink;

        @Option(names = "--ingest-port", paramLabel = "PORT", description = "usage-ingest's HTTP door (8080).")
        private @Nullable Integer ingest;

        @Option(names = "--notifier-port", paramLabel = "PORT", description = "The notifier's pages (8085).")
        private @Nullable Integer notifier;

        Ports choice() {
            Ports usual = Ports.usual();
            return new Ports(
                    choice(kafka, usual.kafka()),
                    choice(registry, usual.registry()),
                    choice(clickHouseHttp, usual.clickHouseHttp()),
                    choice(clickHouseTcp, usual.clickHouseTcp()),
                    choice(flink, usual.flink()),
                    choice(ingest, usual.ingest()),
                    choice(notifier, usual.notifier()));
        }

        private static Port choice(@Nullable Integer given, Port usual) {
            return given == null ? usual : Port.of(given);
        }
    }

    @Override
    public void run() {
        if (foreground) {
            supervise();
        } else if (PlatformState.readRunning(data.ownPath()).isPresent()) {
            spec.commandLine().getOut().println("the platform in " + data.ownPath() + " runs already");
            show();
        } else {
            launch();
            show();
        }
    }

    /** This process is the supervisor from here on. */
    private void supervise() {
        PrintWriter out = spec.commandLine().getOut();
        Platform.Builder builder = Platform.builder(data.ownPath())
                .ports(ports.choice())
                .parts(only.isEmpty() ? Part.values() : only.toArray(Part[]::new))
                .taskManagers(taskManagers)
                .slotsPerTaskManager(slots)
                .parallelism(parallelism)
                .partitions(partitions)
                .stateBackend(state)
                .longLived()
                .environment(System.getenv())
                .onEvent(out::println);
        routes.find(data.ownPath()).ifPresent(builder::routes);
        Platform platform = builder.start();
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            platform.close();
                            stopped.countDown();
                        },
                        "platform-down"));
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void launch() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            Path logs = Files.createDirectories(data.ownPath().resolve("logs"));
            Path output = logs.resolve("supervisor.out");
            long outputStart = output.toFile().length();
            out.println("starting the platform in " + data.ownPath());
            Process supervisor = supervisor(logs, output);
            Set<String> said = new HashSet<>();
            while (true) {
                Optional<PlatformState> now = PlatformState.read(data.ownPath())
                        .filter(found -> found.supervisor().pid() == supervisor.pid());
                now.ifPresent(found -> sayProgress(found, said));
                if (now.filter(found -> found.phase() == Phase.READY).isPresent()) {
                    return;
                }
                if (!supervisor.isAlive()) {
                    throw new PlatformException(lastLine(output, outputStart) + " (more in " + logs + ")");
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (IOException e) {
            throw new PlatformException("the platform could not be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException(
                    "interrupted; the platform goes on starting, costops status tells how far it is", e);
        }
    }

    /** The same command in the foreground, in a session of its own: a Ctrl-C at this terminal is not for it. */
    private Process supervisor(Path logs, Path output) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms32m",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Duser.timezone=UTC"));
        line.addAll(Logging.into(logs.resolve("supervisor.log")));
        line.addAll(List.of(
                "-cp", Distribution.find().root().resolve("lib") + File.separator + "*", Main.class.getName(), "up"));
        line.addAll(spec.commandLine().getParseResult().originalArgs().stream()
                .filter(argument -> !argument.equals("up"))
                .toList());
        line.add("--foreground");
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().put(DataDirectoryOption.VARIABLE, data.ownPath().toString());
        return builder.start();
    }

    private void sayProgress(PlatformState now, Set<String> said) {
        for (Member member : now.components()) {
            switch (member.state()) {
                case RUNNING ->
                    say(said, member.name() + " is up" + (member.address().isEmpty() ? "" : " at " + member.address()));
                case BACKING_OFF ->
                    say(
                            said,
                            member.name() + " died and is started again; see "
                                    + data.ownPath().resolve("logs"));
                case STARTING, STOPPED -> {
                    // Nothing to say yet.
                }
            }
        }
    }

    private void say(Set<String> said, String line) {
        if (said.add(line)) {
            spec.commandLine().getOut().println("  " + line);
        }
    }

    private void show() {
        spec.commandLine().getOut().println(PlatformTable.of(PlatformStatus.of(data.ownPath())));
        spec.commandLine().getOut().println("try: costops status, costops sql 'SELECT version()', costops down");
    }

    private static String lastLine(Path output, long start) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
            file.seek(start);
            byte[] written = new byte[Math.toIntExact(file.length() - start)];
            file.readFully(written);
            return new String(written, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("costops: "))
                    .reduce((earlier, later) -> later)
                    .map(line -> line.substring("costops: ".length()))
                    .orElse("the supervisor ended without a word");
        }
    }
}
