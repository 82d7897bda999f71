package io.costops.sinks.clickhouse;

import io.costops.sinks.clickhouse.ClickHouseException.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks ClickHouse again and again while it can't answer, waiting twice as long each time up to a bound. A refusal is not
 * repeated, and an interrupt ends the wait at once.
 *
 * @param first the wait after the first failure
 * @param most the longest wait
 * @param patience how long to go on in all
 */
public record Retry(Duration first, Duration most, Duration patience, Pause pause, InstantSource clock) {
    /** Longer than any outage: what is sealed must not be dropped. */
    public static final Duration FOR_EVER = Duration.ofDays(36_500);

    private static final Logger LOG = LoggerFactory.getLogger(Retry.class);
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration MOST = Duration.ofSeconds(5);
    private static final Duration LOG_EVERY = Duration.ofMinutes(1);

    /** What is tried. */
    @FunctionalInterface
    public interface Call<V> {
        V run() throws ClickHouseException, InterruptedException;
    }

    /** Waits; replaceable, so that a test needs no time. */
    @FunctionalInterface
    public interface Pause {
        void sleep(Duration time) throws InterruptedException;
    }

    public static Retry forEver() {
        return lasting(FOR_EVER);
    }

    public static Retry lasting(Duration patience) {
        return new Retry(FIRST, MOST, patience, time -> Thread.sleep(time.toMillis()), InstantSource.system());
    }

    /**
     * Runs a call until ClickHouse answers it.
     *
     * @param what names the call in the log, as in "waiting to insert batch 7"
     * @throws ClickHouseException.Refused as the call does
     * @throws Unavailable when patience has run out
     */
    public <V> V untilAvailable(String what, Call<V> call) throws ClickHouseException, InterruptedException {
        Instant start = clock.instant();
        Instant nextLog = start;
        Duration wait = first;
        while (true) {
            try {
                V answer = call.run();
                if (!nextLog.equals(start)) {
                    LOG.info("ClickHouse answers again after {}: {}", Duration.between(start, clock.instant()), what);
                }
                return answer;
            } catch (Unavailable e) {
                Instant now = clock.instant();
                if (Duration.between(start, now).compareTo(patience) >= 0) {
                    throw e;
                }
                if (!now.isBefore(nextLog)) {
                    LOG.warn("waiting to {}: {}", what, e.getMessage());
                    nextLog = now.plus(LOG_EVERY);
                }
                pause.sleep(wait);
                Duration doubled = wait.multipliedBy(2);
                wait = doubled.compareTo(most) > 0 ? most : doubled;
            }
        }
    }
}
