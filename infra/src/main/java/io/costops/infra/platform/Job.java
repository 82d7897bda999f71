package io.costops.infra.platform;

import io.costops.infra.platform.FlinkRest.JobState;
import io.costops.infra.platform.PlatformEvent.Kind;
import io.costops.infra.platform.PlatformOptions.StateBackend;
import io.costops.infra.platform.RestorePoints.RestorePoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A Flink job that is kept running: submitted at the start, and again whenever the JobManager has lost it or given it up, each
 * time from its newest checkpoint.
 */
public final class Job {

    /** What is submitted. */
    record Spec(
            String name,
            Path jar,
            String mainClass,
            List<String> arguments,
            Path checkpoints,
            StateBackend stateBackend) {}

    private static final Duration INTERVAL = Duration.ofMillis(250);
    private static final Duration CANCEL_PATIENCE = Duration.ofSeconds(20);

    private final Spec spec;
    private final FlinkRest flink;
    private final EventLog events;
    private final JobHold hold;
    private final RestorePoints restorePoints;
    private final Thread supervision;

    private volatile boolean closed;
    private volatile @Nullable String runId;
    private volatile @Nullable String failure;
    /** A savepoint was asked for, and none is there yet. */
    private volatile boolean upgrading;
    /** By what it is held back, once no run of it is left. */
    private volatile @Nullable String heldBy;

    private final AtomicInteger submissions = new AtomicInteger();
    private final AtomicInteger upgrades = new AtomicInteger();
    /** A submission whose answer was lost: Flink may yet start it, so it must not be given a second id. */
    private boolean inDoubt;
    /** What the run that is under way came from. */
    private Optional<RestorePoint> restoredFrom = Optional.empty();

    Job(Spec spec, FlinkRest flink, JobHold hold, EventLog events) {
        this.spec = spec;
        this.flink = flink;
        this.hold = hold;
        this.events = events;
        this.restorePoints = new RestorePoints(spec.checkpoints());
        this.supervision = new Thread(this::supervise, "supervise-job-" + spec.name());
        this.supervision.setDaemon(true);
    }

    public String name() {
        return spec.name();
    }

    /** Flink's id of the run that is under way; a new one after each submission. */
    public Optional<String> runId() {
        return Optional.ofNullable(runId);
    }

    /** How often it was submitted since the platform started: 1 until something is lost. */
    public int submissions() {
        return submissions.get();
    }

    /** How often it went on from a savepoint since the platform started. */
    public int upgrades() {
        return upgrades.get();
    }

    /** By what it is held back, once no run of it is left. */
    Optional<String> heldBy() {
        return Optional.ofNullable(heldBy);
    }

    /** Whether all of its tasks run. */
    public boolean isRunning() {
        String current = runId;
        return current != null && flink.runsWhole(current);
    }

    /** Cancels the run that is under way: the supervisor notices and submits the job again from its newest checkpoint. */
    public void cancelRun() {
        String current = runId;
        if (current == null) {
            return;
        }
        try {
            flink.cancel(current);
        } catch (IOException e) {
            throw new PlatformException("the job " + name() + " could not be cancelled: " + e.getMessage(), e);
        }
    }

    /**
     * Asks for the end of the run that is under way with a savepoint; the supervisor then submits the job from there with
     * the jar as it is by then. That is how a new version takes over. Without an answer from Flink nothing is changed.
     */
    public void upgrade() {
        String current = runId;
        if (current == null) {
            return;
        }
        upgrading = true;
        try {
            flink.stopWithSavepoint(current, restorePoints.savepoints());
        } catch (IOException e) {
            throw new PlatformException(
                    "the job " + name() + " could not be stopped with a savepoint: " + e.getMessage(), e);
        }
    }

    void begin() {
        supervision.start();
    }

