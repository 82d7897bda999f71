package io.costops.sinks.notify.lane;

import io.costops.sinks.notify.courier.Letter;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A letter with its history.
 *
 * @param owner who is told what becomes of it, and may take it back
 * @param key the owner's name for it
 * @param attempts made so far
 * @param notBefore not to be tried earlier; null: at once
 */
public record Parcel(
        Object owner,
        long key,
        Letter letter,
        int attempts,
        @Nullable Instant notBefore) {
    /** Letters about one incident keep their order. */
    String incident() {
        return letter.alert().getIncidentId();
    }
}
