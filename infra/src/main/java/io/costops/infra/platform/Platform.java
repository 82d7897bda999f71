package io.costops.infra.platform;

import io.costops.infra.clickhouse.ClickHouseUser;
import io.costops.infra.platform.PlatformEvent.Kind;
import io.costops.infra.platform.PlatformOptions.ClickHouseServer;
import io.costops.infra.platform.PlatformOptions.External;
import io.costops.infra.platform.PlatformOptions.Ports;
import io.costops.infra.platform.PlatformOptions.StateBackend;
import io.costops.infra.platform.PlatformState.Member;
import io.costops.infra.platform.PlatformState.Phase;
import io.costops.infra.platform.PlatformState.ProcessId;
import io.costops.infra.platform.PlatformState.RunningJob;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The whole platform on one machine, in a data directory that survives it.
 *
 * <pre>{@code
 * try (Platform platform = Platform.builder(directory).start()) {
 *     publish(platform.addresses().requireKafka());
 *     platform.component("taskmanager-1").kill();
 * }
 * }</pre>
 *
 * <p>The process that holds it is the supervisor: each component is a child of it, and ends with it however it ends.
 */
public final class Platform implements AutoCloseable {

    private static final Duration JOB_PATIENCE = Duration.ofMinutes(3);
    private static final Duration LEFTOVER_PATIENCE = Duration.ofSeconds(30);
    private static final Duration STATE_INTERVAL = Duration.ofMillis(250);

    private final PlatformOptions options;
    private final List<ClickHouseUser> clickHouseUsers;
    private final List<Consumer<PlatformAddresses>> beforeJobs;
    private final EventLog events;
    private final DataDirectory data;
    private final Distribution distribution;
    private final List<Component> components = new CopyOnWriteArrayList<>();
    private final List<Job> jobs = new CopyOnWriteArrayList<>();
    private final Thread stateWriter;

    private volatile PlatformAddresses addresses = PlatformAddresses.NONE;
    private volatile Phase phase = Phase.STARTING;
    private volatile boolean closed;
    private volatile @Nullable ClickHouseEngine clickHouseEngine;

    private Platform(
            PlatformOptions options,
            List<ClickHouseUser> clickHouseUsers,
            List<Consumer<PlatformAddresses>> beforeJobs,
            Distribution distribution,
            DataDirectory data,
            EventLog events) {
        this.options = options;
        this.clickHouseUsers = clickHouseUsers;
        this.beforeJobs = List.copyOf(beforeJobs);
        this.distribution = distribution;
        this.data = data;
        this.events = events;
        this.stateWriter = new Thread(this::keepState, "platform-state");
        this.stateWriter.setDaemon(true);
    }

    public static Builder builder(Path dataDirectory) {
        return new Builder(dataDirectory);
    }

    public PlatformAddresses addresses() {
        return addresses;
    }

    public Path dataDirectory() {
        return data.root();
    }

