package io.costops.enrichment.pricebook;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One key that a model's price was looked for under.
 *
 * @param key in lower case
 * @param rule how it came out of the model's name
 * @param outcome what was there
 * @param detail the provider that the key belongs to, the time from when its first price holds, or the revision's identity;
 *     null if the book doesn't have the key
 */
public record KeyTrial(
        String key,
        KeyMatch.Rule rule,
        Outcome outcome,
        @Nullable String detail) {
    /** What the book holds under a key. */
    public enum Outcome {
        NOT_IN_BOOK("not in the book"),
        OTHER_PROVIDER("another provider's"),
        NOT_YET_EFFECTIVE("holds only from a later moment"),
        WITHDRAWN("withdrawn"),
        TAKEN("taken");

        private final String description;

        Outcome(String description) {
            this.description = description;
        }

        public String description() {
            return description;
        }

        /** Whether the search ends here. */
        boolean decides() {
            return this == WITHDRAWN || this == TAKEN;
        }
    }

    static KeyTrial of(KeyMatch match, @Nullable PriceLine line, @Nullable String provider, Instant at) {
        if (line == null) {
            return new KeyTrial(match.key(), match.rule(), Outcome.NOT_IN_BOOK, null);
        }
        if (!line.fits(provider)) {
            return new KeyTrial(
                    match.key(),
                    match.rule(),
                    Outcome.OTHER_PROVIDER,
                    line.first().revision().getProvider());
        }
        Price price = line.at(at);
        if (price == null) {
            return new KeyTrial(
                    match.key(),
                    match.rule(),
                    Outcome.NOT_YET_EFFECTIVE,
                    line.first().revision().getEffectiveFrom().toString());
        }
        return new KeyTrial(
                match.key(),
                match.rule(),
                price.revision().getWithdrawn() ? Outcome.WITHDRAWN : Outcome.TAKEN,
                price.id());
    }
}
