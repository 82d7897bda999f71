package io.costops.sinks.notify;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.schemas.avro.NotifiedIncident;
import io.costops.schemas.avro.PendingNotification;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import io.costops.sinks.notify.Notifier.Surroundings;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.courier.Answer;
import io.costops.sinks.notify.courier.Letter;
import io.costops.sinks.notify.lane.Dispatch;
import io.costops.sinks.notify.lane.Parcel;
import io.costops.sinks.notify.lane.Report;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds what is to be delivered until a receiver has acknowledged it.
 *
 * <p>A notification enters its store in the transaction that takes the alert, and leaves it in the one that records the
 * receiver's answer. The delivery lies between the two, on other threads: a crash there means a delivery more, never one
 * less.
 */
final class Outbox implements Processor<byte[], byte[], byte[], byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

    /** How often answers are recorded; a part of the time in which a crash delivers twice. */
    static final Duration RECORDING = Duration.ofMillis(50);

    static final Duration HOUSEKEEPING = Duration.ofMinutes(10);

    /** Most letters of one task that one receiver's lane holds in memory; the others wait in the store. */
    static final int WINDOW = 200;

    /** After that nobody reopens an incident that ended. */
    private static final Duration ENDED_INCIDENTS = Duration.ofDays(30);

    /** Incidents that nobody ended: as long as an alert can be read again, and more. */
    private static final Duration OTHER_INCIDENTS = Duration.ofDays(120);

    private static final String GIVEN_UP = "given up, it was kept long enough: ";

    private final Surroundings with;
    private final AvroCodec<Alert> alerts;
    private final AvroCodec<AlertDelivery> deliveries;
    private final AvroCodec<PendingNotification> pendings;
    private final AvroCodec<NotifiedIncident> incidentCodec;
    private final Queue<Report> reports = new ConcurrentLinkedQueue<>();
    private final SortedMap<String, Stock> stocks = new TreeMap<>();
    private @Nullable Running running;

    /** What there is from {@code init} on. */
    private record Running(
            ProcessorContext<byte[], byte[]> context,
            KeyValueStore<Bytes, byte[]> outbox,
            KeyValueStore<String, byte[]> incidents,
            Dispatch.Desk desk) {}

    /** What this task holds for one receiver. */
    private static final class Stock {
        /** Offsets that are in the lane's hands. */
        private final Set<Long> handedIn = new TreeSet<>();

        /** What lies before was looked at. */
        private long cursor;

        private int waiting;
        private int refused;
        private int releasesSeen;
    }

    Outbox(Surroundings with) {
        this.with = with;
        SchemaRegistry registry = with.registry();
        this.alerts = new AvroCodec<>(Alert.class, Topics.COST_ALERTS.subject(), registry);
        this.deliveries = new AvroCodec<>(AlertDelivery.class, Topics.ALERT_DELIVERIES.subject(), registry);
        this.pendings = new AvroCodec<>(PendingNotification.class, "costops-notifier-outbox-value", registry);
        this.incidentCodec = new AvroCodec<>(NotifiedIncident.class, "costops-notifier-incidents-value", registry);
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        running = new Running(
                context,
                context.getStateStore(Notifier.OUTBOX),
                context.getStateStore(Notifier.INCIDENTS),
                with.dispatch().open(report -> {
                    with.unrecorded().incrementAndGet();
                    reports.add(report);
                }));
        count();
        stocks.keySet().forEach(this::fillWindow);
        context.schedule(RECORDING, PunctuationType.WALL_CLOCK_TIME, now -> record());
        context.schedule(HOUSEKEEPING, PunctuationType.WALL_CLOCK_TIME, now -> tidy());
    }

    private Running running() {
        if (running == null) {
            throw new IllegalStateException("init comes first");
        }
        return running;
    }

    private void count() {
        with.routing().receivers().keySet().forEach(this::stock);
        try (KeyValueIterator<Bytes, byte[]> all = running().outbox().all()) {
            while (all.hasNext()) {
                KeyValue<Bytes, byte[]> entry = all.next();
                String receiver = OutboxKey.of(entry.key).receiver();
                if (!isKnown(receiver) && !stocks.containsKey(receiver)) {
                    LOG.warn(
                            "notifications wait for the receiver {}, which is not in the configuration any more",
                            receiver);
                }
                change(receiver, pending(entry.value).getRefused(), 1);
            }
        }
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        RecordMetadata at = running()
                .context()
                .recordMetadata()
                .orElseThrow(() -> new IllegalStateException("a record of a source topic has a place"));
        Decoded<Alert> decoded = alerts.decode(record.value());
        if (decoded instanceof Decoded.Value<Alert> value) {
            take(value.record(), at.offset());
        } else if (decoded instanceof Decoded.Undecodable<Alert> bad) {
            with.metrics().countUndecodable();
            LOG.error(
                    "the record at {}, partition {}, offset {} can't be read ({}): {}",
                    at.topic(),
                    at.partition(),
                    at.offset(),
                    bad.problem(),
                    bad.message());
        }
    }

    private void take(Alert alert, long offset) {
        NotifiedIncident known = incident(alert.getIncidentId());
        if (known != null && alert.getSequence() <= known.getSequence()) {
            with.metrics().countRepeated();
            return;
        }
        Instant now = now();
        Routing.Decision decision = with.routing().decide(alert, known == null ? List.of() : known.getTold());
        running()
                .incidents()
                .put(
                        alert.getIncidentId(),
                        incidentCodec.encode(NotifiedIncident.newBuilder()
                                .setSequence(alert.getSequence())
                                .setTold(decision.told())
                                .setOpen(alert.getAction() != AlertAction.RESOLVED)
                                .setUpdatedAt(now)
                                .build()));
        decision.recipients().forEach((receiver, routes) -> queue(alert, offset, receiver, routes, now));
        if (decision.unrouted()) {
            forward(delivery(alert, DeliveryOutcome.NO_ROUTE, 0, 0, now)
                    .setMessage("no route matches this alert: see the routes of the notifier")
                    .build());
        }
    }

    private void queue(Alert alert, long offset, String receiver, List<String> routes, Instant now) {
        PendingNotification pending = PendingNotification.newBuilder()
                .setReceiver(receiver)
                .setKind(settings(receiver).kind())
                .setRoutes(routes)
                .setAlert(alert)
                .setRevision(1)
                .setQueuedAt(now)
                .build();
        running().outbox().put(new OutboxKey(receiver, offset).bytes(), pendings.encode(pending));
        change(receiver, false, 1);
        forward(delivery(pending, DeliveryOutcome.QUEUED, 0, now).build());
        fillWindow(receiver);
    }

    /** Hands in what comes next, up to the window. */
    private void fillWindow(String receiver) {
        if (!isKnown(receiver)) {
            return;
        }
        Stock stock = stock(receiver);
        if (stock.handedIn.size() >= WINDOW) {
            return;
        }
        try (KeyValueIterator<Bytes, byte[]> next = running()
                .outbox()
                .range(
                        new OutboxKey(receiver, stock.cursor).bytes(),
                        new OutboxKey(receiver, Long.MAX_VALUE).bytes())) {
            while (next.hasNext() && stock.handedIn.size() < WINDOW) {
                KeyValue<Bytes, byte[]> entry = next.next();
                long offset = OutboxKey.of(entry.key).offset();
                stock.cursor = offset + 1;
                PendingNotification pending = pending(entry.value);
                if (!pending.getRefused() && stock.handedIn.add(offset)) {
                    running()
                            .desk()
                            .handIn(
                                    receiver,
                                    new Parcel(
                                            this,
                                            offset,
                                            Letter.to(receiver, pending.getAlert()),
                                            pending.getAttempts(),
                                            pending.getNextAttemptAt()));
                }
            }
        }
    }

    /** Records what the receivers have answered, and hands in more. */
    private void record() {
        Set<String> served = new TreeSet<>();
        for (Report report = reports.poll(); report != null; report = reports.poll()) {
            record(report);
            served.add(report.receiver());
            with.unrecorded().decrementAndGet();
        }
        with.routing().receivers().keySet().forEach(this::release);
        served.forEach(this::fillWindow);
        if (!served.isEmpty()) {
            // At once: until it is committed, a crash would deliver again.
            running().context().commit();
        }
    }

    private void record(Report report) {
        OutboxKey key = new OutboxKey(report.receiver(), report.parcel().key());
        byte[] stored = running().outbox().get(key.bytes());
        if (stored == null) {
            return;
        }
        PendingNotification pending = pending(stored);
        pending.setAttempts(report.attempts());
        Answer answer = report.answer();
        Instant at = report.at().truncatedTo(ChronoUnit.MICROS);
        if (answer instanceof Answer.Taken) {
            forget(key, pending);
            report(pending, DeliveryOutcome.DELIVERED, answer, at);
        } else if (answer instanceof Answer.Refused) {
            stock(key.receiver()).handedIn.remove(key.offset());
            change(key.receiver(), false, -1);
            change(key.receiver(), true, 1);
            pending.setRefused(true);
            report(pending, DeliveryOutcome.REFUSED, answer, at);
            store(key, pending);
        } else if (pending.getQueuedAt().plus(with.keep()).isBefore(at)) {
            running().desk().takeBack(key.receiver(), key.offset());
            forget(key, pending);
            report(pending, DeliveryOutcome.EXPIRED, answer.status(), GIVEN_UP + answer.said(), at);
        } else {
            pending.setNextAttemptAt(
                    report.nextAttemptAt() == null
                            ? null
                            : report.nextAttemptAt().truncatedTo(ChronoUnit.MICROS));
            report(pending, DeliveryOutcome.FAILED, answer, at);
            store(key, pending);
        }
    }

    /** Tries once more what was refused, if someone asked for it; but opens no incident that has ended since. */
    private void release(String receiver) {
        Stock stock = stock(receiver);
        int asked = with.releases().asked(receiver);
        if (stock.releasesSeen == asked) {
            return;
        }
        stock.releasesSeen = asked;
        for (OutboxKey key : keys(receiver)) {
            PendingNotification pending = pending(key);
            if (pending == null || !pending.getRefused()) {
                continue;
            }
            Alert alert = pending.getAlert();
            NotifiedIncident incident = incident(alert.getIncidentId());
            boolean passed = incident != null && !incident.getOpen() && alert.getAction() != AlertAction.RESOLVED;
            if (passed) {
                forget(key, pending);
                report(pending, DeliveryOutcome.EXPIRED, null, "the incident has ended since", now());
            } else {
                pending.setRefused(false);
                pending.setNextAttemptAt(null);
                change(receiver, true, -1);
                change(receiver, false, 1);
                report(pending, DeliveryOutcome.QUEUED, null, "an operator asked for another try", now());
                store(key, pending);
            }
        }
        stock.cursor = 0;
        fillWindow(receiver);
    }

    /** Gives up what was kept long enough, and forgets incidents that are over. */
    private void tidy() {
        Instant now = now();
        List<String> over = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> all = running().incidents().all()) {
            while (all.hasNext()) {
                KeyValue<String, byte[]> entry = all.next();
                NotifiedIncident incident = value(incidentCodec.decode(entry.value), "an incident");
                Duration kept = incident.getOpen() ? OTHER_INCIDENTS : ENDED_INCIDENTS;
                if (incident.getUpdatedAt().plus(kept).isBefore(now)) {
                    over.add(entry.key);
                }
            }
        }
        over.forEach(running().incidents()::delete);
        for (String receiver : List.copyOf(stocks.keySet())) {
            for (OutboxKey key : keys(receiver)) {
                PendingNotification pending = pending(key);
                // What is tried is given up when a try fails, not in the middle of it.
                if (pending != null
                        && (pending.getRefused() || !isKnown(receiver))
                        && pending.getQueuedAt().plus(with.keep()).isBefore(now)) {
                    forget(key, pending);
                    report(pending, DeliveryOutcome.EXPIRED, null, GIVEN_UP + "nobody asked for another try", now);
                }
            }
        }
    }

    private List<OutboxKey> keys(String receiver) {
        List<OutboxKey> keys = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> all = running()
                .outbox()
                .range(new OutboxKey(receiver, 0).bytes(), new OutboxKey(receiver, Long.MAX_VALUE).bytes())) {
            while (all.hasNext()) {
                keys.add(OutboxKey.of(all.next().key));
            }
        }
        return keys;
    }

    private void store(OutboxKey key, PendingNotification pending) {
        running().outbox().put(key.bytes(), pendings.encode(pending));
    }

    private void forget(OutboxKey key, PendingNotification pending) {
        running().outbox().delete(key.bytes());
        stock(key.receiver()).handedIn.remove(key.offset());
        change(key.receiver(), pending.getRefused(), -1);
    }

    private void report(PendingNotification pending, DeliveryOutcome outcome, Answer answer, Instant at) {
        report(pending, outcome, answer.status(), answer.said(), at);
    }

    /** Reports the next revision of a notification; whoever calls stores it. */
    private void report(
            PendingNotification pending,
            DeliveryOutcome outcome,
            @Nullable Integer status,
            String message,
            Instant at) {
        int revision = pending.getRevision();
        pending.setRevision(revision + 1);
        forward(delivery(pending, outcome, revision, at)
                .setStatus(status)
                .setMessage(message)
                .setNextAttemptAt(outcome == DeliveryOutcome.FAILED ? pending.getNextAttemptAt() : null)
                .build());
    }

    private static AlertDelivery.Builder delivery(
            PendingNotification pending, DeliveryOutcome outcome, int revision, Instant at) {
        return delivery(pending.getAlert(), outcome, revision, pending.getAttempts(), at)
                .setReceiver(pending.getReceiver())
                .setKind(pending.getKind())
                .setRoutes(pending.getRoutes())
                .setQueuedAt(pending.getQueuedAt());
    }

    private static AlertDelivery.Builder delivery(
            Alert alert, DeliveryOutcome outcome, int revision, int attempts, Instant at) {
        return AlertDelivery.newBuilder()
                .setIncidentId(alert.getIncidentId())
                .setSequence(alert.getSequence())
                .setTenant(alert.getTenant())
                .setOutcome(outcome)
                .setRevision(revision)
                .setAttempts(attempts)
                .setRecordedAt(at);
    }

    private void forward(AlertDelivery delivery) {
        with.metrics().count(delivery.getReceiver(), delivery.getOutcome());
        running()
                .context()
                .forward(new Record<>(
                        delivery.getIncidentId().getBytes(StandardCharsets.UTF_8),
                        deliveries.encode(delivery),
                        delivery.getRecordedAt().toEpochMilli()));
    }

    private boolean isKnown(String receiver) {
        return with.routing().receivers().containsKey(receiver);
    }

    private ReceiverSettings settings(String receiver) {
        ReceiverSettings settings = with.routing().receivers().get(receiver);
        if (settings == null) {
            throw new IllegalStateException("the routes lead to no receiver " + receiver);
        }
        return settings;
    }

    private Stock stock(String receiver) {
        return stocks.computeIfAbsent(receiver, name -> new Stock());
    }

    private void change(String receiver, boolean refused, int by) {
        Stock stock = stock(receiver);
        NotifierMetrics.Backlog backlog = with.metrics().backlog(receiver);
        if (refused) {
            stock.refused += by;
            backlog.refused().addAndGet(by);
        } else {
            stock.waiting += by;
            backlog.waiting().addAndGet(by);
        }
    }

    private @Nullable NotifiedIncident incident(String id) {
        byte[] stored = running().incidents().get(id);
        return stored == null ? null : value(incidentCodec.decode(stored), "an incident");
    }

    private @Nullable PendingNotification pending(OutboxKey key) {
        byte[] stored = running().outbox().get(key.bytes());
        return stored == null ? null : pending(stored);
    }

    private PendingNotification pending(byte[] stored) {
        return value(pendings.decode(stored), "a notification");
    }

    /** State that can't be read is lost work: better to stop than to go on without it. */
    private static <T> T value(Decoded<T> decoded, String what) {
        if (decoded instanceof Decoded.Value<T> value) {
            return value.record();
        }
        throw new IllegalStateException("the state of " + what + " can't be read: " + decoded);
    }

    private Instant now() {
        return with.clock().instant().truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    public void close() {
        if (running == null) {
            return;
        }
        running.desk().close();
        for (Report report = reports.poll(); report != null; report = reports.poll()) {
            with.unrecorded().decrementAndGet();
        }
        stocks.forEach((receiver, stock) -> {
            with.metrics().backlog(receiver).waiting().addAndGet(-stock.waiting);
            with.metrics().backlog(receiver).refused().addAndGet(-stock.refused);
        });
        stocks.clear();
        running = null;
    }
}
