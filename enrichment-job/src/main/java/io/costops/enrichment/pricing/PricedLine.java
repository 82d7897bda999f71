package io.costops.enrichment.pricing;

import io.costops.schemas.value.Meter;
import java.math.BigDecimal;

/**
 * What the units of one meter cost. Every number fits the ledger's decimal(76, 30).
 *
 * @param quantity in the meter's unit, above 0
 * @param listUnitPrice public price of one unit after tier, threshold and multiplier, in the pricing currency
 * @param contractedUnitPrice negotiated price of one unit, or the public one less the tenant's discount
 * @param listCost listUnitPrice x quantity
 * @param contractedCost contractedUnitPrice x quantity
 * @param billedCost contractedCost with the tenant's mark-up, in the billing currency
 * @param effectiveCost billedCost with commitments amortised
 * @param field field of the price that the list unit price was taken from
 */
public record PricedLine(
        Meter meter,
        BigDecimal quantity,
        BigDecimal listUnitPrice,
        BigDecimal contractedUnitPrice,
        BigDecimal listCost,
        BigDecimal contractedCost,
        BigDecimal billedCost,
        BigDecimal effectiveCost,
        String field) {}
