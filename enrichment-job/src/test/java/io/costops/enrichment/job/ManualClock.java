package io.costops.enrichment.job;

import java.time.Duration;
import java.time.Instant;

/** A clock that the test moves. */
record ManualClock(Handle<Time> time) implements JobClock {
    /** The moment, shared by all copies of the clock. */
    static final class Time {
        private volatile Instant now;

        private Time(Instant now) {
            this.now = now;
        }
    }

    static ManualClock at(Instant start) {
        return new ManualClock(Handle.to(new Time(start)));
    }

    void advance(Duration duration) {
        Time shared = time.get();
        shared.now = shared.now.plus(duration);
    }

    @Override
    public Instant now() {
        return time.get().now;
    }

    @Override
    public long nanoTime() {
        return Duration.between(Instant.EPOCH, now()).toNanos();
    }
}
