package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;

/** What the book knows of a model at a moment. */
public sealed interface PriceLookup {
    /** The revision that holds. */
    record Found(PriceRevision revision, String revisionId) implements PriceLookup {}

    /** No key of the book is the model's. */
    record UnknownModel() implements PriceLookup {}

    /** The key's first price holds from a later moment. */
    record NotYetEffective(String priceKey, Instant firstEffectiveFrom) implements PriceLookup {}

    /** The key had a price, but at that moment it is withdrawn. */
    record Withdrawn(String priceKey, String revisionId) implements PriceLookup {}
}
