package io.costops.sinks;

import java.util.concurrent.TimeUnit;

/** Waits for a condition, never for a time. */
public final class Await {
    private static final long PATIENCE_SECONDS = 90;
    private static final long POLL_MILLIS = 5;

    private Await() {}

    /** A condition that may look at a job or a database. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    public static void until(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(what + " did not come about in " + PATIENCE_SECONDS + " s");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }
}
