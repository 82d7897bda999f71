package io.costops.infra.platform;

import io.costops.infra.platform.PlatformState.Member;
import io.costops.infra.platform.PlatformState.Phase;
import io.costops.infra.platform.PlatformState.ProcessId;
import io.costops.infra.platform.PlatformState.RunningJob;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Whether each part of a platform does its work, found by asking it now.
 *
 * @param phase empty when there is no supervisor
 * @param lags how far the readers of the usage topics are behind; empty while Kafka doesn't tell
 * @param jobs what the jobs that run hold and have counted
 */
public record PlatformStatus(Optional<Phase> phase, List<Part> parts, List<Lag> lags, List<Figures> jobs) {

    /** Of what the jobs count, what tells how they dealt with what came. */
    private static final Set<String> COUNTERS = Set.of(
            "priced",
            "unpriced",
            "duplicates",
            "reversals",
            "deletions",
            "superseded",
            "conflicts",
            "afterPosition",
            "adjustments",
            "requestsApplied");

    /**
     * What a job holds and has counted.
     *
     * @param stateBytes state in its newest checkpoint
     * @param counters since its tasks started last
     */
    public record Figures(String job, Optional<Long> stateBytes, Map<String, Long> counters) {}

    /**
     * How many records a reader has yet to finish with. One that waits for another part, as the ledger writer does while
     * ClickHouse is away, falls behind without being down.
     */
    public record Lag(String reader, String topic, long records) {}

    /**
     * One component or job.
     *
     * @param answers whether it did its work when it was asked
     * @param deaths how often it died, or was submitted again, unasked
     */
    public record Part(String name, boolean answers, String detail, String address, Optional<Long> pid, int deaths) {}

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Whether everything does its work. */
    public boolean isHealthy() {
        return phase.filter(Phase.READY::equals).isPresent() && parts.stream().allMatch(Part::answers);
    }

    /** Asks every part of a platform. */
    static PlatformStatus probe(PlatformState state) {
        List<Part> parts = new ArrayList<>();
        Optional<FlinkRest> flink = state.addresses().flink().map(url -> new FlinkRest(URI.create(url)));
        // Asked first and read last: it takes a moment.
        state.jobs().forEach(job -> job.runId().ifPresent(run -> flink.ifPresent(rest -> rest.refreshMetrics(run))));
        addExternal(parts, state);
        for (Member member : state.components()) {
            parts.add(part(member, state, flink));
        }
        for (RunningJob job : state.jobs()) {
            parts.add(part(job, flink));
        }
        List<Lag> lags = state.addresses()
                .kafka()
                .map(kafka -> ConsumerLag.of(kafka, PATIENCE))
                .orElse(List.of());
        List<Figures> figures = state.jobs().stream()
                .flatMap(job -> job.runId().flatMap(run -> flink.map(rest -> figures(job.name(), run, rest))).stream())
                .toList();
        return new PlatformStatus(Optional.of(state.phase()), List.copyOf(parts), List.copyOf(lags), figures);
    }

    private static Figures figures(String job, String run, FlinkRest flink) {
        OptionalLong state = flink.stateBytes(run);
        return new Figures(
                job,
                state.isPresent() ? Optional.of(state.getAsLong()) : Optional.empty(),
                flink.counters(run, COUNTERS));
    }

    /** The platform of a directory, or that there is none. */
    public static PlatformStatus of(java.nio.file.Path dataDirectory) {
        return PlatformState.readRunning(dataDirectory)
                .map(PlatformStatus::probe)
                .orElse(new PlatformStatus(Optional.empty(), List.of(), List.of(), List.of()));
    }

    private static void addExternal(List<Part> parts, PlatformState state) {
        PlatformAddresses addresses = state.addresses();
        if (isAbsent(state, "kafka")) {
            addresses
                    .kafka()
                    .ifPresent(kafka -> parts.add(external("kafka", kafka, KafkaBroker.answers(kafka, PATIENCE))));
        }
        if (isAbsent(state, "registry")) {
            addresses
                    .schemaRegistry()
                    .ifPresent(url -> parts.add(external("registry", url, RegistryServer.answers(url))));
        }
        if (isAbsent(state, "clickhouse")) {
            addresses
                    .clickHouse()
                    .ifPresent(server -> parts.add(external(
                            "clickhouse", server.url(), server.connect().answers(PATIENCE))));
        }
    }

    private static boolean isAbsent(PlatformState state, String component) {
        return state.components().stream().noneMatch(member -> member.name().equals(component));
    }

    private static Part external(String name, String address, boolean answers) {
        return new Part(
                name, answers, answers ? "answers (external)" : "does not answer", address, Optional.empty(), 0);
    }

    private static Part part(Member member, PlatformState state, Optional<FlinkRest> flink) {
        Optional<ProcessHandle> process = member.process().flatMap(ProcessId::find);
        boolean alive = process.isPresent();
        boolean answers = process.isPresent() && answers(member, process.get(), state, flink);
        String detail = answers
                ? member.name().equals("notifier") ? NotifierProcess.detail(member.address()) : "answers"
                : alive
                        ? "process runs, does not answer"
                        : "down, "
                                + member.state()
                                        .toString()
                                        .toLowerCase(java.util.Locale.ROOT)
                                        .replace('_', ' ');
        return new Part(
                member.name(),
                answers,
                detail,
                member.address(),
                member.process().map(ProcessId::pid),
                member.deaths());
    }

    private static boolean answers(
            Member member, ProcessHandle process, PlatformState state, Optional<FlinkRest> flink) {
        return switch (member.name()) {
            case "kafka" -> KafkaBroker.answers(member.address(), PATIENCE);
            case "registry" -> RegistryServer.answers(member.address());
            case "clickhouse" ->
                state.addresses()
                        .clickHouse()
                        .map(server -> server.connect().answers(PATIENCE))
                        .orElse(false);
            case "jobmanager" ->
                flink.map(rest -> rest.taskManagers().isPresent()).orElse(false);
            case "ingest" -> IngestProcess.answers(member.address());
            case "notifier" -> NotifierProcess.answers(member.address());
            case AdjusterProcess.NAME -> AdjusterProcess.answers(member.address());
            default ->
                flink.map(rest -> FlinkCluster.taskManagerAnswers(rest, member.name(), process))
                        .orElse(false);
        };
    }

    private static Part part(RunningJob job, Optional<FlinkRest> flink) {
        boolean runs = job.runId()
                .flatMap(run -> flink.map(rest -> rest.runsWhole(run)))
                .orElse(false);
        String detail = runs
                ? "runs"
                : job.heldBy().isPresent()
                        ? "held back: " + job.heldBy().get()
                        : job.runId().isPresent() ? "does not run whole" : "not submitted";
        return new Part(
                "job " + job.name(),
                runs,
                detail,
                job.runId().orElse(""),
                Optional.empty(),
                Math.max(0, job.submissions() - 1));
    }
}
