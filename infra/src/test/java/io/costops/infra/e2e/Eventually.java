package io.costops.infra.e2e;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.assertj.core.api.Assertions;

/** Waits for conditions. The patience is generous: it is spent only when something is wrong. */
final class Eventually {
    static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private Eventually() {}

    /** Waits until it holds; fails with the description otherwise. */
    static void holds(BooleanSupplier condition, Supplier<String> description) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                Assertions.fail("after " + PATIENCE.toSeconds() + " s: " + description.get());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
