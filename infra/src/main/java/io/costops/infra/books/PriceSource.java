package io.costops.infra.books;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceFiles;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.enrichment.pricebook.PriceScope;
import io.costops.enrichment.pricebook.PriceScope.Kind;
import io.costops.schemas.value.Money;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Prices from a file, whichever of its forms it has: a map, a history of maps, or revisions one by one. */
public final class PriceSource {
    /** Names the map that comes with CostOps, where a file may be named. */
    public static final String BUILT_IN = "built-in";

    private PriceSource() {}

    /** Whether a name stands for the map that comes with CostOps. */
    public static boolean isBuiltIn(Path name) {
        return name.toString().equals(BUILT_IN);
    }

    /**
     * Reads a file, or the built-in map.
     *
     * @param options what the file doesn't say itself
     * @throws BookException if it is no file of prices
     */
    public static PriceImport read(Path file, Options options) {
        if (isBuiltIn(file)) {
            PriceImport map = BuiltInPrices.map();
            map.revisions().forEach(revision -> revision.setEffectiveFrom(options.effectiveFrom()));
            return map;
        }
        try {
            byte[] bytes = Files.readAllBytes(file);
            Options named = options.withSource(String.valueOf(file.getFileName()));
            return RevisionFile.isOne(bytes) ? RevisionFile.read(bytes, named) : PriceFiles.read(bytes, named);
        } catch (NoSuchFileException e) {
            throw new BookException("there is no file " + file, e);
        } catch (IOException e) {
            throw new BookException("can't read prices from " + file + ": " + e.getMessage(), e);
        }
    }

    /** The same prices, said to be in a currency; a map of prices can't say so itself. */
    public static PriceImport inCurrency(String currency, PriceImport prices) {
        Money.requireCurrency(currency);
        prices.revisions().forEach(revision -> {
            if (PriceScope.parse(revision.getScope())
                    .filter(scope -> scope.kind() == Kind.LIST || scope.kind() == Kind.NEGOTIATED)
                    .isEmpty()) {
                throw new BookException("--currency is for a map of prices: " + revision.getScope() + "/"
                        + revision.getPriceKey() + " names its own");
            }
            revision.setCurrency(currency);
        });
        return prices;
    }

    /**
     * Reads a file in which a person checked the units of some models: their rates may be above the bound.
     *
     * @param confirmed price keys
     */
    public static PriceImport read(Path file, Options options, Set<String> confirmed) {
        PriceImport plain = read(file, options);
        if (confirmed.isEmpty()) {
            return plain;
        }
        PriceImport trusting = read(file, options.withUnitChecked(true));
        Set<String> stillRefused =
                trusting.refusals().stream().map(Refusal::key).collect(Collectors.toSet());
        Set<String> taken = new HashSet<>();
        plain.refusals().stream()
                .map(Refusal::key)
                .filter(key -> confirmed.contains(key) && !stillRefused.contains(key))
                .forEach(taken::add);
        List<String> unknown =
                confirmed.stream().filter(key -> !taken.contains(key)).sorted().toList();
        if (!unknown.isEmpty()) {
            throw new BookException("nothing was refused for its units in " + file + " under "
                    + String.join(", ", unknown) + ": name a key as the refusal does");
        }
        return new PriceImport(
                Stream.concat(
                                plain.revisions().stream().filter(revision -> !taken.contains(revision.getPriceKey())),
                                trusting.revisions().stream()
                                        .filter(revision -> taken.contains(revision.getPriceKey())))
                        .toList(),
                plain.refusals().stream()
                        .filter(refusal -> !taken.contains(refusal.key()))
                        .toList(),
                plain.freeKeys());
    }
}
