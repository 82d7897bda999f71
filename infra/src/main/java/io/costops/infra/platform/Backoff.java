package io.costops.infra.platform;

import java.time.Duration;

/** How long to wait before the next attempt: twice as long after each that failed, from the start after one that lasted. */
final class Backoff {

    static final Duration FIRST = Duration.ofMillis(500);
    static final Duration LONGEST = Duration.ofSeconds(30);
    /** An attempt that lasted this long was a success. */
    static final Duration LASTING = Duration.ofMinutes(1);

    private Duration next = FIRST;

    Duration after(Duration attemptLasted) {
        if (attemptLasted.compareTo(LASTING) >= 0) {
            next = FIRST;
        }
        Duration wait = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
        return wait;
    }
}
