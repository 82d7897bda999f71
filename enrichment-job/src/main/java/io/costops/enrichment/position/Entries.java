package io.costops.enrichment.position;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.pricebook.ServiceTier;
import io.costops.enrichment.pricing.PricedLine;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.value.BillingPeriod;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes ledger entries. */
final class Entries {
    private static final BigDecimal ZERO = BigDecimal.ZERO.setScale(LedgerDecimal.SCALE);

    private Entries() {}

    /**
     * Where and when an entry is booked.
     *
     * @param sequence its number among the event's entries
     * @param requestId request that makes it, null if a record of the event does
     */
    record Place(
            int sequence,
            BillingPeriod billedIn,
            Instant recordedAt,
            @Nullable String requestId) {}

    /** What an event costs, as usage or as the correction of another version. */
    static LedgerEntry charge(
            EntryKind kind,
            UsageEvent event,
            Attributed attributed,
            Pricing pricing,
            @Nullable String reason,
            Place place) {
        LedgerEntry entry = describe(event, attributed, kind, place);
        entry.setRequests(1);
        entry.setReportedCost(event.getReportedCost());
        entry.setReason(reason);
        price(entry, event, pricing);
        return entry;
    }

    /**
     * The exact negation of what stands, with its own dimensions and times.
     *
     * @param cause the record that made it, whose bytes the origin leads to
     */
    static LedgerEntry reversal(LedgerEntry standing, UsageEvent cause, String reason, Place place) {
        LedgerEntry entry = reversal(standing, reason, place);
        entry.setCauseRevision(cause.getRevision());
        entry.setReceivedAt(cause.getReceivedAt());
        entry.setOrigin(cause.getOrigin());
        return entry;
    }

    /** The exact negation of a charge that no record of the event takes back. */
    static LedgerEntry reversal(LedgerEntry standing, String reason, Place place) {
        LedgerEntry entry = copy(standing);
        book(entry, EntryKind.REVERSAL, place);
        entry.setReason(reason);
        entry.setCauseRevision(null);
        entry.setRequests(-standing.getRequests());
        entry.setInputTokens(-standing.getInputTokens());
        entry.setOutputTokens(-standing.getOutputTokens());
        costs(
                entry,
                negated(standing.getListCost()),
                negated(standing.getContractedCost()),
                negated(standing.getBilledCost()),
                negated(standing.getEffectiveCost()));
        entry.setReportedCost(negated(standing.getReportedCost()));
        entry.setLines(standing.getLines().stream().map(Entries::reversal).toList());
        return entry;
    }

    /** What stands, at another price. */
    static LedgerEntry repriced(LedgerEntry standing, UsageEvent usage, Pricing pricing) {
        LedgerEntry entry = copy(standing);
        entry.setReason(null);
        entry.setPriceKey(null);
        entry.setPriceRevision(null);
        entry.setExchangeRateRevision(null);
        entry.setRuleVersion(null);
        entry.setInputTokens(0);
        entry.setOutputTokens(0);
        price(entry, usage, pricing);
        return entry;
    }

    static LedgerEntry copy(LedgerEntry original) {
        LedgerEntry entry = new LedgerEntry();
        for (var field : LedgerEntry.getClassSchema().getFields()) {
            entry.put(field.pos(), original.get(field.pos()));
        }
        return entry;
    }

    /** A fact at no cost and with no quantity, so that it is in no sum. */
    static LedgerEntry memo(UsageEvent event, Attributed attributed, EntryStatus status, String reason, Place place) {
        LedgerEntry entry = describe(event, attributed, EntryKind.MEMO, place);
        entry.setStatus(status);
        entry.setReason(reason);
        entry.setRequests(0);
        entry.setLines(List.of());
        return entry;
    }

