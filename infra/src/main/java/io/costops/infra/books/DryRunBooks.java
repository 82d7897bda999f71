package io.costops.infra.books;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceFiles;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The two books of a dry run.
 *
 * @param map prices of one day; without dates, so they hold always
 * @param history dated prices
 * @param refusals entries of the files that can't be used
 */
record DryRunBooks(PriceBook map, PriceBook history, List<PriceImport.Refusal> refusals) {
    /** A map says what models cost, not since when. */
    private static final Instant ALWAYS = Instant.EPOCH;

    /**
     * Reads the books.
     *
     * @param mapFile empty for the built-in map
     * @param historyFile empty for the built-in history
     * @throws BookException if a file is not one of prices
     */
    static DryRunBooks load(Optional<Path> mapFile, Optional<Path> historyFile) {
        PriceImport map = mapFile.map(DryRunBooks::read).orElseGet(BuiltInPrices::map);
        PriceImport history = historyFile.map(DryRunBooks::read).orElseGet(BuiltInPrices::history);
        if (mapFile.isEmpty()) {
            map.revisions().forEach(revision -> revision.setEffectiveFrom(ALWAYS));
        }
        return new DryRunBooks(
                book(map.revisions()),
                book(history.revisions()),
                java.util.stream.Stream.of(
                                mapFile.isPresent() ? map.refusals() : List.<PriceImport.Refusal>of(),
                                historyFile.isPresent() ? history.refusals() : List.<PriceImport.Refusal>of())
                        .flatMap(List::stream)
                        .toList());
    }

    private static PriceImport read(Path file) {
        try {
            return PriceFiles.read(
                    Files.readAllBytes(file),
                    PriceImport.Options.listFrom(ALWAYS).withSource(String.valueOf(file.getFileName())));
        } catch (NoSuchFileException e) {
            throw new BookException("there is no file " + file, e);
        } catch (IOException e) {
            throw new BookException("can't read prices from " + file + ": " + e.getMessage(), e);
        }
    }

    private static PriceBook book(List<PriceRevision> revisions) {
        PriceBook book = new PriceBook();
        revisions.forEach(book::add);
        return book;
    }
}
