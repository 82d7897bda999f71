package io.costops.sinks.notify;

import io.costops.schemas.avro.DeliveryOutcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what becomes of notifications, by receiver.
 *
 * <p>A counter may be ahead of the topics: a transaction that is aborted was counted too. Tenants and incidents are no
 * labels: their texts are others', and their number has no bound.
 */
public final class NotifierMetrics {
    private final MeterRegistry registry;
    private final Map<String, Backlog> backlogs = new ConcurrentHashMap<>();
    private final Counter undecodable;
    private final Counter repeated;

    /**
     * What waits for one receiver.
     *
     * @param waiting is tried
     * @param refused is kept and not tried
     */
    record Backlog(AtomicInteger waiting, AtomicInteger refused) {}

    public NotifierMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.undecodable = Counter.builder("costops.notifier.undecodable")
                .description("Records of cost.alerts that can't be read; the log names their places")
                .register(registry);
        this.repeated = Counter.builder("costops.notifier.repeated")
                .description("Alerts that came again and were not told again")
                .register(registry);
    }

    void countUndecodable() {
        undecodable.increment();
    }

    void countRepeated() {
        repeated.increment();
    }

    void count(String receiver, DeliveryOutcome outcome) {
        Counter.builder("costops.notifier.notifications")
                .description("What became of notifications, each step of each counted")
                .tag("receiver", receiver)
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
    }

    Backlog backlog(String receiver) {
        return backlogs.computeIfAbsent(receiver, name -> {
            Backlog backlog = new Backlog(new AtomicInteger(), new AtomicInteger());
            registry.gauge("costops.notifier.waiting", java.util.List.of(tag(name)), backlog.waiting());
            registry.gauge("costops.notifier.refused", java.util.List.of(tag(name)), backlog.refused());
            return backlog;
        });
    }

    private static io.micrometer.core.instrument.Tag tag(String receiver) {
        return io.micrometer.core.instrument.Tag.of("receiver", receiver);
    }
}
