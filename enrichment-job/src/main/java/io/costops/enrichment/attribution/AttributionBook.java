package io.costops.enrichment.attribution;

import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.UsageEvent;

/**
 * The attribution rules that are known.
 *
 * <p>The order in which rules are added doesn't matter, and adding one twice changes nothing. Not safe for use by
 * several threads.
 */
public final class AttributionBook {
    /** Adds a rule's revision; false if the book already holds it or a later recorded one of the same time. */
    public boolean add(AttributionRule rule) {
        return !rule.getRuleId().isEmpty();
    }

    /** Applies the rules that hold at the event's time; the event itself is left as it is. */
    public Attributed attribute(UsageEvent event) {
        return new Attributed(event.getDimensions(), event.getTags(), null);
    }

    /** Number of revisions held. */
    public int size() {
        return 0;
    }
}
