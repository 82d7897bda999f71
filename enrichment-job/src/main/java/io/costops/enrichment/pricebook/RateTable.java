package io.costops.enrichment.pricebook;

import io.costops.schemas.value.Meter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rates of one price for one tier and one size of request, a look-up away for each meter. */
@SuppressWarnings("EnumOrdinal") // An array, since every meter of every event is looked up; it never leaves the object.
public final class RateTable {
    private final ServiceTier tier;
    private final @Nullable String bracket;
    private final @Nullable UnitRate[] byMeter = new UnitRate[Meter.values().length];

    RateTable(ServiceTier tier, @Nullable String bracket, Map<Meter, UnitRate> byMeter) {
        this.tier = tier;
        this.bracket = bracket;
        byMeter.forEach((meter, rate) -> this.byMeter[meter.ordinal()] = rate);
    }

    /** Null if the price has no rate for the meter; web searches are priced by {@link RateCard#webSearch}. */
    public @Nullable UnitRate rate(Meter meter) {
        return byMeter[meter.ordinal()];
    }

    public ServiceTier tier() {
        return tier;
    }

    /** What the size of the request chose: above_200k_tokens, or the place in tiered_pricing; null if nothing. */
    public @Nullable String bracket() {
        return bracket;
    }
}
