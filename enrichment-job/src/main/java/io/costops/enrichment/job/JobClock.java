package io.costops.enrichment.job;

import java.io.Serializable;
import java.time.Instant;

/** The two clocks that the job reads. */
public interface JobClock extends Serializable {
    /** Wall-clock time: when an entry is recorded. */
    Instant now();

    /** Nanoseconds from an arbitrary moment, which no correction of the wall clock moves: how long something took. */
    long nanoTime();

    /** The machine's clocks. */
    static JobClock ofMachine() {
        return MachineClock.INSTANCE;
    }

    /** An enum, so that it travels to the tasks as itself. */
    enum MachineClock implements JobClock {
        INSTANCE;

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }
}
