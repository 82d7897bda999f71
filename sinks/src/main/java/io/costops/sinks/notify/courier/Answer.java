package io.costops.sinks.notify.courier;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What came of one attempt to bring a message. */
public sealed interface Answer {
    /** HTTP or SMTP status; null where no answer came. */
    @Nullable
    Integer status();

    /** What was said, one line, without secrets. */
    String said();

    /** The receiver has it. */
    record Taken(@Nullable Integer status, String said) implements Answer {}

    /** Another try may work: the receiver or the way there is at fault. */
    record Later(@Nullable Integer status, String said) implements Answer {}

    /**
     * Too many messages: the receiver is well and wants a pause.
     *
     * @param pause how long; empty where it doesn't say
     */
    record Throttled(@Nullable Integer status, String said, Optional<Duration> pause) implements Answer {}

    /** The same message will be refused again: it is wrong, or we aren't let in. */
    record Refused(@Nullable Integer status, String said) implements Answer {}
}
