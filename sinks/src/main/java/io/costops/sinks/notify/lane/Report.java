package io.costops.sinks.notify.lane;

import io.costops.sinks.notify.courier.Answer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What came of an attempt.
 *
 * @param attempts made so far, with this one
 * @param nextAttemptAt when it is tried again; null: not by itself
 */
public record Report(
        String receiver,
        Parcel parcel,
        Answer answer,
        int attempts,
        Instant at,
        @Nullable Instant nextAttemptAt) {}
