package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** A price revision of the book with what is worked out from it once. */
public final class Price {
    private final PriceRevision revision;
    private final String id;
    private final String currency;
    private final Instant effectiveFrom;
    private final boolean withdrawn;
    private @Nullable RateCard card;
    private @Nullable Map<Price, RateCard> cardsOverList;

    Price(PriceRevision revision) {
        this.revision = revision;
        this.id = PriceRevisions.idOf(revision);
        // Asked for at every event: kept here, they cost one look into memory less.
        this.currency = revision.getCurrency();
        this.effectiveFrom = revision.getEffectiveFrom();
        this.withdrawn = revision.getWithdrawn();
    }

    public PriceRevision revision() {
        return revision;
    }

    /** {@code scope/key@effective_from#recorded_at}. */
    public String id() {
        return id;
    }

    /** Whether it was in force by then. */
    boolean isEffectiveAt(Instant time) {
        return !effectiveFrom.isAfter(time);
    }

    boolean withdrawn() {
        return withdrawn;
    }

    /** The key in its own spelling. */
    public String key() {
        return revision.getPriceKey();
    }

    public String currency() {
        return currency;
    }

    /** True if a web search is billed by the query, false if by the response that searched. */
    public boolean billsSearchesByQuery() {
        return "per_query".equals(revision.getAttributes().get("web_search_billing_unit"));
    }

    public RateCard card() {
        RateCard made = card;
        if (made == null) {
            made = revision.getScope().equals(PriceBook.LIST) ? RateCard.of(revision) : RateCard.of(revision, null);
            card = made;
        }
        return made;
    }

    /**
     * The card of a negotiated price: its own rates, and those of the public price for the fields that it doesn't name.
     *
     * @param list null if there is no public price
     */
    public RateCard cardOver(@Nullable Price list) {
        if (list == null) {
            return card();
        }
        Map<Price, RateCard> cards = cardsOverList;
        if (cards == null) {
            // Weak, so that a list price that was replaced doesn't stay for the negotiated one's sake.
            cards = new WeakHashMap<>();
            cardsOverList = cards;
        }
        return cards.computeIfAbsent(list, unseen -> RateCard.of(revision, unseen.revision));
    }

    @Override
    public String toString() {
        return id;
    }
}
