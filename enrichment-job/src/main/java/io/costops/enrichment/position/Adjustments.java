package io.costops.enrichment.position;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The difference that another price makes to what stands.
 *
 * <p>An adjustment counts no request and no token, has a line for each meter with the difference of its cost and the unit
 * price that holds from then on, and names the new price. A line whose unit price is null is not priced.
 */
final class Adjustments {
    private static final LedgerLine NONE = new LedgerLine(
            "", BigDecimal.ZERO, null, null, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, null);

    private Adjustments() {}

    /** Whether two prices of the same usage come to the same, line by line. */
    static boolean same(LedgerEntry standing, LedgerEntry target) {
        return standing.getStatus() == target.getStatus()
                // Where nothing is known to be billed, no currency is worth an entry.
                && (standing.getStatus() == EntryStatus.UNPRICED || sameCurrencies(standing, target))
                && equal(standing.getListCost(), target.getListCost())
                && equal(standing.getContractedCost(), target.getContractedCost())
                && equal(standing.getBilledCost(), target.getBilledCost())
                && equal(standing.getEffectiveCost(), target.getEffectiveCost())
                && sameLines(byMeter(standing.getLines()), byMeter(target.getLines()));
    }

    /**
     * What leads from one to the other: usually one entry. Amounts of different currencies have no difference, so a change
     * of currency takes back the one and books the other.
     */
    static List<LedgerEntry> between(LedgerEntry standing, LedgerEntry target) {
        if (same(standing, target)) {
            return List.of();
        }
        if (sameCurrencies(standing, target) || standing.getStatus() == EntryStatus.UNPRICED) {
            return List.of(difference(standing, target));
        }
        LedgerEntry nothing = withoutPrice(standing);
        return List.of(difference(standing, nothing), difference(nothing, target));
    }

    /** What stands once an adjustment is booked. */
    static LedgerEntry applied(LedgerEntry standing, LedgerEntry adjustment) {
        LedgerEntry entry = Entries.copy(adjustment);
        boolean unpriced = adjustment.getStatus() == EntryStatus.UNPRICED;
        // It remains the charge that it was, at another price.
        entry.setEntryId(standing.getEntryId());
        entry.setKind(standing.getKind());
        entry.setSequence(standing.getSequence());
        entry.setBillingPeriod(standing.getBillingPeriod());
        entry.setRecordedAt(standing.getRecordedAt());
        entry.setRequestId(standing.getRequestId());
        entry.setRequests(standing.getRequests());
        entry.setInputTokens(standing.getInputTokens() + adjustment.getInputTokens());
        entry.setOutputTokens(standing.getOutputTokens() + adjustment.getOutputTokens());
        entry.setReportedCost(standing.getReportedCost());
        Entries.costs(
                entry,
                unpriced ? null : sum(standing.getListCost(), adjustment.getListCost()),
                unpriced ? null : sum(standing.getContractedCost(), adjustment.getContractedCost()),
                unpriced ? null : sum(standing.getBilledCost(), adjustment.getBilledCost()),
                unpriced ? null : sum(standing.getEffectiveCost(), adjustment.getEffectiveCost()));
        Map<String, LedgerLine> before = byMeter(standing.getLines());
        List<LedgerLine> lines = new ArrayList<>();
        byMeter(adjustment.getLines()).forEach((meter, change) -> {
            LedgerLine was = before.getOrDefault(meter, NONE);
            boolean priced = change.getListUnitPrice() != null;
            BigDecimal quantity = was.getQuantity().add(change.getQuantity());
            if (quantity.signum() != 0) {
                lines.add(new LedgerLine(
                        meter,
                        quantity,
                        change.getListUnitPrice(),
                        change.getContractedUnitPrice(),
                        priced ? sum(was.getListCost(), change.getListCost()) : null,
                        priced ? sum(was.getContractedCost(), change.getContractedCost()) : null,
                        priced ? sum(was.getBilledCost(), change.getBilledCost()) : null,
                        priced ? sum(was.getEffectiveCost(), change.getEffectiveCost()) : null,
                        change.getPriceField()));
            }
        });
        entry.setLines(lines);
        return entry;
    }

    private static LedgerEntry withoutPrice(LedgerEntry standing) {
        LedgerEntry entry = Entries.copy(standing);
        entry.setStatus(EntryStatus.UNPRICED);
        Entries.costs(entry, null, null, null, null);
        entry.setLines(standing.getLines().stream()
                .map(line ->
                        new LedgerLine(line.getMeter(), line.getQuantity(), null, null, null, null, null, null, null))
                .toList());
        return entry;
    }

