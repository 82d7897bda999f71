package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came out of a file of prices: one bad entry never holds up the others.
 *
 * @param revisions those that may enter the book
 * @param refusals those that may not, in the order of the file
 * @param freeKeys keys that the file lists without any rate: they are among the revisions, at 0, and worth a look
 */
public record PriceImport(List<PriceRevision> revisions, List<Refusal> refusals, List<String> freeKeys) {
    public PriceImport {
        revisions = List.copyOf(revisions);
        refusals = List.copyOf(refusals);
        freeKeys = List.copyOf(freeKeys);
    }

    /**
     * An entry that was left out.
     *
     * @param key price key of the entry
     * @param field field that is wrong
     * @param message one sentence that names what is wrong and how to mend it
     */
    public record Refusal(String key, String field, String message) {}

    /**
     * What a file doesn't say itself.
     *
     * @param scope {@link PriceBook#LIST}, or tenant:NAME
     * @param effectiveFrom from when the prices hold; a history has its own times
     * @param recordedAt when they became known; null: when they took effect
     * @param source where they were taken from, for people to read
     * @param unitChecked true if a person confirmed the rates above the unit-error bound
     */
    public record Options(
            String scope,
            Instant effectiveFrom,
            @Nullable Instant recordedAt,
            @Nullable String source,
            boolean unitChecked) {
        /** Public prices that hold from a moment on. */
        public static Options listFrom(Instant effectiveFrom) {
            return new Options(PriceBook.LIST, effectiveFrom, null, null, false);
        }

        public Options withUnitChecked(boolean checked) {
            return new Options(scope, effectiveFrom, recordedAt, source, checked);
        }

        public Options withSource(String newSource) {
            return new Options(scope, effectiveFrom, recordedAt, newSource, unitChecked);
        }
    }
}