    private static LedgerEntry describe(UsageEvent event, Attributed attributed, EntryKind kind, Place place) {
        LedgerEntry entry = new LedgerEntry();
        entry.setEventId(event.getEventId());
        entry.setRevision(event.getRevision());
        book(entry, kind, place);
        entry.setEventTime(event.getEventTime());
        entry.setReceivedAt(event.getReceivedAt());
        entry.setSourceKind(event.getSourceKind());
        entry.setGateway(event.getGateway());
        entry.setProvider(event.getProvider());
        entry.setModel(event.getModel());
        entry.setRegion(event.getRegion());
        entry.setServiceTier(ServiceTier.of(event.getServiceTier()).wireName());
        entry.setDimensions(attributed.dimensions());
        entry.setTags(attributed.tags());
        entry.setAttributionRevision(attributed.revision());
        entry.setPricingCurrency(Pricing.LIST_CURRENCY);
        entry.setBillingCurrency(Pricing.LIST_CURRENCY);
        entry.setPricingAttributes(event.getPricingAttributes());
        entry.setLatencyMs(event.getLatencyMs());
        entry.setOutcome(event.getOutcome());
        entry.setAttempt(event.getAttempt());
        entry.setQuality(event.getQuality());
        entry.setOrigin(event.getOrigin());
        return entry;
    }

    static void book(LedgerEntry entry, EntryKind kind, Place place) {
        entry.setKind(kind);
        entry.setSequence(place.sequence());
        entry.setEntryId(id(entry.getEventId(), entry.getRevision(), kind, place.sequence()));
        entry.setBillingPeriod(place.billedIn().firstDay());
        // As Avro holds it, so that an entry is the same before and after the wire.
        entry.setRecordedAt(place.recordedAt().truncatedTo(ChronoUnit.MICROS));
        entry.setRequestId(place.requestId());
    }

    /** The same event, revision, kind and sequence have the same id, whoever computes it. */
    static String id(String eventId, long revision, EntryKind kind, int sequence) {
        return Fingerprint.of(eventId, Long.toString(revision), kind.name(), Integer.toString(sequence))
                .hex();
    }

    private static void price(LedgerEntry entry, UsageEvent event, Pricing pricing) {
        if (pricing instanceof Pricing.Priced priced) {
            entry.setStatus(EntryStatus.PRICED);
            price(entry, event, priced);
        } else if (pricing instanceof Pricing.Unpriced unpriced) {
            entry.setStatus(EntryStatus.UNPRICED);
            entry.setPriceKey(unpriced.priceKey());
            entry.setBillingCurrency(unpriced.billingCurrency());
            costs(entry, null, null, null, null);
            addReason(entry, unpriced.message());
            quantities(entry, event, null);
        } else if (pricing instanceof Pricing.Free free) {
            entry.setBillingCurrency(free.billingCurrency());
            switch (free.reason()) {
                case NO_USAGE -> {
                    entry.setStatus(EntryStatus.NO_USAGE);
                    costs(entry, null, null, null, null);
                    entry.setLines(List.of());
                }
                case GATEWAY_CACHE_HIT -> {
                    entry.setStatus(EntryStatus.GATEWAY_CACHE_HIT);
                    costs(entry, ZERO, ZERO, ZERO, ZERO);
                    quantities(entry, event, ZERO);
                }
            }
        } else {
            throw new IllegalArgumentException("a refused cost is not booked: " + pricing);
        }
    }

    private static void addReason(LedgerEntry entry, String reason) {
        entry.setReason(entry.getReason() == null ? reason : entry.getReason() + "; " + reason);
    }

    private static void price(LedgerEntry entry, UsageEvent event, Pricing.Priced priced) {
        entry.setPriceKey(priced.priceKey());
        entry.setPriceRevision(priced.revisionId());
        entry.setRuleVersion(Pricer.RULE_VERSION);
        entry.setPricingCurrency(priced.pricingCurrency());
        entry.setBillingCurrency(priced.billingCurrency());
        entry.setExchangeRateRevision(priced.exchangeRateId());
        costs(entry, priced.listCost(), priced.contractedCost(), priced.billedCost(), priced.effectiveCost());
        List<LedgerLine> lines = new ArrayList<>(priced.lines().size());
        for (PricedLine line : priced.lines()) {
            BigDecimal listPrice = scaled(line.listUnitPrice());
            BigDecimal listCost = scaled(line.listCost());
            BigDecimal billedCost = scaled(line.billedCost(), line.listCost(), listCost);
            lines.add(new LedgerLine(
                    line.meter().wireName(),
                    scaled(line.quantity()),
                    listPrice,
                    scaled(line.contractedUnitPrice(), line.listUnitPrice(), listPrice),
                    listCost,
                    scaled(line.contractedCost(), line.listCost(), listCost),
                    billedCost,
                    scaled(line.effectiveCost(), line.billedCost(), billedCost),
                    line.field()));
            count(entry, line.meter(), line.quantity());
        }
        priced.unrated().forEach((meter, quantity) -> {
            lines.add(new LedgerLine(meter.wireName(), scaled(quantity), null, null, null, null, null, null, null));
            count(entry, meter, quantity);
        });
        if (!priced.unrated().isEmpty()) {
            String missing = priced.revisionId() + " has no rate for "
                    + priced.unrated().keySet().stream().map(Meter::wireName).collect(Collectors.joining(", "));
            addReason(entry, missing);
        }
        entry.setLines(lines);
        entry.setPricingAttributes(Usage.withMetered(event, lines));
    }

