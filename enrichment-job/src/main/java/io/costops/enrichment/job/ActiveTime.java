package io.costops.enrichment.job;

import java.util.concurrent.TimeUnit;

/**
 * How long the job has been running, over all its runs: the clock that state expires by.
 *
 * <p>It stands still while the job is down, so an outage of a week forgets nothing that the week's backlog repeats. It
 * counts elapsed time and not the wall clock, so a clock that is set forward forgets nothing either. What ran after the
 * last checkpoint is not counted when the job restarts from there, which keeps state a little longer and never shorter.
 */
final class ActiveTime {
    private final JobClock clock;
    private final long restoredMillis;
    private final long startedNanos;

    /**
     * @param restoredMillis active time at the checkpoint that the job starts from, 0 at a fresh start
     */
    ActiveTime(JobClock clock, long restoredMillis) {
        this.clock = clock;
        this.restoredMillis = restoredMillis;
        this.startedNanos = clock.nanoTime();
    }

    long millis() {
        return restoredMillis + TimeUnit.NANOSECONDS.toMillis(clock.nanoTime() - startedNanos);
    }
}
