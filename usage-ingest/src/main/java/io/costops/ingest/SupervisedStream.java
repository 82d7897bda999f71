package io.costops.ingest;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a stream and starts a new one when it fails, after a pause that doubles while it keeps failing: a broker or a
 * registry that is away for an hour needs nobody to restart us.
 */
final class SupervisedStream {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisedStream.class);

    /** A run that lasted this long was sound: the next pause is the shortest again. */
    private static final Duration SOUND_RUN = Duration.ofMinutes(1);

    /** One run of a stream. */
    interface Run {
        /** Starts it and returns when it has ended, by itself or by {@link #close}. */
        void runToEnd() throws InterruptedException;

        boolean isReady();

        /** Ends it in order; safe from any thread and more than once. */
        void close();
    }

    private final Supplier<Run> runs;
    private final Duration firstPause;
    private final Duration longestPause;
    private final Runnable onRestart;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile @Nullable Run current;

    SupervisedStream(Supplier<Run> runs, Duration firstPause, Duration longestPause, Runnable onRestart) {
        this.runs = runs;
        this.firstPause = firstPause;
        this.longestPause = longestPause;
        this.onRestart = onRestart;
    }

    /** Runs until {@link #stop}. */
    void run() throws InterruptedException {
        Duration pause = firstPause;
        while (stopped.getCount() > 0) {
            long startedNanos = System.nanoTime();
            runOnce();
            if (stopped.getCount() == 0) {
                return;
            }
            if (System.nanoTime() - startedNanos > SOUND_RUN.toNanos()) {
                pause = firstPause;
            }
            LOG.warn("The stream has ended; a new one starts in {} ms", pause.toMillis());
            onRestart.run();
            if (stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            pause = pause.multipliedBy(2).compareTo(longestPause) > 0 ? longestPause : pause.multipliedBy(2);
        }
    }

    private void runOnce() throws InterruptedException {
        Run run = null;
        try {
            run = runs.get();
            current = run;
            if (stopped.getCount() > 0) {
                run.runToEnd();
            }
        } catch (RuntimeException e) {
            LOG.error("The stream can't run", e);
        } finally {
            current = null;
            if (run != null) {
                run.close();
            }
        }
    }

    /** True while a run takes records. */
    boolean isReady() {
        Run run = current;
        return run != null && run.isReady();
    }

    void stop() {
        stopped.countDown();
        Run run = current;
        if (run != null) {
            run.close();
        }
    }
}