    /** A line for each meter that was used, at one amount for everything or none. */
    private static void quantities(LedgerEntry entry, UsageEvent event, @Nullable BigDecimal amount) {
        List<MeterQuantity> used = new ArrayList<>(event.getMeters());
        used.removeIf(metered -> metered.getQuantity().signum() == 0);
        used.sort(Comparator.comparing(Entries::meter));
        List<LedgerLine> lines = new ArrayList<>(used.size());
        for (MeterQuantity metered : used) {
            count(entry, meter(metered), metered.getQuantity());
            lines.add(new LedgerLine(
                    metered.getMeter(),
                    scaled(metered.getQuantity()),
                    amount,
                    amount,
                    amount,
                    amount,
                    amount,
                    amount,
                    null));
        }
        entry.setLines(lines);
    }

    private static void count(LedgerEntry entry, Meter meter, BigDecimal quantity) {
        switch (meter.direction()) {
            case INPUT -> entry.setInputTokens(Math.addExact(entry.getInputTokens(), quantity.longValueExact()));
            case OUTPUT -> entry.setOutputTokens(Math.addExact(entry.getOutputTokens(), quantity.longValueExact()));
            case NONE -> {}
        }
    }

    static void costs(
            LedgerEntry entry,
            @Nullable BigDecimal list,
            @Nullable BigDecimal contracted,
            @Nullable BigDecimal billed,
            @Nullable BigDecimal effective) {
        BigDecimal scaledList = scaled(list);
        BigDecimal scaledBilled = scaled(billed, list, scaledList);
        entry.setListCost(scaledList);
        entry.setContractedCost(scaled(contracted, list, scaledList));
        entry.setBilledCost(scaledBilled);
        entry.setEffectiveCost(scaled(effective, billed, scaledBilled));
    }

    private static LedgerLine reversal(LedgerLine line) {
        return new LedgerLine(
                line.getMeter(),
                line.getQuantity().negate(),
                line.getListUnitPrice(),
                line.getContractedUnitPrice(),
                negated(line.getListCost()),
                negated(line.getContractedCost()),
                negated(line.getBilledCost()),
                negated(line.getEffectiveCost()),
                line.getPriceField());
    }

    private static Meter meter(MeterQuantity metered) {
        return Meter.byWireName(metered.getMeter())
                .orElseThrow(() -> new IllegalArgumentException(
                        "an event that breaks UsageRules is not booked: " + metered.getMeter() + " is no meter"));
    }

    static @Nullable BigDecimal negated(@Nullable BigDecimal amount) {
        return amount == null ? null : amount.negate();
    }

    /** Never rounds: an amount finer than the ledger's scale has no business here and throws. */
    private static @Nullable BigDecimal scaled(@Nullable BigDecimal amount) {
        return amount == null ? null : amount.setScale(LedgerDecimal.SCALE);
    }

    /** Where a tenant has no terms all costs are one and the same number: it is scaled once. */
    @SuppressWarnings("ReferenceEquality") // what is not the same object is scaled
    private static @Nullable BigDecimal scaled(
            @Nullable BigDecimal amount, @Nullable BigDecimal other, @Nullable BigDecimal scaledOther) {
        return amount == other ? scaledOther : scaled(amount);
    }
}
