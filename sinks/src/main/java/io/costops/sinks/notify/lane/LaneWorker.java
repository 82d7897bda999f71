package io.costops.sinks.notify.lane;

import io.costops.sinks.notify.courier.Answer;
import io.costops.sinks.notify.courier.Courier;
import io.github.resilience4j.ratelimiter.RateLimiter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that works one lane off. */
final class LaneWorker {
    private static final Logger LOG = LoggerFactory.getLogger(LaneWorker.class);

    private final String receiver;
    private final Lane lane;
    private final RateLimiter rate;
    private final Courier courier;
    private final Clock clock;
    private final Map<Object, Consumer<Report>> owners = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private boolean finishing;
    private Instant heldUntil = Instant.MIN;

    LaneWorker(String receiver, Lane lane, RateLimiter rate, Courier courier, Clock clock) {
        this.receiver = receiver;
        this.lane = lane;
        this.rate = rate;
        this.courier = courier;
        this.clock = clock;
        this.thread = new Thread(this::work, "notify-" + receiver);
        this.thread.setDaemon(true);
    }

    String receiver() {
        return receiver;
    }

    void start() {
        thread.start();
    }

    void join(Object owner, Consumer<Report> reports) {
        locked(() -> owners.put(owner, reports));
    }

    void leave(Object owner) {
        locked(() -> {
            owners.remove(owner);
            lane.forget(owner);
        });
    }

    void add(Parcel parcel) {
        locked(() -> lane.add(parcel));
    }

    void remove(Object owner, long key) {
        locked(() -> lane.remove(owner, key));
    }

    boolean isBroken() {
        return lane.isBroken();
    }

    void beginNothingMore() {
        locked(() -> finishing = true);
    }

    /** Waits until nothing is under way. */
    void awaitRest(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (lane.isUnderWay() && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    void end() {
        thread.interrupt();
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        try {
            while (true) {
                awaitSomethingDue();
                awaitRate();
                deliverOne();
            }
        } catch (InterruptedException e) {
            // Told to end.
            Thread.currentThread().interrupt();
        }
    }

    private void awaitSomethingDue() throws InterruptedException {
        lock.lock();
        try {
            for (Instant due = due(); due.isAfter(clock.instant()); due = due()) {
                if (due.equals(Instant.MAX)) {
                    changed.await();
                } else {
                    changed.awaitNanos(Duration.between(clock.instant(), due).toNanos());
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** When there is something to do; as far as can be told. */
    private Instant due() {
        Lane.Next next = finishing ? new Lane.Next.Idle() : lane.peek(clock.instant());
        if (next instanceof Lane.Next.Idle) {
            return Instant.MAX;
        }
        Instant due = next instanceof Lane.Next.Wait wait ? wait.until() : Instant.MIN;
        return due.isAfter(heldUntil) ? due : heldUntil;
    }

    /** Only once a letter is due: a permit that nobody used would be lost. */
    private void awaitRate() throws InterruptedException {
        long nanos = rate.reservePermission();
        if (nanos > 0) {
            TimeUnit.NANOSECONDS.sleep(nanos);
        }
    }

    private void deliverOne() throws InterruptedException {
        Parcel parcel;
        lock.lock();
        try {
            Lane.Next next = finishing ? new Lane.Next.Idle() : lane.take(clock.instant());
            if (!(next instanceof Lane.Next.Try found)) {
                if (next instanceof Lane.Next.Wait wait) {
                    heldUntil = wait.until();
                }
                return;
            }
            parcel = found.parcel();
        } finally {
            lock.unlock();
        }
        Instant begun = clock.instant();
        Answer answer;
        try {
            answer = courier.deliver(parcel.letter());
        } catch (RuntimeException e) {
            // A message that can't be made must not end the lane; nor may it be lost.
            LOG.error("the message {} to {} could not be made", parcel.letter().id(), receiver, e);
            answer = new Answer.Refused(
                    null, "the message could not be made: " + e.getClass().getSimpleName());
        }
        lock.lock();
        try {
            Report report = lane.report(answer, Duration.between(begun, clock.instant()), clock.instant());
            Consumer<Report> reports = owners.get(parcel.owner());
            if (reports == null) {
                // Its owner has left and will offer it again elsewhere.
                lane.forget(parcel.owner());
            } else {
                reports.accept(report);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
