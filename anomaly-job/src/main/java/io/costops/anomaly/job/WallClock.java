package io.costops.anomaly.job;

import java.io.Serializable;
import java.time.Instant;

/** Wall-clock time: when a step is recorded, and whether people can still act on it. */
public interface WallClock extends Serializable {
    Instant now();

    /** The machine's clock. */
    static WallClock ofMachine() {
        return MachineClock.INSTANCE;
    }

    /** An enum, so that it travels to the tasks as itself. */
    enum MachineClock implements WallClock {
        INSTANCE;

        @Override
        public Instant now() {
            return Instant.now();
        }
    }
}
