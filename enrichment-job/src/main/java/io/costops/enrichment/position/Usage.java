package io.costops.enrichment.position;

import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.usage.UsageRules;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The usage that a charge was made for, read back from the charge.
 *
 * <p>An entry holds everything that its price depended on, so that the ledger alone is enough to price it anew, however
 * long ago its event left Kafka. Where a price counts other units than the meter does (searches by query), the entry's
 * line holds the units that were priced and its pricing attributes the metered ones.
 */
public final class Usage {
    /** No event may have an attribute of such a name. */
    private static final String METERED = UsageRules.RESERVED_ATTRIBUTES;

    private Usage() {}

    /**
     * The usage of a charge.
     *
     * @param charge what stands for an event, as one entry
     */
    public static UsageEvent of(LedgerEntry charge) {
        Map<String, String> attributes = new TreeMap<>(charge.getPricingAttributes());
        attributes.keySet().removeIf(name -> name.startsWith(METERED));
        return UsageEvent.newBuilder()
                .setEventId(charge.getEventId())
                .setRevision(charge.getRevision())
                .setStatus(status(charge))
                .setSourceKind(charge.getSourceKind())
                .setGateway(charge.getGateway())
                .setProvider(charge.getProvider())
                .setModel(charge.getModel())
                .setEventTime(charge.getEventTime())
                .setReceivedAt(charge.getReceivedAt())
                .setDimensions(charge.getDimensions())
                .setTags(charge.getTags())
                .setRegion(charge.getRegion())
                .setServiceTier(charge.getServiceTier())
                .setMeters(meters(charge))
                .setPricingAttributes(attributes)
                .setReportedCost(charge.getReportedCost())
                .setLatencyMs(charge.getLatencyMs())
                .setOutcome(charge.getOutcome())
                .setAttempt(charge.getAttempt())
                .setQuality(charge.getQuality())
                .setOrigin(charge.getOrigin())
                .build();
    }

    /** An event's pricing attributes, and beside them each metered quantity that its lines show otherwise. */
    static Map<String, String> withMetered(UsageEvent event, List<LedgerLine> lines) {
        Map<String, BigDecimal> shown = quantities(lines);
        Map<String, String> attributes = event.getPricingAttributes();
        for (MeterQuantity metered : event.getMeters()) {
            BigDecimal quantity = shown.get(metered.getMeter());
            if (quantity != null && quantity.compareTo(metered.getQuantity()) != 0) {
                attributes = new TreeMap<>(attributes);
                attributes.put(
                        METERED + metered.getMeter(),
                        metered.getQuantity().stripTrailingZeros().toPlainString());
            }
        }
        return attributes;
    }

    private static List<MeterQuantity> meters(LedgerEntry charge) {
        List<MeterQuantity> meters = new ArrayList<>();
        quantities(charge.getLines()).forEach((meter, quantity) -> {
            String metered = charge.getPricingAttributes().get(METERED + meter);
            meters.add(new MeterQuantity(
                    meter, metered == null ? quantity : new BigDecimal(metered).setScale(quantity.scale())));
        });
        return meters;
    }

    private static Map<String, BigDecimal> quantities(List<LedgerLine> lines) {
        Map<String, BigDecimal> quantities = new LinkedHashMap<>();
        lines.forEach(line -> quantities.merge(line.getMeter(), line.getQuantity(), BigDecimal::add));
        return quantities;
    }

    private static UsageStatus status(LedgerEntry charge) {
        EntryStatus status = charge.getStatus();
        return switch (status) {
            case PRICED, UNPRICED -> UsageStatus.BILLABLE;
            case NO_USAGE -> UsageStatus.NO_USAGE;
            case GATEWAY_CACHE_HIT -> UsageStatus.GATEWAY_CACHE_HIT;
            case UNKNOWN, DELETED, SUPERSEDED, CONFLICT, POSITION_EXPIRED ->
                throw new IllegalArgumentException("no charge has the status " + status);
        };
    }
}
