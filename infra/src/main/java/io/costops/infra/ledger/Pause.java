package io.costops.infra.ledger;

import io.costops.infra.platform.PlatformException;
import java.time.Duration;

/** The wait between two looks at a server. */
final class Pause {
    private Pause() {}

    static void of(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while waiting", e);
        }
    }
}
