package io.costops.enrichment.position;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.pricing.PricedLine;
import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Prices by the model's name alone, with rates of many digits, and attributes to a team by the project. */
public final class FixedRating implements Rating {
    public static final String UNKNOWN_MODEL = "nobody-knows";
    public static final String PRICELESS_MODEL = "too-dear-to-book";
    private static final Map<String, BigDecimal> UNIT_PRICES = Map.of(
            "gpt-4o", new BigDecimal("0.0000025"),
            "gpt-4o-mini", new BigDecimal("0.00000015"),
            "odd", new BigDecimal("0.00000001234567890123"));

    @Override
    public Attributed attribute(UsageEvent event) {
        Dimensions dimensions = Dimensions.newBuilder(event.getDimensions())
                .setTeam("team of " + event.getDimensions().getProject())
                .build();
        return new Attributed(dimensions, event.getTags(), "rule-1");
    }

    @Override
    public Pricing price(UsageEvent event) {
        if (event.getStatus() == UsageStatus.NO_USAGE) {
            return new Pricing.Free(Pricing.FreeReason.NO_USAGE);
        } else if (event.getStatus() == UsageStatus.GATEWAY_CACHE_HIT) {
            return new Pricing.Free(Pricing.FreeReason.GATEWAY_CACHE_HIT);
        } else if (event.getModel().equals(PRICELESS_MODEL)) {
            return new Pricing.Refused("list_cost", "the cost is 10^30 or more");
        }
        BigDecimal unitPrice = UNIT_PRICES.get(event.getModel());
        if (unitPrice == null) {
            return new Pricing.Unpriced(
                    Pricing.UnpricedReason.UNKNOWN_MODEL, "no price is known for " + event.getModel(), null);
        }
        List<PricedLine> lines = new ArrayList<>();
        for (MeterQuantity metered : event.getMeters()) {
            lines.add(line(metered, unitPrice));
        }
        return new Pricing.Priced(
                event.getModel(),
                "list/" + event.getModel() + "@1",
                "USD",
                "EUR",
                lines,
                sum(lines, PricedLine::listCost),
                sum(lines, PricedLine::contractedCost),
                sum(lines, PricedLine::billedCost),
                sum(lines, PricedLine::effectiveCost));
    }

    private static PricedLine line(MeterQuantity metered, BigDecimal unitPrice) {
        BigDecimal contracted = unitPrice.multiply(new BigDecimal("0.9"));
        BigDecimal quantity = metered.getQuantity().stripTrailingZeros();
        return new PricedLine(
                Meter.byWireName(metered.getMeter()).orElseThrow(),
                quantity,
                unitPrice,
                contracted,
                unitPrice.multiply(quantity),
                contracted.multiply(quantity),
                contracted.multiply(quantity).multiply(new BigDecimal("0.5")),
                contracted.multiply(quantity).multiply(new BigDecimal("0.25")),
                "input_cost_per_token");
    }

    private static BigDecimal sum(List<PricedLine> lines, Function<PricedLine, BigDecimal> amount) {
        return lines.stream().map(amount).reduce(BigDecimal.ZERO.setScale(LedgerDecimal.SCALE), BigDecimal::add);
    }
}
