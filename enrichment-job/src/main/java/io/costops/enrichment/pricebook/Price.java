package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import org.jspecify.annotations.Nullable;

/** A price revision of the book with what is worked out from it once. */
public final class Price {
    private final PriceRevision revision;
    private final String id;
    private @Nullable RateCard card;

    Price(PriceRevision revision) {
        this.revision = revision;
        this.id = PriceRevisions.idOf(revision);
    }

    public PriceRevision revision() {
        return revision;
    }

    /** {@code scope/key@effective_from#recorded_at}. */
    public String id() {
        return id;
    }

    /** The key in its own spelling. */
    public String key() {
        return revision.getPriceKey();
    }

    public String currency() {
        return revision.getCurrency();
    }

    /** True if a web search is billed by the query, false if by the response that searched. */
    public boolean billsSearchesByQuery() {
        return "per_query".equals(revision.getAttributes().get("web_search_billing_unit"));
    }

    public RateCard card() {
        RateCard made = card;
        if (made == null) {
            made = RateCard.of(revision);
            card = made;
        }
        return made;
    }

    @Override
    public String toString() {
        return id;
    }
}
