package io.costops.infra.clickhouse;

import com.sun.jna.LastErrorException;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The child process that is the engine.
 *
 * <p>It runs in a JVM of its own because the engine owns its process: it installs signal handlers, and it aborted the JVM that
 * shared it. Its standard input must be a terminal, since without one a malformed HTTP head ends the process, so the child
 * makes itself one. The input that its parent gave it becomes a leash: when that ends, because the parent asked for it or
 * is no more, the terminal is closed, the engine returns, and the process halts. A SIGTERM takes the same way.
 */
final class ClickHouseChild {

    static final int EXIT_ASKED = 0;
    static final int EXIT_ENGINE_RETURNED = 3;
    static final int EXIT_DIRECTORY_IN_USE = 4;
    static final int EXIT_STUCK = 5;

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
    private static final Duration LOCK_RETRY = Duration.ofMillis(50);
    private static final int STDIN = 0;

    private final Libc libc;
    private final int terminal;
    private final int leash;
    private final AtomicBoolean stopAsked = new AtomicBoolean();
    private final CountDownLatch returned = new CountDownLatch(1);

    private ClickHouseChild(Libc libc) {
        this.libc = libc;
        this.leash = libc.dup(STDIN);
        this.terminal = libc.posix_openpt(Libc.O_RDWR | Libc.O_NOCTTY);
        libc.grantpt(terminal);
        libc.unlockpt(terminal);
        int ourEnd = libc.open(libc.ptsname(terminal), Libc.O_RDWR | Libc.O_NOCTTY);
        libc.dup2(ourEnd, STDIN);
        libc.close(ourEnd);
    }

    /**
     * Arguments: the engine's library, the lock file, how many milliseconds to wait for the lock, the data directory. The
     * working directory holds the server's files.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path library = Path.of(args[0]);
        Path lockFile = Path.of(args[1]);
        Duration lockPatience = Duration.ofMillis(Long.parseLong(args[2]));
        Path dataDirectory = Path.of(args[3]);

        FileLock lock = lock(lockFile, lockPatience);
        if (lock == null) {
            System.err.println("another ClickHouse still uses " + dataDirectory + " (it holds " + lockFile + ")");
            Runtime.getRuntime().halt(EXIT_DIRECTORY_IN_USE);
        }
        new ClickHouseChild(Libc.load()).run(Engine.load(library), dataDirectory);
    }

    private void run(Engine engine, Path dataDirectory) {
        Thread leashWatch = new Thread(this::stopWhenLeashEnds, "leash");
        leashWatch.setDaemon(true);
        leashWatch.start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stopAndHalt, "signal"));

        String error = runEngine(engine, dataDirectory);
        returned.countDown();
        if (stopAsked.get()) {
            Runtime.getRuntime().halt(EXIT_ASKED);
        }
        System.err.println("the engine returned without being asked to: " + (error == null ? "see above" : error));
        System.err.flush();
        Runtime.getRuntime().halt(EXIT_ENGINE_RETURNED);
    }

    private static @Nullable String runEngine(Engine engine, Path dataDirectory) {
        List<String> arguments = List.of(
                "clickhouse",
                "--path=" + dataDirectory,
                "--config-file=" + ServerFiles.SERVER_XML,
                "--queries-file=" + ServerFiles.START_SQL,
                "--interactive",
                "--disable_suggestion",
                "--history_file=/dev/null");
        Pointer result = engine.chdb_query_cmdline(arguments.size(), new StringArray(arguments.toArray(String[]::new)));
        return result == null ? null : engine.chdb_result_error(result);
    }

    private void stopWhenLeashEnds() {
        byte[] ignored = new byte[64];
        try {
            while (libc.read(leash, ignored, ignored.length) > 0) {
                // Nothing is said over the leash; only its end means something.
            }
        } catch (LastErrorException e) {
            System.err.println("the parent's pipe failed, which ends this process: " + e.getMessage());
        }
        stopAndHalt();
    }

    /** Never returns: a normal exit would run the engine's exit handlers beside its own threads, and crash. */
    private void stopAndHalt() {
        if (stopAsked.compareAndSet(false, true)) {
            libc.close(terminal);
        }
        boolean orderly = false;
        try {
            orderly = returned.await(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(orderly ? EXIT_ASKED : EXIT_STUCK);
    }

    /** A predecessor whose parent was killed needs a moment to stop, so the lock is worth waiting for. */
    private static @Nullable FileLock lock(Path lockFile, Duration patience) throws IOException, InterruptedException {
        FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        long deadline = System.nanoTime() + patience.toNanos();
        FileLock lock = channel.tryLock();
        while (lock == null && System.nanoTime() < deadline) {
            TimeUnit.NANOSECONDS.sleep(LOCK_RETRY.toNanos());
            lock = channel.tryLock();
        }
        return lock;
    }
}
