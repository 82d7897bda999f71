package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.KeyMatch;
import io.costops.enrichment.pricebook.Multiplier;
import io.costops.enrichment.pricebook.Price;
import io.costops.enrichment.pricebook.RateTable;
import io.costops.enrichment.pricebook.UnitRate;
import io.costops.schemas.value.Meter;
import org.jspecify.annotations.Nullable;

/**
 * How a cost came about: every choice that led to it.
 *
 * @param price the public price that applied
 * @param match how the model's name led to its key
 * @param rates the price's rates in the tier that was billed and for the size of the request
 * @param webSearch the fee for one web search; null if the price has none
 * @param multiplier what the rates of tokens were multiplied by
 * @param totalInputTokens size of the request, which brackets go by
 */
public record Derivation(
        Price price,
        KeyMatch match,
        RateTable rates,
        @Nullable UnitRate webSearch,
        Multiplier multiplier,
        long totalInputTokens) {
    /** The rate of one meter before the multiplier; null if the price has none. */
    public @Nullable UnitRate rate(Meter meter) {
        return meter == Meter.WEB_SEARCH ? webSearch : rates.rate(meter);
    }
}
