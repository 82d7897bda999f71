package io.costops.enrichment.job;

import io.costops.schemas.avro.LedgerEntry;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.jspecify.annotations.Nullable;

/**
 * Counts events that lack a price, or a part of one, by tenant and model.
 *
 * <p>Names come from usage, so their number is bounded: what comes after the first {@link #MAX_SERIES} pairs is counted
 * together.
 */
final class UnpricedCounters {
    /** A task's series; a monitoring system keeps each for as long as the job runs. */
    static final int MAX_SERIES = 200;

    private static final String OTHERS = "(others)";
    private static final String NONE = "(none)";

    private final MetricGroup group;
    private final Map<Series, Counter> counters = new HashMap<>();

    private record Series(String tenant, String model) {}

    UnpricedCounters(MetricGroup group) {
        this.group = group;
    }

    void count(LedgerEntry entry) {
        Series series = new Series(named(entry.getDimensions().getTenant()), named(entry.getModel()));
        if (!counters.containsKey(series) && counters.size() >= MAX_SERIES) {
            series = new Series(OTHERS, OTHERS);
        }
        counters.computeIfAbsent(series, this::register).inc();
    }

    private Counter register(Series series) {
        return group.addGroup("tenant", series.tenant())
                .addGroup("model", series.model())
                .counter("unpricedEvents");
    }

    private static String named(@Nullable String name) {
        return name == null || name.isEmpty() ? NONE : name;
    }
}
