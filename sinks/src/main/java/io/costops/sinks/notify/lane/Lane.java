package io.costops.sinks.notify.lane;

import io.costops.sinks.notify.courier.Answer;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The letters to one receiver, and which of them is to be tried next.
 *
 * <p>The letters about one incident keep their order; one that fails holds back those behind it and no other incident's. A
 * receiver that fails whatever it is brought is left alone for a while by its circuit breaker.
 *
 * <p>Knows no thread and no network. Not thread-safe.
 */
final class Lane {
    /** Looked at again so often while the breaker is open or its trial is under way. */
    private static final Duration BREAKER_POLL = Duration.ofSeconds(1);

    private static final Duration USUAL_THROTTLE = Duration.ofSeconds(30);

    private final String receiver;
    private final IntervalFunction pauses;
    private final CircuitBreaker breaker;
    private final Map<Series, Deque<Parcel>> waiting = new LinkedHashMap<>();
    private Instant throttledUntil = Instant.MIN;
    private @Nullable Parcel underWay;

    /** The steps of one incident for one owner. */
    private record Series(Object owner, String incident) {
        static Series of(Parcel parcel) {
            return new Series(parcel.owner(), parcel.incident());
        }
    }

    /** What to do now. */
    sealed interface Next {
        /** Try this one. */
        record Try(Parcel parcel) implements Next {}

        /** Nothing before that time. */
        record Wait(Instant until) implements Next {}

        /** Nothing until there is more. */
        record Idle() implements Next {}
    }

    Lane(String receiver, IntervalFunction pauses, CircuitBreaker breaker) {
        this.receiver = receiver;
        this.pauses = pauses;
        this.breaker = breaker;
    }

    /** With the pauses and the breaker that the notifier ships. */
    static Lane shipped(String receiver, Clock clock) {
        return new Lane(
                receiver,
                // 1 s, 2 s, 4 s, ... 5 min, each by half more or less.
                IntervalFunction.ofExponentialRandomBackoff(Duration.ofSeconds(1), 2, 0.5, Duration.ofMinutes(5)),
                breaker(receiver, clock));
    }

    static CircuitBreaker breaker(String receiver, Clock clock) {
        return CircuitBreaker.of(
                receiver,
                CircuitBreakerConfig.custom()
                        .clock(clock)
                        .currentTimestampFunction(now -> now.millis(), TimeUnit.MILLISECONDS)
                        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(6)
                        .minimumNumberOfCalls(6)
                        .failureRateThreshold(80)
                        .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialRandomBackoff(
                                Duration.ofSeconds(5), 2, 0.5, Duration.ofMinutes(2)))
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .build());
    }

    void add(Parcel parcel) {
        waiting.computeIfAbsent(Series.of(parcel), series -> new ArrayDeque<>()).add(parcel);
    }

    /** Gives an owner's letters back; of one that is under way the report goes nowhere. */
    void forget(Object owner) {
        waiting.keySet().removeIf(series -> series.owner().equals(owner));
    }

    boolean isUnderWay() {
        return underWay != null;
    }

    /** Whether the breaker keeps letters back. */
    boolean isBroken() {
        return breaker.getState() == CircuitBreaker.State.OPEN;
    }

    /** What could be tried, without a change of anything. */
    Next peek(Instant now) {
        Parcel first = null;
        for (Deque<Parcel> series : waiting.values()) {
            Parcel head = series.element();
            if (first == null || due(head).isBefore(due(first))) {
                first = head;
            }
        }
        if (first == null) {
            return new Next.Idle();
        }
        Instant due = due(first).isAfter(throttledUntil) ? due(first) : throttledUntil;
        return due.isAfter(now) ? new Next.Wait(due) : new Next.Try(first);
    }

    /** What to try; it is under way from here on, until {@link #report}. */
    Next take(Instant now) {
        Next next = peek(now);
        if (next instanceof Next.Try found) {
            if (!breaker.tryAcquirePermission()) {
                return new Next.Wait(now.plus(BREAKER_POLL));
            }
            Series series = Series.of(found.parcel());
            Deque<Parcel> queue = waiting.get(series);
            if (queue == null) {
                throw new IllegalStateException("the letter has no series");
            }
            queue.remove();
            if (queue.isEmpty()) {
                waiting.remove(series);
            }
            // An incident that was just served goes behind the others.
            underWay = found.parcel();
        }
        return next;
    }

    /** What the answer to the letter under way leads to. */
    Report report(Answer answer, Duration took, Instant now) {
        Parcel parcel = underWay;
        if (parcel == null) {
            throw new IllegalStateException("no letter is under way");
        }
        underWay = null;
        int attempts = parcel.attempts() + 1;
        Instant next = null;
        if (answer instanceof Answer.Taken || answer instanceof Answer.Refused) {
            // Who refuses one letter is well, and may take the next.
            breaker.onSuccess(took.toNanos(), TimeUnit.NANOSECONDS);
        } else if (answer instanceof Answer.Throttled throttled) {
            breaker.releasePermission();
            next = now.plus(throttled.pause().orElse(USUAL_THROTTLE));
            throttledUntil = next.isAfter(throttledUntil) ? next : throttledUntil;
        } else {
            breaker.onError(took.toNanos(), TimeUnit.NANOSECONDS, new DeliveryFailed(answer.said()));
            next = now.plusMillis(pauses.apply(attempts));
        }
        if (next != null) {
            putBack(new Parcel(parcel.owner(), parcel.key(), parcel.letter(), attempts, next));
        }
        return new Report(receiver, parcel, answer, attempts, now, next);
    }

    /** Before the later steps of its incident. */
    private void putBack(Parcel parcel) {
        waiting.computeIfAbsent(Series.of(parcel), series -> new ArrayDeque<>()).addFirst(parcel);
    }

    /** Takes one letter back, wherever it stands. */
    void remove(Object owner, long key) {
        Iterator<Deque<Parcel>> all = waiting.values().iterator();
        while (all.hasNext()) {
            Deque<Parcel> series = all.next();
            series.removeIf(parcel -> parcel.owner().equals(owner) && parcel.key() == key);
            if (series.isEmpty()) {
                all.remove();
            }
        }
    }

    private static Instant due(Parcel parcel) {
        return parcel.notBefore() == null ? Instant.MIN : parcel.notBefore();
    }

    /** For the breaker's books. */
    private static final class DeliveryFailed extends Exception {
        private static final long serialVersionUID = 1L;

        DeliveryFailed(String said) {
            super(said, null, false, false);
        }
    }
}
