package io.costops.enrichment.position;

import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The units that a record charges, compared to tell a repeat from a conflict.
 *
 * <p>Units only: the same response reported by a gateway and by a span differs in source, latency and tags, and is one
 * charge all the same. A quantity of 0 is as good as none, and the order of the meters means nothing.
 */
final class Units {
    static final Fingerprint DELETED = Fingerprint.of("deleted");

    private Units() {}

    static Fingerprint fingerprint(UsageEvent event) {
        return switch (Claim.of(event)) {
            case DELETED -> DELETED;
            case NO_USAGE -> Fingerprint.of("no_usage");
            case USAGE ->
                Fingerprint.of(
                        event.getStatus() == UsageStatus.GATEWAY_CACHE_HIT ? "gateway_cache_hit" : "usage",
                        text(ofEvent(event)));
        };
    }

    /** The units in words. */
    static String describe(UsageEvent event) {
        return switch (Claim.of(event)) {
            case DELETED -> "a deletion";
            case NO_USAGE -> "no usage";
            case USAGE -> orNothing(text(ofEvent(event)));
        };
    }

    /** The units of booked lines in words. */
    static String describe(Collection<LedgerLine> lines) {
        SortedMap<String, BigDecimal> quantities = new TreeMap<>();
        lines.forEach(line -> quantities.put(line.getMeter(), line.getQuantity()));
        return orNothing(text(quantities));
    }

    private static SortedMap<String, BigDecimal> ofEvent(UsageEvent event) {
        SortedMap<String, BigDecimal> quantities = new TreeMap<>();
        for (MeterQuantity metered : event.getMeters()) {
            if (metered.getQuantity().signum() != 0) {
                quantities.put(metered.getMeter(), metered.getQuantity());
            }
        }
        return quantities;
    }

    /** Fingerprints of it are kept in state: it stays as it is, to the character. */
    private static String text(Map<String, BigDecimal> quantities) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, BigDecimal> entry : quantities.entrySet()) {
            if (!text.isEmpty()) {
                text.append(", ");
            }
            text.append(entry.getKey())
                    .append(' ')
                    .append(LedgerDecimal.compact(entry.getValue()).toPlainString());
        }
        return text.toString();
    }

    private static String orNothing(String text) {
        return text.isEmpty() ? "no units" : text;
    }
}
