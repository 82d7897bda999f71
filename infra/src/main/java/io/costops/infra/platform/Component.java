package io.costops.infra.platform;

import io.costops.infra.platform.PlatformEvent.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One process of the platform and its supervision: it is started, its death is noticed and said, and it is started again after
 * a pause that grows while it keeps dying.
 */
public final class Component {

    /** What the supervisor knows of it. Whether it answers is {@link Platform#status()}'s to say. */
    public enum State {
        STOPPED,
        STARTING,
        RUNNING,
        BACKING_OFF
    }

    /** Starts the process; it need not answer yet. */
    @FunctionalInterface
    interface Launcher {
        Child launch() throws Exception;
    }

    /** Whether the process does its work at this moment. */
    @FunctionalInterface
    interface Probe {
        boolean answers(ProcessHandle process);
    }

    /** How it is started, asked and stopped. */
    record Spec(
            String name,
            String address,
            Launcher launcher,
            Probe probe,
            Duration startPatience,
            Duration stopPatience,
            Runnable onDeath) {}

    private static final int LAST_LINES = 6;
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);

    private final Spec spec;
    private final EventLog events;
    private final Thread supervision;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private State state = State.STOPPED;
    private boolean wanted;
    private boolean closed;
    private int deaths;
    private @Nullable Child child;
    private @Nullable String failure;
    private @Nullable String recycled;

    Component(Spec spec, EventLog events) {
        this.spec = spec;
        this.events = events;
        this.supervision = new Thread(this::supervise, "supervise-" + spec.name());
        this.supervision.setDaemon(true);
        this.supervision.start();
    }

    public String name() {
        return spec.name();
    }

    /** Host and port, or the URL, that others reach it at. */
    public String address() {
        return spec.address();
    }

    public State state() {
        return guarded(() -> state);
    }

    /** Deaths that nobody asked for, since the platform started. */
    public int deaths() {
        return guarded(() -> deaths);
    }

    /** The process that runs now, if one does. */
    public OptionalLong pid() {
        return guarded(() -> child != null && child.isAlive() ? OptionalLong.of(child.pid()) : OptionalLong.empty());
    }

    /** SIGKILL, as a crash would: the supervisor notices, says so and starts it again. */
    public void kill() {
        guarded(() -> Optional.ofNullable(child)).ifPresent(Child::kill);
    }

    /** SIGKILL, and down until {@link #start}: as if its machine were gone. */
    public void crash() {
        Optional<Child> running = guarded(() -> {
            wanted = false;
            changed.signalAll();
            return Optional.ofNullable(child);
        });
        running.ifPresent(Child::kill);
        await(() -> state == State.STOPPED, spec.stopPatience());
    }

    /** Ends it because of another component's death, and lets it start again. */
    void recycle(String why) {
        guarded(() -> {
            recycled = child != null && child.isAlive() ? why : null;
            return true;
        });
        kill();
    }

    /** Stops it in order and leaves it down until {@link #start}. */
    public void stop() {
        Optional<Child> running = guarded(() -> {
            wanted = false;
            changed.signalAll();
            return Optional.ofNullable(child);
        });
        running.ifPresent(process -> process.stop(spec.stopPatience()));
        await(() -> state == State.STOPPED, spec.stopPatience());
    }

    /**
     * Starts it and waits until it answers.
     *
     * @throws PlatformException if it dies first or takes too long
     */
    public void start() {
        begin();
        awaitRunning();
    }

    public void restart() {
        stop();
        start();
    }

    /** Starts it without waiting. */
    void begin() {
        guarded(() -> {
            wanted = true;
            failure = null;
            changed.signalAll();
            return true;
        });
    }

    /**
     * Waits until it answers.
     *
     * @throws PlatformException if it dies first or takes too long
     */
    void awaitRunning() {
        boolean settled = await(() -> state == State.RUNNING || failure != null, spec.startPatience());
        Optional<String> problem =
                guarded(() -> state == State.RUNNING ? Optional.empty() : Optional.ofNullable(failure));
        if (problem.isPresent()) {
            throw new PlatformException(problem.get());
        }
        if (!settled) {
            throw new PlatformException(name() + " did not answer within "
                    + spec.startPatience().toSeconds() + " s" + said(guarded(() -> Optional.ofNullable(child))));
        }
    }

    /** Stops it for good. */
    void close() {
        stop();
        guarded(() -> {
            closed = true;
            changed.signalAll();
            return true;
        });
    }

    private void supervise() {
        Backoff backoff = new Backoff();
        try {
            while (awaitWanted()) {
                long started = System.nanoTime();
                runOnce();
                if (!isWanted()) {
                    enter(State.STOPPED);
                    events.add(name(), Kind.STOPPED, "stopped");
                    continue;
                }
                Duration pause = backoff.after(Duration.ofNanos(System.nanoTime() - started));
                enter(State.BACKING_OFF);
                events.add(name(), Kind.BACKING_OFF, "starting again in " + pause.toMillis() + " ms");
                await(() -> !wanted, pause);
                if (!isWanted()) {
                    enter(State.STOPPED);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From the launch to the exit. */
    private void runOnce() throws InterruptedException {
        enter(State.STARTING);
        events.add(name(), Kind.STARTING, "starting");
        Child launched;
        try {
            launched = spec.launcher().launch();
        } catch (Exception e) {
            died(name() + " could not be started: " + e.getMessage());
            return;
        }
        guarded(() -> {
            child = launched;
            return true;
        });
        if (!isWanted()) {
            launched.stop(spec.stopPatience());
        }
        awaitAnswer(launched);
        int exitCode = launched.waitFor();
        if (isWanted()) {
            Optional<String> why = guarded(() -> {
                Optional<String> reason = Optional.ofNullable(recycled);
                recycled = null;
                return reason;
            });
            died(name() + " (process " + launched.pid() + ") "
                    + why.orElseGet(() -> cause(exitCode) + said(Optional.of(launched))));
        }
    }

    private void awaitAnswer(Child launched) throws InterruptedException {
        ProcessHandle process = ProcessHandle.of(launched.pid()).orElse(null);
        while (process != null && launched.isAlive() && isWanted()) {
            if (spec.probe().answers(process)) {
                // Said before the state changes: whoever waits for the state finds the event there.
                events.add(
                        name(),
                        Kind.READY,
                        "ready" + (address().isEmpty() ? "" : " at " + address()) + ", process " + launched.pid());
                enter(State.RUNNING);
                return;
            }
            TimeUnit.NANOSECONDS.sleep(PROBE_INTERVAL.toNanos());
        }
    }

    private void died(String what) {
        guarded(() -> {
            deaths++;
            failure = what;
            state = State.BACKING_OFF;
            changed.signalAll();
            return true;
        });
        events.add(name(), Kind.DIED, what);
        spec.onDeath().run();
    }

    static String cause(int exitCode) {
        int signal = exitCode - 128;
        return signal > 0 && signal < 65 ? "was killed by signal " + signal : "exited with " + exitCode;
    }

    /** Enough of the last words to tell what happened; the whole is in the log. */
    private static String said(Optional<Child> child) {
        List<String> lines = child.map(Child::lastWords).orElse("").lines().toList();
        String end = lines.stream().skip(Math.max(0, lines.size() - LAST_LINES)).collect(Collectors.joining(" | "));
        return end.isBlank() ? "" : "; it said: " + end;
    }

    private boolean awaitWanted() throws InterruptedException {
        lock.lock();
        try {
            while (!wanted && !closed) {
                changed.await();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private boolean isWanted() {
        return guarded(() -> wanted);
    }

    private void enter(State next) {
        guarded(() -> {
            state = next;
            changed.signalAll();
            return true;
        });
    }

    private interface Check {
        boolean holds();
    }

    /** Waits until the check holds under the lock; false when the time is up or the thread is interrupted. */
    private boolean await(Check check, Duration patience) {
        lock.lock();
        try {
            long left = patience.toNanos();
            while (!check.holds()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private interface Read<T> {
        T get();
    }

    private <T> T guarded(Read<T> read) {
        lock.lock();
        try {
            return read.get();
        } finally {
            lock.unlock();
        }
    }
}
