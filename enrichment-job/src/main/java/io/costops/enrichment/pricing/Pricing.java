package io.costops.enrichment.pricing;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of pricing one usage event. */
public sealed interface Pricing {
    /**
     * The event has a cost, which may be 0. Every amount fits the ledger's decimal(76, 30).
     *
     * @param priceKey key of the public price, in its own spelling
     * @param revisionId identity of the price revision that applied
     * @param pricingCurrency ISO 4217 code of the list and contracted amounts
     * @param billingCurrency ISO 4217 code of the billed and effective amounts
     * @param lines one for each meter with a quantity above 0, in the order of Meter
     * @param derivation how the cost came about; null if it didn't come out of the price book
     */
    record Priced(
            String priceKey,
            String revisionId,
            String pricingCurrency,
            String billingCurrency,
            List<PricedLine> lines,
            BigDecimal listCost,
            BigDecimal contractedCost,
            BigDecimal billedCost,
            BigDecimal effectiveCost,
            @Nullable Derivation derivation)
            implements Pricing {
        /** A cost that was not worked out from the price book. */
        public Priced(
                String priceKey,
                String revisionId,
                String pricingCurrency,
                String billingCurrency,
                List<PricedLine> lines,
                BigDecimal listCost,
                BigDecimal contractedCost,
                BigDecimal billedCost,
                BigDecimal effectiveCost) {
            this(
                    priceKey,
                    revisionId,
                    pricingCurrency,
                    billingCurrency,
                    lines,
                    listCost,
                    contractedCost,
                    billedCost,
                    effectiveCost,
                    null);
        }
    }

    /**
     * No price is known: the cost is null, never 0.
     *
     * @param message one sentence that says which price is missing
     * @param priceKey key that was found but can't price the event
     */
    record Unpriced(
            UnpricedReason reason, String message, @Nullable String priceKey) implements Pricing {}

    /** Nothing was used, or it came from a gateway's cache. */
    record Free(FreeReason reason) implements Pricing {}

    /** The ledger can't hold the cost exactly, or the event is none: it is rejected (RejectReason.OUT_OF_RANGE). */
    record Refused(String field, String message) implements Pricing {}

    /** Why there is no price. */
    enum UnpricedReason {
        UNKNOWN_MODEL,
        NOT_YET_EFFECTIVE,
        WITHDRAWN,
        /** The price has no rate for one of the event's meters; a part of the cost is not the cost. */
        NO_RATE
    }

    /** Why nothing is charged. */
    enum FreeReason {
        /** The cost is null. */
        NO_USAGE,
        /** The cost is 0. */
        GATEWAY_CACHE_HIT
    }
}
