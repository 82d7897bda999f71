package io.costops.enrichment.attribution;

import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.usage.UsageRules.Violation;
import java.util.Optional;

/** What every attribution rule must satisfy, whether a file was put or someone published to the topic. */
public final class AttributionRules {
    private AttributionRules() {}

    /** The first thing that is wrong with a rule; empty if it may enter the book. */
    public static Optional<Violation> violation(AttributionRule rule) {
        return Optional.empty();
    }
}
