package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The revisions of one key in time: each holds from its effective time until the next one's. */
final class PriceLine {
    /** By effective time, which no two share. */
    private final List<Price> prices = new ArrayList<>();

    /** False if a revision of the same effective time stays: one that was recorded later, or the same one. */
    boolean add(PriceRevision revision) {
        int place = 0;
        while (place < prices.size()
                && prices.get(place).revision().getEffectiveFrom().isBefore(revision.getEffectiveFrom())) {
            place++;
        }
        if (place == prices.size()
                || !prices.get(place).revision().getEffectiveFrom().equals(revision.getEffectiveFrom())) {
            prices.add(place, new Price(revision));
            return true;
        }
        if (!replaces(prices.get(place).revision(), revision)) {
            return false;
        }
        prices.set(place, new Price(revision));
        return true;
    }

    /**
     * The later recorded holds. Two recorded at once can differ in the key's spelling: then the smaller holds, in
     * whatever order they come. The very same identity again is the topic's newest word.
     */
    private static boolean replaces(PriceRevision held, PriceRevision added) {
        int recorded = added.getRecordedAt().compareTo(held.getRecordedAt());
        if (recorded != 0) {
            return recorded > 0;
        }
        int spelling = added.getPriceKey().compareTo(held.getPriceKey());
        return spelling < 0 || (spelling == 0 && !added.equals(held));
    }

    /** The revision that holds at a moment; null before the first. */
    @Nullable
    Price at(Instant time) {
        for (int i = prices.size() - 1; i >= 0; i--) {
            Price price = prices.get(i);
            if (price.isEffectiveAt(time)) {
                return price;
            }
        }
        return null;
    }

    Price first() {
        return prices.get(0);
    }

    List<Price> prices() {
        return prices;
    }

    /** Whether the key is that provider's; a withdrawal says nothing about it if a price does. */
    boolean fits(@Nullable String provider) {
        boolean onlyWithdrawals = true;
        for (Price price : prices) {
            if (!price.revision().getWithdrawn()) {
                onlyWithdrawals = false;
                if (Providers.fits(provider, price.revision().getProvider())) {
                    return true;
                }
            }
        }
        return onlyWithdrawals && Providers.fits(provider, first().revision().getProvider());
    }
}
