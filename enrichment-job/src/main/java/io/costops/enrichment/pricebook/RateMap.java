package io.costops.enrichment.pricebook;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rates by field, and which of them a tenant negotiated. */
final class RateMap {
    private final Map<String, BigDecimal> byField;
    private final Set<String> negotiated;

    private RateMap(Map<String, BigDecimal> byField, Set<String> negotiated) {
        this.byField = byField;
        this.negotiated = negotiated;
    }

    /** Rates of one price. */
    static RateMap of(Map<String, BigDecimal> rates, boolean negotiated) {
        Map<String, BigDecimal> compact = new HashMap<>();
        rates.forEach((field, rate) -> compact.put(field, Decimals.compact(rate)));
        return new RateMap(compact, negotiated ? Set.copyOf(compact.keySet()) : Set.of());
    }

    /** These rates; where they don't name a field, those of another price. */
    RateMap over(RateMap other) {
        Map<String, BigDecimal> merged = new HashMap<>(other.byField);
        merged.putAll(byField);
        Set<String> own = new HashSet<>(other.negotiated);
        own.addAll(negotiated);
        return new RateMap(merged, own);
    }

    @Nullable
    BigDecimal get(String field) {
        return byField.get(field);
    }

    boolean contains(String field) {
        return byField.containsKey(field);
    }

    Set<String> fields() {
        return byField.keySet();
    }

    boolean isNegotiated(String field) {
        return negotiated.contains(field);
    }
}
