package io.costops.enrichment.pricing;

import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came of pricing one usage event. */
public sealed interface Pricing {
    /** Currency of what costs nothing or is not known, where no price and no tenant's terms name another. */
    String LIST_CURRENCY = "USD";

    /**
     * The event has a cost, which may be 0. Every amount fits the ledger's decimal(76, 30).
     *
     * @param priceKey key of the public price, in its own spelling; of the tenant's own where there is no public one
     * @param revisionId identity of the price revision that applied, and of the tenant's revisions that did, separated by
     *     commas
     * @param pricingCurrency ISO 4217 code of the list and contracted amounts
     * @param billingCurrency ISO 4217 code of the billed and effective amounts
     * @param exchangeRateId identities of the exchange rates that applied, separated by commas; null if none did
     * @param lines one for each meter with a quantity above 0 and a rate, in the order of Meter
     * @param unrated quantity of each meter that the price has no rate for, not even to fall back on: it is in no amount,
     *     and the ledger shows it as a line without a price
     * @param derivation how the cost came about; null if it didn't come out of the price book
     */
    record Priced(
            String priceKey,
            String revisionId,
            String pricingCurrency,
            String billingCurrency,
            @Nullable String exchangeRateId,
            List<PricedLine> lines,
            BigDecimal listCost,
            BigDecimal contractedCost,
            BigDecimal billedCost,
            BigDecimal effectiveCost,
            Map<Meter, BigDecimal> unrated,
            @Nullable Derivation derivation)
            implements Pricing {
        /** A cost that was not worked out from the price book, of units that all have a rate. */
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
                    null,
                    lines,
                    listCost,
                    contractedCost,
                    billedCost,
                    effectiveCost,
                    Map.of(),
                    null);
        }
    }

    /**
     * No price is known: the cost is null, never 0.
     *
     * @param message one sentence that says which price is missing
     * @param priceKey key that was found but can't price the event
     * @param billingCurrency ISO 4217 code of what will be billed once there is a price
     */
    record Unpriced(
            UnpricedReason reason, String message, @Nullable String priceKey, String billingCurrency)
            implements Pricing {
        /** Usage of a tenant that is billed in the currency of the public prices. */
        public Unpriced(UnpricedReason reason, String message, @Nullable String priceKey) {
            this(reason, message, priceKey, LIST_CURRENCY);
        }
    }

    /**
     * Nothing was used, or it came from a gateway's cache.
     *
     * @param billingCurrency ISO 4217 code of the tenant's charges, so that its requests stand in one currency
     */
    record Free(FreeReason reason, String billingCurrency) implements Pricing {
        /** A call of a tenant that is billed in the currency of the public prices. */
        public Free(FreeReason reason) {
            this(reason, LIST_CURRENCY);
        }
    }

    /** The ledger can't hold the cost exactly, or the event is none: it is rejected (RejectReason.OUT_OF_RANGE). */
    record Refused(String field, String message) implements Pricing {}

    /** Why there is no price. */
    enum UnpricedReason {
        UNKNOWN_MODEL,
        NOT_YET_EFFECTIVE,
        WITHDRAWN,
        /** The price has no rate for any of the event's meters. */
        NO_RATE,
        /** The price is in one currency, the tenant pays in another, and no rate between them is known for that time. */
        NO_EXCHANGE_RATE
    }

    /** Why nothing is charged. */
    enum FreeReason {
        /** The cost is null. */
        NO_USAGE,
        /** The cost is 0. */
        GATEWAY_CACHE_HIT
    }
}
