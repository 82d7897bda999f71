package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.Conversion;
import io.costops.enrichment.pricebook.Multiplier;
import io.costops.enrichment.pricebook.Percentage;
import io.costops.enrichment.pricebook.TenantTerms;
import io.costops.enrichment.pricebook.UnitRate;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request's units cost, in the four meanings of FOCUS: list, contracted, billed, effective.
 *
 * <p>A unit's price is rounded, where a percentage or an exchange rate demands it, to the decimals that the ledger holds;
 * what it is multiplied by after that is exact. The billed cost comes out of the contracted cost in one step, rounded once.
 */
final class Charge {
    private final Derivation derivation;
    private final TenantTerms terms;
    private final boolean hasTerms;
    private final BigDecimal discountFactor;
    private final BigDecimal markupFactor;

    /** Whether a rate was the public one, so that the discount had a say. */
    private boolean discounted;

    Charge(Derivation derivation) {
        this.derivation = derivation;
        this.terms = derivation.terms();
        this.hasTerms = !terms.equals(TenantTerms.NONE);
        this.discountFactor =
                terms.discount() == null ? BigDecimal.ONE : terms.discount().discountFactor();
        this.markupFactor =
                terms.markup() == null ? BigDecimal.ONE : terms.markup().markupFactor();
    }

    /** What the tenant pays for one unit of a meter, before a discount; null if there is no price for it. */
    @Nullable
    UnitRate rate(Meter meter) {
        return derivation.contracted().rate(meter);
    }

    /**
     * What some units cost; null if the ledger can't hold the price or the cost.
     *
     * @param rate of the meter, as {@link #rate} tells it
     */
    @Nullable
    PricedLine line(Meter meter, UnitRate rate, BigDecimal quantity) {
        if (!hasTerms) {
            BigDecimal price = multiplied(rate, meter, derivation.list().multiplier());
            BigDecimal cost = price.multiply(quantity);
            return Amounts.fit(price) && Amounts.fit(cost)
                    ? new PricedLine(meter, quantity, price, price, cost, cost, cost, cost, rate.field())
                    : null;
        }
        UnitRate listRate = derivation.list().rate(meter);
        BigDecimal contractedPrice = contractedPrice(rate, meter);
        BigDecimal listPrice = listRate == null
                // Nobody else can buy it: what was negotiated is the only price there is.
                ? contractedPrice
                : inPricingCurrency(
                        multiplied(listRate, meter, derivation.list().multiplier()));
        BigDecimal listCost = cost(listPrice, quantity, derivation.listConversion());
        BigDecimal contractedCost = Amounts.round(contractedPrice.multiply(quantity));
        BigDecimal billedCost =
                Amounts.round(derivation.billingConversion().convert(contractedCost.multiply(markupFactor)));
        return Amounts.fit(listPrice)
                        && Amounts.fit(contractedPrice)
                        && Amounts.fit(listCost)
                        && Amounts.fit(contractedCost)
                        && Amounts.fit(billedCost)
                ? new PricedLine(
                        meter,
                        quantity,
                        listPrice,
                        contractedPrice,
                        listCost,
                        contractedCost,
                        billedCost,
                        billedCost,
                        (listRate == null ? rate : listRate).field())
                : null;
    }

    /** A negotiated rate is the price; the discount is off the public one only. */
    private BigDecimal contractedPrice(UnitRate rate, Meter meter) {
        BigDecimal price = multiplied(rate, meter, derivation.contracted().multiplier());
        if (rate.negotiated()) {
            return price;
        }
        discounted = true;
        return inPricingCurrency(price.multiply(discountFactor));
    }

    private BigDecimal inPricingCurrency(BigDecimal price) {
        return Amounts.round(derivation.listConversion().convert(price));
    }

    /** The public cost is exact, or refused, as long as it stays in its own currency. */
    private static BigDecimal cost(BigDecimal price, BigDecimal quantity, Conversion conversion) {
        BigDecimal cost = price.multiply(quantity);
        return conversion.applies() ? Amounts.round(cost) : cost;
    }

    private static BigDecimal multiplied(UnitRate rate, Meter meter, Multiplier multiplier) {
        return multiplier.applies() && meter.countsTokens() ? rate.price().multiply(multiplier.factor()) : rate.price();
    }

    /** The revisions that the cost came out of, the price first; asked for once all lines are made. */
    String revisionIds() {
        String price = derivation.price().id();
        if (!hasTerms) {
            return price;
        }
        Set<String> ids = new LinkedHashSet<>();
        ids.add(price);
        if (terms.negotiated() != null) {
            ids.add(terms.negotiated().price().id());
        }
        if (discounted) {
            add(ids, terms.discount());
        }
        add(ids, terms.markup());
        if (terms.billing() != null) {
            ids.add(terms.billing().id());
        }
        return String.join(",", ids);
    }

    private static void add(Set<String> ids, @Nullable Percentage percentage) {
        if (percentage != null) {
            ids.add(percentage.revisionId());
        }
    }

    @Nullable
    String exchangeRateIds() {
        if (!derivation.listConversion().applies()
                && !derivation.billingConversion().applies()) {
            return null;
        }
        Set<String> ids = new LinkedHashSet<>();
        for (Conversion conversion : new Conversion[] {derivation.listConversion(), derivation.billingConversion()}) {
            if (conversion.revisionId() != null) {
                ids.add(conversion.revisionId());
            }
        }
        return String.join(",", ids);
    }
}
