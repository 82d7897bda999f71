package io.costops.ingest;

import io.costops.ingest.normalise.Outcome;
import io.costops.ingest.normalise.SourceKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts what becomes of raw usage, by source kind and reason.
 *
 * <p>A counter may be ahead of the topics: a transaction that is aborted was counted too.
 */
public final class IngestMetrics {
    private static final String NAME = "costops.ingest.calls";

    private final MeterRegistry registry;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Counter restarts;

    public IngestMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.restarts = Counter.builder("costops.ingest.restarts")
                .description("Restarts of the stream after a failure")
                .register(registry);
    }

    void count(Outcome outcome) {
        if (outcome instanceof Outcome.Usage usage) {
            count(
                    "usage",
                    usage.event().getSourceKind(),
                    usage.event().getStatus().name());
        } else if (outcome instanceof Outcome.Rejected rejected) {
            count("rejected", known(rejected.sourceKind()), rejected.reason().name());
        } else if (outcome instanceof Outcome.Ignored ignored) {
            count("ignored", ignored.sourceKind(), ignored.why());
        }
    }

    void countRestart() {
        restarts.increment();
    }

    /** A sender's own text must not become the name of a series. */
    private static String known(@Nullable String sourceKind) {
        return sourceKind == null
                ? "unknown"
                : SourceKind.named(sourceKind).map(SourceKind::wireName).orElse("unknown");
    }

    private void count(String outcome, String source, String reason) {
        counters.computeIfAbsent(
                        outcome + '|' + source + '|' + reason,
                        key -> Counter.builder(NAME)
                                .description("Calls in raw usage records, by what became of them")
                                .tag("outcome", outcome)
                                .tag("source", source)
                                .tag("reason", reason)
                                .register(registry))
                .increment();
    }
}
