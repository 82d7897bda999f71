package io.costops.enrichment.position;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.pricing.PricedLine;
import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Prices by the model's name with rates that a test changes, and attributes to a team by the project. */
final class ChangingRating implements Rating {
    private final FixedRating attribution = new FixedRating();
    private final Map<String, BigDecimal> unitPrices = new HashMap<>();
    private final Set<Meter> unrated = new HashSet<>();
    private String currency = "USD";
    private int revision;

    ChangingRating price(String model, String unitPrice) {
        unitPrices.put(model, new BigDecimal(unitPrice));
        revision++;
        return this;
    }

    ChangingRating withdraw(String model) {
        unitPrices.remove(model);
        revision++;
        return this;
    }

    ChangingRating in(String newCurrency) {
        currency = newCurrency;
        revision++;
        return this;
    }

    ChangingRating withoutRateFor(Meter... meters) {
        unrated.clear();
        unrated.addAll(List.of(meters));
        revision++;
        return this;
    }

    @Override
    public Attributed attribute(UsageEvent event) {
        return attribution.attribute(event);
    }

    @Override
    public Pricing price(UsageEvent event) {
        if (event.getStatus() != UsageStatus.BILLABLE) {
            return attribution.price(event);
        }
        BigDecimal unitPrice = unitPrices.get(event.getModel());
        if (unitPrice == null) {
            return new Pricing.Unpriced(
                    Pricing.UnpricedReason.UNKNOWN_MODEL, "no price is known for " + event.getModel(), null, currency);
        }
        List<PricedLine> lines = new ArrayList<>();
        Map<Meter, BigDecimal> without = new EnumMap<>(Meter.class);
        BigDecimal total = BigDecimal.ZERO.setScale(LedgerDecimal.SCALE);
        for (MeterQuantity metered : event.getMeters()) {
            Meter meter = Meter.byWireName(metered.getMeter()).orElseThrow();
            BigDecimal quantity = metered.getQuantity().stripTrailingZeros();
            if (quantity.signum() == 0) {
                continue;
            }
            if (unrated.contains(meter)) {
                without.put(meter, quantity);
                continue;
            }
            BigDecimal cost = unitPrice.multiply(quantity);
            lines.add(new PricedLine(meter, quantity, unitPrice, unitPrice, cost, cost, cost, cost, "rate"));
            total = total.add(cost);
        }
        return new Pricing.Priced(
                event.getModel(),
                "list/" + event.getModel() + "@" + revision,
                currency,
                currency,
                null,
                lines,
                total,
                total,
                total,
                total,
                without,
                null);
    }
}
