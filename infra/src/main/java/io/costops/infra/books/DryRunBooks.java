package io.costops.infra.books;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.schemas.avro.PriceRevision;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The two books of a dry run. What tenants negotiated holds in both.
 *
 * @param map prices of one day; without dates, so they hold always
 * @param history dated prices
 * @param refusals entries of the files that can't be used
 */
record DryRunBooks(PriceBook map, PriceBook history, List<PriceImport.Refusal> refusals) {
    /** A map says what models cost, not since when. */
    private static final Instant ALWAYS = Instant.EPOCH;

    private static final PriceImport.Options OPTIONS = PriceImport.Options.listFrom(ALWAYS);

    /** Between the times at which two files became known: the later one holds where both name a key. */
    private static final Duration STEP = Duration.ofMillis(1);

    /**
     * Reads the books.
     *
     * @param files prices instead of the built-in map, or, if they hold none that are public, over it
     * @param historyFile empty for the built-in history
     * @param now when the files became known
     * @throws BookException if a file is not one of prices
     */
    static DryRunBooks load(List<Path> files, Optional<Path> historyFile, Instant now) {
        List<PriceImport.Refusal> refusals = new ArrayList<>();
        List<PriceRevision> prices = new ArrayList<>();
        Instant known = now.isAfter(BuiltInPrices.MAP_DATE) ? now : BuiltInPrices.MAP_DATE;
        for (Path file : files) {
            known = known.plus(STEP);
            PriceImport read = any(
                    file, PriceSource.read(file, new PriceImport.Options(PriceBook.LIST, ALWAYS, known, null, false)));
            prices.addAll(read.revisions());
            if (!PriceSource.isBuiltIn(file)) {
                refusals.addAll(read.refusals());
            }
        }
        if (prices.stream().noneMatch(DryRunBooks::isPublic)) {
            prices.addAll(
                    PriceSource.read(Path.of(PriceSource.BUILT_IN), OPTIONS).revisions());
        }
        PriceImport history = historyFile
                .map(file -> any(file, PriceSource.read(file, OPTIONS)))
                .orElseGet(BuiltInPrices::history);
        if (historyFile.isPresent()) {
            refusals.addAll(history.refusals());
        }
        return new DryRunBooks(
                book(prices),
                book(Stream.concat(history.revisions().stream(), prices.stream().filter(price -> !isPublic(price)))
                        .toList()),
                refusals);
    }

    /** A file that was meant and says nothing must not leave the built-in prices to stand in for it. */
    private static PriceImport any(Path file, PriceImport read) {
        if (read.revisions().isEmpty()) {
            String why = read.refusals().isEmpty()
                    ? ""
                    : ": " + read.refusals().get(0).key() + ": "
                            + read.refusals().get(0).message();
            throw new BookException("there is no price in " + file + " that can be used" + why);
        }
        return read;
    }

    private static boolean isPublic(PriceRevision revision) {
        return revision.getScope().equals(PriceBook.LIST);
    }

    private static PriceBook book(Collection<PriceRevision> revisions) {
        PriceBook book = new PriceBook();
        revisions.forEach(book::add);
        return book;
    }
}