    private static LedgerEntry difference(LedgerEntry from, LedgerEntry to) {
        LedgerEntry entry = Entries.copy(to);
        entry.setKind(EntryKind.ADJUSTMENT);
        entry.setRequests(0);
        entry.setInputTokens(to.getInputTokens() - from.getInputTokens());
        entry.setOutputTokens(to.getOutputTokens() - from.getOutputTokens());
        entry.setReportedCost(null);
        entry.setCauseRevision(null);
        if (to.getStatus() == EntryStatus.UNPRICED) {
            // What is taken back stands in the currency that it was booked in.
            entry.setPricingCurrency(from.getPricingCurrency());
            entry.setBillingCurrency(from.getBillingCurrency());
        }
        Entries.costs(
                entry,
                change(from.getListCost(), to.getListCost()),
                change(from.getContractedCost(), to.getContractedCost()),
                change(from.getBilledCost(), to.getBilledCost()),
                change(from.getEffectiveCost(), to.getEffectiveCost()));
        entry.setLines(lines(byMeter(from.getLines()), byMeter(to.getLines())));
        return entry;
    }

    private static List<LedgerLine> lines(Map<String, LedgerLine> from, Map<String, LedgerLine> to) {
        Map<String, LedgerLine> all = new LinkedHashMap<>(to);
        from.forEach(all::putIfAbsent);
        List<LedgerLine> lines = new ArrayList<>(all.size());
        for (String meter : all.keySet()) {
            LedgerLine was = from.getOrDefault(meter, NONE);
            LedgerLine is = to.getOrDefault(meter, NONE);
            lines.add(new LedgerLine(
                    meter,
                    is.getQuantity().subtract(was.getQuantity()),
                    is.getListUnitPrice(),
                    is.getContractedUnitPrice(),
                    change(was.getListCost(), is.getListCost()),
                    change(was.getContractedCost(), is.getContractedCost()),
                    change(was.getBilledCost(), is.getBilledCost()),
                    change(was.getEffectiveCost(), is.getEffectiveCost()),
                    is.getPriceField()));
        }
        return lines;
    }

    /** One line a meter: of several the sum, at the first one's unit price. */
    private static Map<String, LedgerLine> byMeter(List<LedgerLine> lines) {
        Map<String, LedgerLine> byMeter = new LinkedHashMap<>();
        for (LedgerLine line : lines) {
            byMeter.merge(
                    line.getMeter(),
                    line,
                    (one, other) -> new LedgerLine(
                            one.getMeter(),
                            one.getQuantity().add(other.getQuantity()),
                            one.getListUnitPrice(),
                            one.getContractedUnitPrice(),
                            sum(one.getListCost(), other.getListCost()),
                            sum(one.getContractedCost(), other.getContractedCost()),
                            sum(one.getBilledCost(), other.getBilledCost()),
                            sum(one.getEffectiveCost(), other.getEffectiveCost()),
                            one.getPriceField()));
        }
        return byMeter;
    }

    private static boolean sameLines(Map<String, LedgerLine> one, Map<String, LedgerLine> other) {
        return one.keySet().equals(other.keySet())
                && one.keySet().stream().allMatch(meter -> sameLine(one, other, meter));
    }

    private static boolean sameLine(Map<String, LedgerLine> one, Map<String, LedgerLine> other, String meter) {
        LedgerLine first = one.getOrDefault(meter, NONE);
        LedgerLine second = other.getOrDefault(meter, NONE);
        return first.getQuantity().compareTo(second.getQuantity()) == 0
                && same(first, second, LedgerLine::getListCost)
                && same(first, second, LedgerLine::getContractedCost)
                && same(first, second, LedgerLine::getBilledCost)
                && same(first, second, LedgerLine::getEffectiveCost);
    }

    private static boolean same(LedgerLine one, LedgerLine other, Function<LedgerLine, @Nullable BigDecimal> amount) {
        return equal(amount.apply(one), amount.apply(other));
    }

    private static boolean sameCurrencies(LedgerEntry one, LedgerEntry other) {
        return Objects.equals(one.getPricingCurrency(), other.getPricingCurrency())
                && Objects.equals(one.getBillingCurrency(), other.getBillingCurrency());
    }

    private static boolean equal(@Nullable BigDecimal one, @Nullable BigDecimal other) {
        return one == null ? other == null : other != null && one.compareTo(other) == 0;
    }

    /** Null where neither is known. */
    private static @Nullable BigDecimal change(@Nullable BigDecimal from, @Nullable BigDecimal to) {
        return from == null ? to : to == null ? from.negate() : to.subtract(from);
    }

    private static @Nullable BigDecimal sum(@Nullable BigDecimal one, @Nullable BigDecimal other) {
        return one == null ? other : other == null ? one : one.add(other);
    }
}
