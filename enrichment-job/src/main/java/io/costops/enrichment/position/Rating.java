package io.costops.enrichment.position;

import io.costops.enrichment.attribution.Attributed;
import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.UsageEvent;

/** Whom an event is charged to and what it costs, by the books as they are now. Asked only for what is booked. */
public interface Rating {
    Attributed attribute(UsageEvent event);

    Pricing price(UsageEvent event);

    /** What usage costs that was attributed before: by the terms of the tenant that it names. */
    default Pricing reprice(UsageEvent charged) {
        return price(charged);
    }
}
