package io.costops.sinks.notify.lane;

import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.courier.Courier;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** One lane with a thread of its own for each receiver, so that none waits for another. */
public final class PostOffice implements Dispatch, AutoCloseable {
    /** Longer than any pause that a rate leads to. */
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final Map<String, LaneWorker> workers = new TreeMap<>();

    /** @param couriers by the receivers' names */
    public PostOffice(Collection<ReceiverSettings> receivers, Map<String, Courier> couriers, Clock clock) {
        this(receivers, couriers, clock, Lane::shipped);
    }

    PostOffice(
            Collection<ReceiverSettings> receivers,
            Map<String, Courier> couriers,
            Clock clock,
            BiFunction<String, Clock, Lane> lanes) {
        for (ReceiverSettings receiver : receivers) {
            Courier courier = couriers.get(receiver.name());
            if (courier == null) {
                throw new IllegalArgumentException("no courier for the receiver " + receiver.name());
            }
            workers.put(
                    receiver.name(),
                    new LaneWorker(
                            receiver.name(), lanes.apply(receiver.name(), clock), rate(receiver), courier, clock));
        }
        workers.values().forEach(LaneWorker::start);
    }

    /** One at a time, in even steps: a burst would only bring a 429. */
    private static RateLimiter rate(ReceiverSettings receiver) {
        return RateLimiter.of(
                receiver.name(),
                RateLimiterConfig.custom()
                        .limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofMinutes(1)
                                .dividedBy(receiver.common().perMinute()))
                        .timeoutDuration(LONGEST_WAIT)
                        .build());
    }

    @Override
    public Desk open(Consumer<Report> reports) {
        Object owner = new Object();
        workers.values().forEach(worker -> worker.join(owner, reports));
        return new Desk() {
            @Override
            public void handIn(String receiver, Parcel parcel) {
                worker(receiver)
                        .add(new Parcel(owner, parcel.key(), parcel.letter(), parcel.attempts(), parcel.notBefore()));
            }

            @Override
            public void takeBack(String receiver, long key) {
                worker(receiver).remove(owner, key);
            }

            @Override
            public void close() {
                workers.values().forEach(worker -> worker.leave(owner));
            }
        };
    }

    private LaneWorker worker(String receiver) {
        LaneWorker worker = workers.get(receiver);
        if (worker == null) {
            throw new IllegalArgumentException("no receiver " + receiver);
        }
        return worker;
    }

    /** Receivers that are left alone for now, since they failed again and again. */
    public List<String> broken() {
        return workers.values().stream()
                .filter(LaneWorker::isBroken)
                .map(LaneWorker::receiver)
                .toList();
    }

    public boolean isBroken(String receiver) {
        return worker(receiver).isBroken();
    }

    /** Begins nothing more and waits until what is under way has been answered and reported, at most so long. */
    public void finish(Duration patience) throws InterruptedException {
        workers.values().forEach(LaneWorker::beginNothingMore);
        long deadline = System.nanoTime() + patience.toNanos();
        for (LaneWorker worker : workers.values()) {
            worker.awaitRest(deadline - System.nanoTime());
        }
    }

    @Override
    public void close() {
        workers.values().forEach(LaneWorker::end);
    }
}
