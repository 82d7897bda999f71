package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.usage.UsageRules.Violation;
import java.util.Optional;

/** What every price revision must satisfy, whether a file was imported or someone published to the topic. */
public final class PriceRules {
    private PriceRules() {}

    /** The first rule that a revision breaks; empty if it may enter the book. */
    public static Optional<Violation> violation(PriceRevision revision) {
        return Optional.empty();
    }
}
