package io.costops.ingest.http;

import io.costops.ingest.normalise.SourceKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** What the door tells of itself. No label comes from a sender, so that nobody can grow the number of series. */
final class DoorMetrics {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(20),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;

    DoorMetrics(MeterRegistry registry, MemoryBudget budget) {
        this.registry = registry;
        Gauge.builder("costops.http.memory.used", budget, MemoryBudget::usedBytes)
                .description("Bytes that the requests under way hold")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("costops.http.memory.limit", budget, MemoryBudget::limitBytes)
                .description("Bytes that the requests under way may hold")
                .baseUnit("bytes")
                .register(registry);
    }

    void answered(String route, int status, long nanos) {
        Timer.builder("costops.http.requests")
                .description("From a request's head to its answer")
                .serviceLevelObjectives(BUCKETS)
                .tags("route", route, "status", Integer.toString(status))
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Elements whose fate is known. */
    void elements(String route, Receipt receipt) {
        count(route, "accepted", receipt.accepted());
        count(route, "ignored", receipt.ignored());
        count(route, "kept", receipt.kept());
        count(route, "rejected", receipt.faults().size() - receipt.kept());
        receipt.acceptedBySource()
                .forEach((source, elements) -> Counter.builder("costops.http.envelopes")
                        .description("Envelopes that are in Kafka, by the kind of their payload")
                        .tag("source", source.map(SourceKind::wireName).orElse("unknown"))
                        .register(registry)
                        .increment(elements));
        rejections(receipt.faults());
    }

    /** What was wrong with elements, whether or not their bytes are kept. */
    void rejections(List<Fault> faults) {
        for (Fault fault : faults) {
            Counter.builder("costops.http.rejections")
                    .description("Elements that can't be used, by what is wrong with them")
                    .tag("reason", fault.reason())
                    .register(registry)
                    .increment();
        }
    }

    /** Elements that Kafka did not acknowledge. */
    void undelivered(String route, int elements, RawTopic.Failure failure) {
        count(route, "undelivered", elements);
        Counter.builder("costops.http.producer.errors")
                .description("Records that Kafka did not acknowledge, by the reason of the first of a request")
                .tag("reason", failure.name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment(elements);
    }

    void received(String route, long bytes) {
        Counter.builder("costops.http.received")
                .description("Bytes of request bodies, as sent")
                .baseUnit("bytes")
                .tags("route", route)
                .register(registry)
                .increment((double) bytes);
    }

    private void count(String route, String outcome, int elements) {
        if (elements > 0) {
            Counter.builder("costops.http.elements")
                    .description("Elements of requests, by what became of them")
                    .tags(Tags.of("route", route, "outcome", outcome))
                    .register(registry)
                    .increment(elements);
        }
    }
}
