package io.costops.infra.ledger;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.attribution.AttributionBook;
import io.costops.enrichment.position.Rating;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import java.util.Collection;

/** What usage costs by the prices that the topic holds, worked out by the very pricer of the job. */
public final class CurrentPrices implements Rating {
    private final Pricer pricer = new Pricer();
    private final PriceBook book = new PriceBook();
    private final AttributionBook nobody = new AttributionBook();

    public CurrentPrices(Collection<PriceRevision> revisions) {
        revisions.forEach(book::add);
    }

    /** A new price changes nobody's attribution. */
    @Override
    public Attributed attribute(UsageEvent event) {
        return nobody.attribute(event);
    }

    @Override
    public Pricing price(UsageEvent event) {
        return reprice(event);
    }

    @Override
    public Pricing reprice(UsageEvent charged) {
        return pricer.price(charged, charged.getDimensions().getTenant(), book);
    }
}