    /**
     * Waits until all of its tasks run.
     *
     * @throws PlatformException if it is refused or takes too long
     */
    void awaitRunning(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!isRunning() && !hold.isHeld()) {
            String problem = failure;
            if (problem != null) {
                throw new PlatformException(problem);
            }
            if (System.nanoTime() > deadline) {
                throw new PlatformException("the job " + name() + " did not run within " + patience.toSeconds() + " s");
            }
            if (!pause(INTERVAL)) {
                throw new PlatformException("interrupted while the job " + name() + " was starting");
            }
        }
    }

    /** Cancels the run, which keeps its checkpoints, and submits it no more. */
    void close() {
        closed = true;
        supervision.interrupt();
        try {
            supervision.join(CANCEL_PATIENCE.toMillis());
            String current = runId;
            if (current != null) {
                flink.cancel(current);
                awaitEnd(current);
            }
        } catch (IOException e) {
            // Without a JobManager nothing runs; the checkpoint stands either way.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitEnd(String run) throws IOException {
        long deadline = System.nanoTime() + CANCEL_PATIENCE.toNanos();
        while (System.nanoTime() < deadline
                && flink.jobState(run).filter(state -> !state.isTerminal()).isPresent()) {
            if (!pause(INTERVAL)) {
                return;
            }
        }
    }

    private void supervise() {
        Backoff backoff = new Backoff();
        long submitted = System.nanoTime();
        while (!closed) {
            Optional<String> held = hold.reason();
            if (held.isPresent()) {
                rest(held.get(), submitted);
            } else {
                heldBy = null;
            }
            Optional<String> problem = held.isPresent() ? Optional.empty() : problem();
            if (problem.isPresent()) {
                if (submissions.get() > 0 || failure != null) {
                    events.add(name(), Kind.DIED, problem.get());
                    Duration wait = backoff.after(Duration.ofNanos(System.nanoTime() - submitted));
                    if (!pause(wait)) {
                        return;
                    }
                }
                submitted = System.nanoTime();
                submit();
            }
            if (!pause(INTERVAL)) {
                return;
            }
        }
    }

    /** Ends the run that is under way; from its newest checkpoint the job goes on when it is released. */
    private void rest(String reason, long submittedNanos) {
        if (reason.equals(heldBy)) {
            return;
        }
        String current = runId;
        try {
            if (current != null) {
                Optional<JobState> state = flink.jobState(current);
                // What was submitted and never answered may yet appear.
                boolean mayAppear = inDoubt
                        && System.nanoTime() - submittedNanos
                                < FlinkRest.SUBMISSION.multipliedBy(2).toNanos();
                if (state.isEmpty() ? mayAppear : !state.get().isTerminal()) {
                    if (state.isPresent()) {
                        flink.cancel(current);
                    }
                    return;
                }
                runId = null;
                inDoubt = false;
                String why = "the job " + name() + " is held back: " + reason;
                failure = why;
                events.add(name(), Kind.STOPPED, why);
            } else if (flink.taskManagers().isEmpty()) {
                return;
            }
            heldBy = reason;
        } catch (IOException e) {
            // Asked again in a moment: while the JobManager doesn't answer nothing is known.
        }
    }

    /** Why it has to be submitted, if it has. While the JobManager doesn't answer nothing is known, and nothing done. */
    private Optional<String> problem() {
        try {
            String current = runId;
            if (current == null) {
                return flink.taskManagers().isPresent()
                        ? Optional.of(failure == null ? "not submitted yet" : failure)
                        : Optional.empty();
            }
            Optional<JobState> state = flink.jobState(current);
            if (state.isPresent()) {
                inDoubt = false;
            }
            if (state.isEmpty()) {
                return Optional.of("the JobManager no longer knows the job " + name() + " (run " + current + ")");
            }
            if (state.get().isTerminal() && endedWithSavepoint()) {
                return Optional.of("the job " + name() + " has ended with a savepoint");
            }
            if (state.get().isTerminal()) {
                String cause = flink.rootCause(current);
                return Optional.of("the job " + name() + " is " + state.get() + (cause.isEmpty() ? "" : ": " + cause));
            }
            if (upgrading && endedWithSavepoint()) {
                // Flink would take up a run that fails between its savepoint and its end from an older checkpoint, and
                // commit again what the savepoint has committed. A run that has its savepoint has nothing left to do.
                flink.cancel(current);
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean endedWithSavepoint() {
        return restorePoints
                .newest()
                .filter(point -> point.isSavepoint() && !Optional.of(point).equals(restoredFrom))
                .isPresent();
    }

    private void submit() {
        restorePoints.tidy();
        Optional<RestorePoint> from = restorePoints.newest();
        restoredFrom = from;
        upgrading = false;
        String previous = runId;
        String next = inDoubt && previous != null ? previous : newRunId();
        events.add(
                name(),
                Kind.STARTING,
                "submitting the job "
                        + from.map(point -> "from checkpoint " + point.number() + " (" + point.directory() + ")")
                                .orElse("from nothing: it has no checkpoint"));
        try {
            String jar = flink.upload(spec.jar());
            // The id is ours, so that a lost answer can't leave a run that nobody knows of.
            runId = next;
            flink.run(
                    jar,
                    next,
                    spec.mainClass(),
                    spec.arguments(),
                    from.map(RestorePoint::directory),
                    Map.of(
                            "execution.checkpointing.dir",
                            spec.checkpoints().toUri().toString(),
                            "state.backend.type",
                            spec.stateBackend().configured()));
            submissions.incrementAndGet();
            if (from.filter(RestorePoint::isSavepoint).isPresent()) {
                upgrades.incrementAndGet();
            }
            failure = null;
            inDoubt = false;
            events.add(name(), Kind.READY, "the job is submitted, run " + next);
            flink.deleteJar(jar);
        } catch (FlinkRest.Refused e) {
            // A run in doubt that turns out to be there is refused a second time; its state will tell.
            runId = inDoubt ? next : null;
            failure = "the job " + name() + " was refused: " + e.getMessage();
        } catch (IOException e) {
            inDoubt = runId != null;
            failure = "the job " + name() + " could not be submitted: " + e.getMessage();
        }
    }

    private static String newRunId() {
        UUID random = UUID.randomUUID();
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(random.getMostSignificantBits()) + hex.toHexDigits(random.getLeastSignificantBits());
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
}
