package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.Conversion;
import io.costops.enrichment.pricebook.KeyMatch;
import io.costops.enrichment.pricebook.Multiplier;
import io.costops.enrichment.pricebook.Price;
import io.costops.enrichment.pricebook.RateTable;
import io.costops.enrichment.pricebook.TenantTerms;
import io.costops.enrichment.pricebook.UnitRate;
import io.costops.schemas.value.Meter;
import org.jspecify.annotations.Nullable;

/**
 * How a cost came about: every choice that led to it.
 *
 * @param price the public price that applied; the tenant's own where there is no public one
 * @param match how the model's name led to its key
 * @param list rates at that price
 * @param contracted rates that the tenant pays before a discount; the same as the list's where nothing was negotiated
 * @param terms what the tenant pays otherwise than by the public price
 * @param listConversion from the public price's currency into the pricing currency
 * @param billingConversion from the pricing currency into the billing currency
 * @param totalInputTokens size of the request, which brackets go by
 */
public record Derivation(
        Price price,
        KeyMatch match,
        Rates list,
        Rates contracted,
        TenantTerms terms,
        Conversion listConversion,
        Conversion billingConversion,
        long totalInputTokens) {
    /**
     * The rates of one price for one request.
     *
     * @param table the rates in the tier that was billed and for the size of the request
     * @param webSearch the fee for one web search; null if the price has none
     * @param multiplier what the rates of tokens are multiplied by
     */
    public record Rates(RateTable table, @Nullable UnitRate webSearch, Multiplier multiplier) {
        /** The rate of one meter before the multiplier; null if the price has none. */
        public @Nullable UnitRate rate(Meter meter) {
            return meter == Meter.WEB_SEARCH ? webSearch : table.rate(meter);
        }
    }

    /** The rate of one meter at the public price, before the multiplier; null if it has none. */
    public @Nullable UnitRate rate(Meter meter) {
        return list.rate(meter);
    }

    /** The public price's rates. */
    public RateTable rates() {
        return list.table();
    }

    /** What the public price's rates of tokens were multiplied by. */
    public Multiplier multiplier() {
        return list.multiplier();
    }
}
