package io.costops.ingest.normalise;

import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Short ways to normalise in a test. */
final class Normalised {
    static final Instant NOW = Instant.parse("2026-08-01T10:00:00Z");
    static final Origin PLACE = new Origin("usage.raw", 3, 42L, null);

    private static final Normaliser NORMALISER = new Normaliser();

    private Normalised() {}

    /** JSON as people write it: single quotes stand for double ones. */
    static byte[] json(String quoted) {
        return quoted.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    static List<Outcome> record(String quoted) {
        return record(json(quoted));
    }

    static List<Outcome> record(byte[] value) {
        return NORMALISER.normalise(value, PLACE, NOW, Map.of());
    }

    static UsageEvent event(String quoted) {
        return onlyEvent(record(quoted));
    }

    static Outcome.Rejected rejected(String quoted) {
        return (Outcome.Rejected) only(record(quoted));
    }

    /** What a payload gives in an envelope that holds nothing else. */
    static UsageEvent payload(String kind, String quoted) {
        return event("{'source':'" + kind + "','payload':" + quoted + "}");
    }

    static UsageEvent payload(String kind, String quoted, String context) {
        return event("{'source':'" + kind + "','context':" + context + ",'payload':" + quoted + "}");
    }

    static Outcome.Rejected rejectedPayload(String kind, String quoted) {
        return rejected("{'source':'" + kind + "','payload':" + quoted + "}");
    }

    static UsageEvent onlyEvent(List<Outcome> outcomes) {
        if (only(outcomes) instanceof Outcome.Usage usage) {
            return usage.event();
        }
        throw new AssertionError("no event, but " + outcomes);
    }

    static Outcome only(List<Outcome> outcomes) {
        if (outcomes.size() != 1) {
            throw new AssertionError("not one outcome, but " + outcomes);
        }
        return outcomes.get(0);
    }

    /** The units as {@code meter=quantity}, in the meters' alphabetical order. */
    static Map<String, String> units(UsageEvent event) {
        Map<String, String> units = new TreeMap<>();
        for (MeterQuantity line : event.getMeters()) {
            units.put(line.getMeter(), line.getQuantity().stripTrailingZeros().toPlainString());
        }
        return units;
    }
}