    /** By name: kafka, registry, clickhouse, jobmanager, taskmanager-1 and so on, ingest, notifier. */
    public Component component(String name) {
        return components.stream()
                .filter(component -> component.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no component " + name + "; there are "
                        + components.stream().map(Component::name).toList()));
    }

    public List<Component> components() {
        return List.copyOf(components);
    }

    /** By name: enrichment, ledger-writer, anomaly. */
    public Job job(String name) {
        return jobs.stream()
                .filter(job -> job.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no job " + name + "; there are "
                        + jobs.stream().map(Job::name).toList()));
    }

    public List<Job> jobs() {
        return List.copyOf(jobs);
    }

    /** SIGKILL to everything at once, and down until {@link #resume}: as if the machine had lost its power. */
    public void crash() {
        inParallel(components.stream()
                .map(component -> (Runnable) component::crash)
                .toList());
    }

    /**
     * Starts what is down, side by side, and waits until each answers. The jobs are submitted again by themselves.
     *
     * @throws PlatformException if one dies first or takes too long
     */
    public void resume() {
        components.forEach(Component::begin);
        components.forEach(Component::awaitRunning);
    }

    /**
     * From its next start on the local ClickHouse leaves so many bytes of the disk free. If there are fewer, it answers
     * queries and refuses what needs space, as on a disk that is full.
     */
    public void clickHouseKeepsFree(long bytes) {
        Objects.requireNonNull(clickHouseEngine, "the platform has no ClickHouse of its own")
                .keepFree(bytes);
    }

    /** What happened so far, oldest first. */
    public List<PlatformEvent> events() {
        return events.all();
    }

    /** Asks every part now. */
    public PlatformStatus status() {
        return PlatformStatus.probe(state());
    }

    /** Stops everything in order. What was taken stays: the data directory can be started again. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        phase = Phase.STOPPING;
        inParallel(jobs.stream().map(job -> (Runnable) job::close).toList());
        // First those that hold work in progress, then what they write to.
        closeComponents(component -> !isServer(component));
        closeComponents(Platform::isServer);
        stateWriter.interrupt();
        try {
            stateWriter.join();
            PlatformState.forget(data.root());
        } catch (IOException e) {
            throw new PlatformException("can't tidy " + data.root() + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            data.close();
        }
    }

    private static boolean isServer(Component component) {
        return List.of("kafka", "registry", "clickhouse").contains(component.name());
    }

    private void closeComponents(Predicate<Component> which) {
        inParallel(components.stream()
                .filter(which)
                .map(component -> (Runnable) component::close)
                .toList());
    }

    private static void inParallel(List<Runnable> actions) {
        List<Thread> threads = actions.stream().map(Thread::new).toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void start() {
        endLeftovers();
        emptyTemporaryFiles();
        stateWriter.start();

        Port.Allocation ports = new Port.Allocation();
        Ports wanted = options.ports();
        External external = options.external();

        Optional<KafkaBroker> kafka = startsOwn(Part.KAFKA, external.kafkaBootstrap())
                ? Optional.of(new KafkaBroker(
                        distribution,
                        data,
                        ports.number(wanted.kafka(), "kafka"),
                        ports.number(new Port.Free(), "kafka's controller")))
                : Optional.empty();
        Optional<RegistryServer> registry = startsOwn(Part.REGISTRY, external.schemaRegistryUrl())
                ? Optional.of(
                        new RegistryServer(distribution, data, ports.number(wanted.registry(), "the schema registry")))
                : Optional.empty();
        Path passwordFile = external.clickHouse()
                .map(server -> data.keepPassword("external-clickhouse-password", server.password()))
                .orElseGet(() -> data.passwordFile("clickhouse-password"));
        Optional<ClickHouseEngine> clickHouse = startsOwn(Part.CLICKHOUSE, external.clickHouse())
                ? Optional.of(new ClickHouseEngine(
                        data,
                        ports.number(wanted.clickHouseHttp(), "ClickHouse (HTTP)"),
                        ports.number(wanted.clickHouseTcp(), "ClickHouse (TCP)"),
                        passwordFile,
                        clickHouseUsers))
                : Optional.empty();
        clickHouseEngine = clickHouse.orElse(null);
        Optional<FlinkCluster> flink = options.parts().contains(Part.FLINK)
                ? Optional.of(new FlinkCluster(
                        distribution,
                        data,
                        options,
                        ports.number(wanted.flink(), "Flink"),
                        ports.number(new Port.Free(), "Flink's JobManager")))
                : Optional.empty();
        int ingestPort = ports.number(wanted.ingest(), "usage-ingest");
        int notifierPort = ports.number(wanted.notifier(), "the notifier");

        PlatformAddresses servers = new PlatformAddresses(
                external.kafkaBootstrap().or(() -> kafka.map(KafkaBroker::bootstrap)),
                external.schemaRegistryUrl().or(() -> registry.map(RegistryServer::url)),
                clickHouseAddress(external.clickHouse(), clickHouse, passwordFile),
                flink.map(FlinkCluster::url),
                Optional.empty(),
                Optional.empty());
        Optional<IngestProcess> ingest = options.parts().contains(Part.INGEST)
                ? Optional.of(new IngestProcess(
                        distribution, data, ingestPort, servers.requireKafka(), servers.requireSchemaRegistry()))
                : Optional.empty();
        Optional<NotifierProcess> notifier = options.parts().contains(Part.NOTIFIER)
                ? Optional.of(new NotifierProcess(
                        distribution,
                        data,
                        notifierPort,
                        servers.requireKafka(),
                        servers.requireSchemaRegistry(),
                        options.routes(),
                        options.environment()))
                : Optional.empty();
        addresses = new PlatformAddresses(
                servers.kafka(),
                servers.schemaRegistry(),
                servers.clickHouse(),
                servers.flink(),
                ingest.map(IngestProcess::url),
                notifier.map(NotifierProcess::url));

        // The slowest first; all start side by side.
        flink.ifPresent(this::beginFlink);
        registry.ifPresent(server -> begin(server.spec()));
        kafka.ifPresent(broker -> begin(broker.spec()));
        clickHouse.ifPresent(engine -> begin(engine.spec()));

        awaitServers(kafka.isPresent(), registry.isPresent(), clickHouse.isPresent());
        beforeJobs.forEach(action -> action.accept(addresses));
        ingest.ifPresent(process -> begin(process.spec()));
        notifier.ifPresent(process -> begin(process.spec()));
        flink.filter(cluster -> options.parts().contains(Part.JOBS)).ifPresent(this::beginJobs);
        if (options.parts().contains(Part.ADJUSTER)) {
            begin(new AdjusterProcess(distribution, data, addresses).spec());
        }
        components.forEach(Component::awaitRunning);
        jobs.forEach(job -> job.awaitRunning(JOB_PATIENCE));
        phase = Phase.READY;
        writeState();
        events.add("platform", Kind.READY, "ready in " + data.root());
    }

    private boolean startsOwn(Part part, Optional<?> external) {
        return options.parts().contains(part) && external.isEmpty();
    }

    private static Optional<PlatformAddresses.ClickHouse> clickHouseAddress(
            Optional<ClickHouseServer> external, Optional<ClickHouseEngine> own, Path passwordFile) {
        return external.map(server ->
                        new PlatformAddresses.ClickHouse(server.url(), server.user(), passwordFile.toString()))
                .or(() -> own.map(engine -> new PlatformAddresses.ClickHouse(
                        engine.url(), ClickHouseEngine.ADMIN, passwordFile.toString())));
    }

    private void beginFlink(FlinkCluster flink) {
        // The tasks of a JobManager that died would go on for seconds, beside those of its successor, with transactions
        // open that nobody would end. So the TaskManagers go with it.
        begin(flink.jobManager(this::recycleTaskManagers));
        for (int number = 1; number <= options.taskManagers(); number++) {
            begin(flink.taskManager(number));
        }
    }

    private void recycleTaskManagers() {
        components.stream()
                .filter(component -> component.name().startsWith("taskmanager-"))
                .forEach(component -> component.recycle("ended with the JobManager"));
    }

    private void awaitServers(boolean ownKafka, boolean ownRegistry, boolean ownClickHouse) {
        addresses.kafka().ifPresent(bootstrap -> {
            if (ownKafka) {
                component("kafka").awaitRunning();
            }
            TopicCatalogue.createTopics(bootstrap, options.partitions(), ownKafka);
        });
        addresses.schemaRegistry().ifPresent(url -> {
            if (ownRegistry) {
                component("registry").awaitRunning();
                RegistryServer.requireCompatibility(url);
            }
            TopicCatalogue.registerSchemas(new ConfluentSchemaRegistry(URI.create(url)));
        });
        if (ownClickHouse) {
            component("clickhouse").awaitRunning();
        }
    }

    private void beginJobs(FlinkCluster flink) {
        component("jobmanager").awaitRunning();
        for (JobCatalogue job : JobCatalogue.values()) {
            jobs.add(new Job(
                    job.spec(
                            distribution,
                            addresses.requireKafka(),
                            addresses.requireSchemaRegistry(),
                            addresses.requireClickHouse(),
                            flink,
                            options.stateBackend()),
                    flink.rest(),
                    new JobHold(data.root(), job.jobName()),
                    events));
        }
        jobs.forEach(Job::begin);
    }

    private void begin(Component.Spec spec) {
        Component component = new Component(spec, events);
        components.add(component);
        component.begin();
    }

    /** Children of a supervisor that was killed end by themselves; this waits for it, and ends those that don't. */
    private void endLeftovers() {
        Optional<PlatformState> before = PlatformState.read(data.root());
        if (before.isEmpty()) {
            return;
        }
        List<ProcessHandle> leftovers = before.get().components().stream()
                .flatMap(member -> member.process().stream())
                .flatMap(process -> process.find().stream())
                .toList();
        long deadline = System.nanoTime() + LEFTOVER_PATIENCE.toNanos();
        for (ProcessHandle leftover : leftovers) {
            while (leftover.isAlive() && System.nanoTime() < deadline) {
                pause(Duration.ofMillis(50));
            }
            if (leftover.isAlive()) {
                leftover.destroyForcibly();
                leftover.onExit().join();
            }
        }
    }

    private void emptyTemporaryFiles() {
        Path temporary = data.folder("flink/tmp");
        try {
            FileTree.delete(temporary);
        } catch (IOException e) {
            throw new PlatformException("can't empty " + temporary + ": " + e, e);
        }
    }

    private PlatformState state() {
        List<Member> members = components().stream()
                .map(component -> new Member(
                        component.name(),
                        component.address(),
                        component.state(),
                        processId(component),
                        component.deaths()))
                .toList();
        List<RunningJob> running = jobs().stream()
                .map(job -> new RunningJob(job.name(), job.runId(), job.submissions(), job.heldBy()))
                .toList();
        return new PlatformState(ProcessId.of(ProcessHandle.current()), phase, addresses, members, running);
    }

    private static Optional<ProcessId> processId(Component component) {
        return component.pid().isPresent()
                ? ProcessHandle.of(component.pid().getAsLong()).map(ProcessId::of)
                : Optional.empty();
    }

    private void keepState() {
        Optional<PlatformState> written = Optional.empty();
        do {
            PlatformState now = state();
            if (!Optional.of(now).equals(written)) {
                writeState();
                written = Optional.of(now);
            }
        } while (pause(STATE_INTERVAL));
    }

    private synchronized void writeState() {
        try {
            state().write(data.root());
        } catch (IOException e) {
            events.add("platform", Kind.DIED, "can't write the state into " + data.root() + ": " + e);
        }
    }

    private static boolean pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Settings of a platform that is about to start; the defaults suit a test: everything, on free ports. */
    public static final class Builder {

        private final Path dataDirectory;
        private final List<ClickHouseUser> clickHouseUsers = new ArrayList<>();
        private final List<Consumer<PlatformAddresses>> beforeJobs = new ArrayList<>();
        private final List<Consumer<PlatformEvent>> listeners = new ArrayList<>();
        private Ports ports = Ports.free();
        private EnumSet<Part> parts = EnumSet.copyOf(Part.all());
        private int taskManagers = 1;
        private int slotsPerTaskManager = 6;
        private int parallelism = 2;
        private int partitions = 4;
        private StateBackend stateBackend = StateBackend.ROCKSDB;
        private External external = External.none();
        private boolean longLived;
        private Optional<Path> routes = Optional.empty();
        private Map<String, String> environment = Map.of();
        private Clock clock = Clock.systemUTC();

        private Builder(Path dataDirectory) {
            this.dataDirectory = dataDirectory;
        }

        public Builder ports(Ports choice) {
            ports = choice;
            return this;
        }

        public Builder parts(Part... wanted) {
            parts = EnumSet.noneOf(Part.class);
            parts.addAll(Arrays.asList(wanted));
            return this;
        }

        public Builder taskManagers(int count) {
            taskManagers = count;
            return this;
        }

        public Builder slotsPerTaskManager(int slots) {
            slotsPerTaskManager = slots;
            return this;
        }

        public Builder parallelism(int tasks) {
            parallelism = tasks;
            return this;
        }

        /** Of each usage topic, when it is made. */
        public Builder partitions(int count) {
            partitions = count;
            return this;
        }

        public Builder stateBackend(StateBackend backend) {
            stateBackend = backend;
            return this;
        }

        /** It is to run for long: the workers take the time to compile what they do most as well as can be. */
        public Builder longLived() {
            longLived = true;
            return this;
        }

        /** A user of the local ClickHouse beside the admin, such as a tenant's. */
        public Builder clickHouseUser(ClickHouseUser user) {
            clickHouseUsers.add(user);
            return this;
        }

        /**
         * Done once the servers answer and before the first job starts: what is in the topics of the books by then, a job
         * that starts afresh knows before its first event.
         */
        public Builder beforeJobs(Consumer<PlatformAddresses> action) {
            beforeJobs.add(action);
            return this;
        }

        /** Receivers and routes of the notifier; the secrets that the file names are taken from the environment. */
        public Builder routes(Path file) {
            routes = Optional.of(file);
            return this;
        }

        /** Servers that the environment names are used instead of being started. */
        public Builder environment(Map<String, String> variables) {
            environment = Map.copyOf(variables);
            external = new External(
                    Optional.ofNullable(environment.get("KAFKA_BOOTSTRAP")),
                    Optional.ofNullable(environment.get("SCHEMA_REGISTRY_URL")),
                    Optional.ofNullable(environment.get("CLICKHOUSE_URL"))
                            .map(url -> new ClickHouseServer(
                                    url,
                                    environment.getOrDefault("CLICKHOUSE_USER", "default"),
                                    environment.getOrDefault("CLICKHOUSE_PASSWORD", ""))));
            return this;
        }

        /** Told of each start, death and restart, on the thread that saw it. */
        public Builder onEvent(Consumer<PlatformEvent> listener) {
            listeners.add(listener);
            return this;
        }

        public Builder clock(Clock source) {
            clock = source;
            return this;
        }

        /**
         * Starts the platform and waits until all of it does its work. What was begun is stopped again when that fails.
         *
         * @throws PlatformException saying what failed
         */
        public Platform start() {
            PlatformOptions options = new PlatformOptions(
                    dataDirectory,
                    ports,
                    parts,
                    taskManagers,
                    slotsPerTaskManager,
                    parallelism,
                    partitions,
                    stateBackend,
                    external,
                    longLived,
                    routes,
                    environment);
            Distribution distribution = Distribution.find();
            DataDirectory data = DataDirectory.take(dataDirectory);
            Platform platform = new Platform(
                    options, clickHouseUsers, beforeJobs, distribution, data, new EventLog(clock, listeners));
            try {
                platform.start();
                return platform;
            } catch (RuntimeException e) {
                platform.close();
                throw e;
            }
        }
    }
}
