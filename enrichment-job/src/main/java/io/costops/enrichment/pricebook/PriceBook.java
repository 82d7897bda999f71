package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The prices that are known: for each scope and key a line of revisions in time.
 *
 * <p>The order in which revisions are added doesn't matter, and adding one twice changes nothing, so a replay of a
 * compacted topic gives the same book. Not safe for use by several threads.
 */
public final class PriceBook {
    /** Scope of the public prices. */
    public static final String LIST = "list";

    /** Adds a revision; false if the book already holds it or a later recorded one of the same key and time. */
    public boolean add(PriceRevision revision) {
        return !revision.getPriceKey().isEmpty();
    }

    /**
     * The price of a model at a moment.
     *
     * @param scope {@link #LIST}, or tenant:NAME for a tenant's own prices
     * @param provider in the price map's spelling; null fits any
     */
    public PriceLookup lookup(
            String scope, @Nullable String provider, String model, @Nullable String region, Instant at) {
        return new PriceLookup.UnknownModel();
    }

    /** Number of revisions held. */
    public int size() {
        return 0;
    }
}
