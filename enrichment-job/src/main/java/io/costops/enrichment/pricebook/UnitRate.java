package io.costops.enrichment.pricebook;

import java.math.BigDecimal;

/**
 * What one unit of a meter costs by one price, and where that stands.
 *
 * @param price in the price's currency, before any multiplier
 * @param field field of the price that it was taken from
 * @param fallBack true if the field is another kind's, because the meter's own is missing
 * @param halved true if it is half of the field: a batch without a rate of its own
 * @param negotiated true if the field is one of a tenant's own price, false if it is the list's
 */
public record UnitRate(BigDecimal price, String field, boolean fallBack, boolean halved, boolean negotiated) {
    private static final BigDecimal HALF = new BigDecimal("0.5");

    UnitRate half() {
        return new UnitRate(Decimals.compact(price.multiply(HALF)), field, fallBack, true, negotiated);
    }
}
