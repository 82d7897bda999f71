package io.costops.enrichment.pricebook;

import java.time.Instant;

/** What the book knows of a model at a moment. */
public sealed interface PriceLookup {
    /**
     * The price that holds.
     *
     * @param match how the model's name led to its key
     */
    record Found(Price price, KeyMatch match) implements PriceLookup {}

    /** No key of the book is the model's. */
    record UnknownModel() implements PriceLookup {}

    /** The model's first price holds from a later moment. */
    record NotYetEffective(String priceKey, Instant firstEffectiveFrom) implements PriceLookup {}

    /** The model had a price, but at that moment it is withdrawn. */
    record Withdrawn(Price price) implements PriceLookup {}
}
