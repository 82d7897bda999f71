package io.costops.infra.books;

import io.costops.enrichment.pricebook.PriceImport;
import io.costops.infra.books.DryRun.Result;
import io.costops.schemas.topics.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A file of cases, priced one line after the other; a bad line is answered with what is wrong and holds nothing up. */
public final class PriceCases {
    private final DryRunBooks books;
    private final Instant now;

    private PriceCases(DryRunBooks books, Instant now) {
        this.books = books;
        this.now = now;
    }

    /**
     * Cases priced with the books given, or with the built-in ones.
     *
     * @param prices files of prices for the cases that name no book: maps, histories, or revisions of any scope
     * @param priceHistory dated prices for the cases that name {@code price_history.json}
     * @param now time of receipt of a case that names none
     * @throws BookException if a file is not one of prices
     */
    public static PriceCases with(List<Path> prices, Optional<Path> priceHistory, Instant now) {
        return new PriceCases(DryRunBooks.load(prices, priceHistory, now), now);
    }

    /** Entries of the books that can't be used. */
    public List<PriceImport.Refusal> refusals() {
        return books.refusals();
    }

    /** How the results are written. */
    public enum Form {
        /** A line of JSON for each case. */
        RESULT,
        /** How each cost came about, for people to read. */
        EXPLANATION,
        /** How each cost came about, a line of JSON for each case. */
        EXPLANATION_JSON
    }

    /**
     * Prices every line.
     *
     * @param cases NDJSON of {@code {id, source_kind, context, raw}} or of envelopes
     * @param results gets each case's result, in the same order
     */
    public Summary price(InputStream cases, Writer results, Form form) throws IOException {
        DryRun dryRun = new DryRun(books.map(), books.history(), now);
        Lines lines = new Lines(cases, Topics.MAX_ENVELOPE_BYTES);
        Map<DryRun.Status, Long> counts = new EnumMap<>(DryRun.Status.class);
        long rejected = 0;
        try (ResultWriter writer = new ResultWriter(results)) {
            for (byte[] line = lines.next(); line != null; line = lines.next()) {
                DryRun.Trace trace = dryRun.trace(line, lines.number());
                if (trace.result() instanceof Result.Priced priced) {
                    counts.merge(priced.status(), 1L, Long::sum);
                } else {
                    rejected++;
                }
                switch (form) {
                    case RESULT -> writer.write(trace.result());
                    case EXPLANATION -> results.write(ExplanationText.of(trace));
                    case EXPLANATION_JSON -> results.write(ExplanationJson.of(trace) + "\n");
                }
            }
        }
        return new Summary(
                counts.getOrDefault(DryRun.Status.PRICED, 0L),
                counts.getOrDefault(DryRun.Status.UNPRICED, 0L),
                counts.getOrDefault(DryRun.Status.NO_USAGE, 0L),
                counts.getOrDefault(DryRun.Status.GATEWAY_CACHE_HIT, 0L),
                rejected);
    }

    /** How many cases ended how. */
    public record Summary(long priced, long unpriced, long withoutUsage, long gatewayCacheHits, long rejected) {
        public long cases() {
            return priced + unpriced + withoutUsage + gatewayCacheHits + rejected;
        }
    }
}
