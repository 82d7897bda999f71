package io.costops.infra.bench;

import io.costops.infra.demo.RawRecord;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.PlatformException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A trickle of events whose way into the ledger is timed, from the moment before they are sent until a query finds them. */
final class Probe implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Probe.class);
    private static final String TENANT = "bench-probe";
    private static final double PER_SECOND = 10;
    /** How exact the times are; more often would cost the database what is to be measured. */
    private static final Duration LOOK = Duration.ofMillis(200);

    private static final Duration QUERY_PATIENCE = Duration.ofSeconds(20);

    /**
     * An event that was found.
     *
     * @param sentNanos by the monotonic clock
     * @param seenNanos likewise
     */
    record Sighting(long sentNanos, long seenNanos) {
        long nanos() {
            return seenNanos - sentNanos;
        }
    }

    private record Sent(long nanos, Instant time) {}

    private final ClickHouseHttp clickHouse;
    private final PacedPublisher publisher;
    private final Clock clock;
    private final String run;
    /** By number: when each was sent that isn't found yet. */
    private final Map<Long, Sent> pending = new ConcurrentSkipListMap<>();

    private final List<Sighting> sightings = new ArrayList<>();
    private final Thread sender;
    private final Thread watcher;
    private volatile boolean closed;
    private volatile long lastLookNanos = System.nanoTime();

    Probe(String bootstrap, ClickHouseHttp clickHouse, Clock clock, String run) {
        this.clickHouse = clickHouse;
        this.publisher = new PacedPublisher(bootstrap);
        this.clock = clock;
        this.run = run;
        this.sender = new Thread(() -> publisher.publish(new Events(), PER_SECOND), "bench-probe");
        this.watcher = new Thread(this::watch, "bench-watch");
        sender.start();
        watcher.start();
    }

    private final class Events implements Iterator<RawRecord> {
        private long number;

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public RawRecord next() {
            String id = id(number);
            Instant now = clock.instant();
            pending.put(number++, new Sent(System.nanoTime(), now));
            return new RawRecord(id, """
                    {"source": "openai.chat", "tenant": "%s", "project": "probe",
                     "payload": {"id": "%s", "object": "chat.completion", "created": %d, "model": "gpt-4o-2024-08-06",
                       "usage": {"prompt_tokens": 1200, "completion_tokens": 80, "total_tokens": 1280}}}
                    """.formatted(TENANT, id, now.getEpochSecond()), now);
        }
    }

    private String id(long number) {
        return "probe-" + run + "-" + number;
    }

    private void watch() {
        while (!closed) {
            long asked = System.nanoTime();
            try {
                look();
                lastLookNanos = asked;
            } catch (PlatformException away) {
                LOG.debug("no answer", away);
            }
            try {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void look() {
        Optional<Sent> oldest = pending.values().stream().findFirst();
        if (oldest.isEmpty()) {
            return;
        }
        String found = clickHouse.query(
                "SELECT toUInt64(splitByChar('-', event_id)[-1]) FROM costops.ledger WHERE tenant = '" + TENANT
                        + "' AND event_time >= toDateTime("
                        + oldest.get().time().getEpochSecond() + ") FORMAT TSV",
                QUERY_PATIENCE);
        long seen = System.nanoTime();
        synchronized (sightings) {
            found.lines().map(Long::valueOf).forEach(number -> {
                Sent sent = pending.remove(number);
                if (sent != null) {
                    sightings.add(new Sighting(sent.nanos(), seen));
                }
            });
        }
    }

    /** Those that were sent between two moments of the monotonic clock and are found by now. */
    List<Sighting> sent(long fromNanos, long toNanos) {
        synchronized (sightings) {
            return sightings.stream()
                    .filter(sighting -> sighting.sentNanos() - fromNanos >= 0 && sighting.sentNanos() - toNanos < 0)
                    .toList();
        }
    }

    /** Whether everything that was sent by then is found, as of a query that was asked after that moment. */
    boolean hasAllUntil(long nanos) {
        return lastLookNanos - nanos > 0 && pending.values().stream().noneMatch(sent -> sent.nanos() - nanos <= 0);
    }

    @Override
    public void close() {
        closed = true;
        publisher.stop();
        watcher.interrupt();
        try {
            watcher.join();
            sender.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        publisher.close();
    }
}
