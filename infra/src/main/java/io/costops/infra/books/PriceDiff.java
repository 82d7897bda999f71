package io.costops.infra.books;

import io.costops.schemas.avro.PriceRevision;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What changes from one price list to another: keys that come and go, and of those in both each field with its old and new
 * value.
 *
 * @param added prices that only the new list has
 * @param removed prices that only the old list has
 * @param changed fields that differ, by scope and key
 * @param unchanged how many prices are the same
 */
public record PriceDiff(List<PriceRevision> added, List<PriceRevision> removed, List<Change> changed, int unchanged) {
    private static final int PERCENT_DECIMALS = 2;
    private static final BigDecimal HUNDRED = new BigDecimal(100);

    /**
     * A field that differs.
     *
     * @param before null if it is new
     * @param after null if it is gone
     * @param percent by how much a number grew, rounded to two decimals for people to read; null where there is no such
     *     number
     */
    public record Change(
            String scope,
            String priceKey,
            String field,
            @Nullable String before,
            @Nullable String after,
            @Nullable BigDecimal percent) {}

    /**
     * Compares what holds at a moment.
     *
     * @param before revisions of the old list
     * @param after revisions of the new one
     */
    public static PriceDiff between(Collection<PriceRevision> before, Collection<PriceRevision> after, Instant at) {
        Map<String, PriceRevision> old = holding(before, at);
        Map<String, PriceRevision> now = holding(after, at);
        List<PriceRevision> added = new ArrayList<>();
        List<PriceRevision> removed = new ArrayList<>();
        List<Change> changed = new ArrayList<>();
        int unchanged = 0;
        TreeSet<String> keys = new TreeSet<>(old.keySet());
        keys.addAll(now.keySet());
        for (String key : keys) {
            PriceRevision was = old.get(key);
            PriceRevision is = now.get(key);
            if (was == null && is != null) {
                added.add(is);
            } else if (is == null && was != null) {
                removed.add(was);
            } else if (was != null && is != null) {
                List<Change> changes = changes(was, is);
                changed.addAll(changes);
                unchanged += changes.isEmpty() ? 1 : 0;
            }
        }
        return new PriceDiff(added, removed, changed, unchanged);
    }

    /** By scope and key, whatever the key's case; what is withdrawn is gone. */
    private static Map<String, PriceRevision> holding(Collection<PriceRevision> revisions, Instant at) {
        Map<String, PriceRevision> holding = new LinkedHashMap<>();
        for (PriceRevision revision : PriceShelf.of(revisions).at(at)) {
            if (!revision.getWithdrawn()) {
                holding.put(PriceShelf.name(revision), revision);
            }
        }
        return holding;
    }

    private static List<Change> changes(PriceRevision was, PriceRevision is) {
        Map<String, Object> before = fields(was);
        Map<String, Object> after = fields(is);
        TreeSet<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        List<Change> changes = new ArrayList<>();
        for (String name : names) {
            Object old = before.get(name);
            Object now = after.get(name);
            if (!same(old, now)) {
                changes.add(new Change(is.getScope(), is.getPriceKey(), name, text(old), text(now), percent(old, now)));
            }
        }
        return changes;
    }

    /** Everything that a cost may depend on. */
    private static Map<String, Object> fields(PriceRevision revision) {
        Map<String, Object> fields = new TreeMap<>(revision.getRates());
        revision.getTiers()
                .forEach(tier -> tier.getRates()
                        .forEach((field, rate) -> fields.put(
                                "tiers[" + tier.getAboveInputTokens() + ".."
                                        + (tier.getUpToInputTokens() == null ? "" : tier.getUpToInputTokens()) + "]."
                                        + field,
                                rate)));
        revision.getAttributes().forEach((name, value) -> fields.put("attributes." + name, value));
        fields.put("currency", revision.getCurrency());
        if (revision.getProvider() != null) {
            fields.put("provider", revision.getProvider());
        }
        return fields;
    }

    private static boolean same(@Nullable Object one, @Nullable Object other) {
        if (one instanceof BigDecimal number && other instanceof BigDecimal otherNumber) {
            return number.compareTo(otherNumber) == 0;
        }
        return one != null && one.equals(other);
    }

    private static @Nullable String text(@Nullable Object value) {
        if (value instanceof BigDecimal number) {
            return Plain.of(number);
        }
        return value == null ? null : value.toString();
    }

    private static @Nullable BigDecimal percent(@Nullable Object old, @Nullable Object now) {
        if (old instanceof BigDecimal before && now instanceof BigDecimal after && before.signum() != 0) {
            return after.subtract(before).multiply(HUNDRED).divide(before, PERCENT_DECIMALS, RoundingMode.HALF_EVEN);
        }
        return null;
    }
}
