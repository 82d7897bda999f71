package io.costops.ingest;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests, tokens and dollars for a dashboard, by tenant, provider and model, as the ledger books them. Written by one thread.
 *
 * <p>A counter can't go down and holds a binary number: what is taken back later stays counted, and sums are near, not
 * exact. The ledger has the exact ones.
 */
final class LedgerMetrics {
    /** Beyond this many series what is new is counted under {@link #OTHER}: a sender can name as many models as it likes. */
    private static final int MAX_SERIES = 2_000;

    private static final String OTHER = "other";
    private static final String USD = "USD";

    private final MeterRegistry registry;
    private final int maxSeries;
    private final Map<Who, Counters> counters = new HashMap<>();
    private final Counter undecodable;

    private record Who(String tenant, String provider, String model) {}

    /** The counters of one tenant's use of one model. */
    private final class Counters {
        private final Tags tags;
        private final Map<EntryStatus, Counter> requests = new EnumMap<>(EntryStatus.class);
        private final Counter input;
        private final Counter output;
        private final Counter dollars;

        Counters(Who who) {
            this.tags = Tags.of("tenant", who.tenant(), "provider", who.provider(), "model", who.model());
            this.input = tokens("input");
            this.output = tokens("output");
            this.dollars = Counter.builder("llm.inference.cost.usd")
                    .description("Billed cost of usage entries in US dollars, near; the ledger has it exactly")
                    .tags(tags)
                    .register(registry);
        }

        private Counter tokens(String direction) {
            return Counter.builder("llm.tokens")
                    .description("Tokens of usage entries")
                    .tags(tags.and("direction", direction))
                    .register(registry);
        }

        Counter requests(EntryStatus status) {
            return requests.computeIfAbsent(
                    status,
                    which -> Counter.builder("llm.requests")
                            .description("Usage entries in the ledger")
                            .tags(tags.and("status", which.name().toLowerCase(Locale.ROOT)))
                            .register(registry));
        }
    }

    LedgerMetrics(MeterRegistry registry) {
        this(registry, MAX_SERIES);
    }

    LedgerMetrics(MeterRegistry registry, int maxSeries) {
        this.registry = registry;
        this.maxSeries = maxSeries;
        this.undecodable = Counter.builder("costops.ingest.ledger.undecodable")
                .description("Records of usage.priced that can't be read as ledger entries")
                .register(registry);
    }

    void count(LedgerEntry entry) {
        if (entry.getKind() != EntryKind.USAGE) {
            return;
        }
        Counters of = counters(
                new Who(named(entry.getDimensions().getTenant()), named(entry.getProvider()), named(entry.getModel())));
        of.requests(entry.getStatus()).increment(entry.getRequests());
        of.input.increment((double) entry.getInputTokens());
        of.output.increment((double) entry.getOutputTokens());
        if (entry.getBilledCost() != null && entry.getBillingCurrency().equals(USD)) {
            of.dollars.increment(entry.getBilledCost().doubleValue());
        }
    }

    void countUndecodable() {
        undecodable.increment();
    }

    private Counters counters(Who who) {
        Counters known = counters.get(who);
        if (known != null) {
            return known;
        }
        return counters.computeIfAbsent(
                counters.size() < maxSeries ? who : new Who(OTHER, OTHER, OTHER), Counters::new);
    }

    private static String named(@Nullable String name) {
        return name == null ? "" : name;
    }
}
