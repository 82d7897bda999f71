package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    /** Bound on the look-ups kept, far above the models that a platform sees; names made up at will can't exceed it. */
    private static final int MAX_CACHED_MODELS = 50_000;

    private static final PriceLookup UNKNOWN_MODEL = new PriceLookup.UnknownModel();

    private final Map<String, Map<String, PriceLine>> linesByScope = new HashMap<>();
    private final Map<Model, List<Candidate>> candidatesByModel = new HashMap<>();

    private record Model(
            String scope,
            @Nullable String provider,
            String name,
            @Nullable String region) {}

    private record Candidate(PriceLine line, KeyMatch match) {}

    /** Adds a revision; false if the book already holds it or a later recorded one of the same key and time. */
    public boolean add(PriceRevision revision) {
        boolean added = linesByScope
                .computeIfAbsent(revision.getScope(), scope -> new HashMap<>())
                .computeIfAbsent(revision.getPriceKey().toLowerCase(Locale.ROOT), key -> new PriceLine())
                .add(revision);
        if (added) {
            candidatesByModel.clear();
        }
        return added;
    }

    /**
     * The price of a model at a moment.
     *
     * <p>Of the keys that the model may be priced by, the first with a revision that is effective by then decides,
     * as if the keys that come later were not in the book yet.
     *
     * @param scope {@link #LIST}, or tenant:NAME for a tenant's own prices
     * @param provider in the price map's spelling; null fits any
     */
    public PriceLookup lookup(
            String scope, @Nullable String provider, String model, @Nullable String region, Instant at) {
        List<Candidate> candidates = candidates(new Model(scope, provider, model, region));
        for (int i = 0; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            Price price = candidate.line().at(at);
            if (price != null) {
                return price.revision().getWithdrawn()
                        ? new PriceLookup.Withdrawn(price)
                        : new PriceLookup.Found(price, candidate.match());
            }
        }
        if (candidates.isEmpty()) {
            return UNKNOWN_MODEL;
        }
        Price first = candidates.get(0).line().first();
        return new PriceLookup.NotYetEffective(first.key(), first.revision().getEffectiveFrom());
    }

    private List<Candidate> candidates(Model model) {
        List<Candidate> known = candidatesByModel.get(model);
        if (known == null) {
            known = resolve(model);
            if (candidatesByModel.size() >= MAX_CACHED_MODELS) {
                candidatesByModel.clear();
            }
            candidatesByModel.put(model, known);
        }
        return known;
    }

    private List<Candidate> resolve(Model model) {
        Map<String, PriceLine> lines = linesByScope.getOrDefault(model.scope(), Map.of());
        List<Candidate> candidates = new ArrayList<>();
        for (KeyMatch match : PriceKeys.candidates(model.provider(), model.name(), model.region())) {
            PriceLine line = lines.get(match.key());
            if (line != null && line.fits(model.provider())) {
                candidates.add(new Candidate(line, match));
            }
        }
        return List.copyOf(candidates);
    }

    /**
     * The keys that a price was looked for under, in their order, up to the one that decided: {@link #lookup} told for a
     * person.
     */
    public List<KeyTrial> trials(
            String scope, @Nullable String provider, String model, @Nullable String region, Instant at) {
        Map<String, PriceLine> lines = linesByScope.getOrDefault(scope, Map.of());
        List<KeyTrial> trials = new ArrayList<>();
        Set<String> tried = new HashSet<>();
        for (KeyMatch match : PriceKeys.candidates(provider, model, region)) {
            if (tried.add(match.key())) {
                KeyTrial trial = KeyTrial.of(match, lines.get(match.key()), provider, at);
                trials.add(trial);
                if (trial.outcome().decides()) {
                    break;
                }
            }
        }
        return trials;
    }

    /** Number of revisions that can hold at some moment. */
    public int size() {
        return linesByScope.values().stream()
                .flatMap(lines -> lines.values().stream())
                .mapToInt(line -> line.prices().size())
                .sum();
    }

    /** The revisions that can hold at some moment, by scope, key and effective time. */
    public List<PriceRevision> revisions() {
        return linesByScope.values().stream()
                .flatMap(lines -> lines.values().stream())
                .flatMap(line -> line.prices().stream())
                .map(Price::revision)
                .sorted(Comparator.comparing(PriceRevision::getScope)
                        .thenComparing(PriceRevision::getPriceKey)
                        .thenComparing(PriceRevision::getEffectiveFrom))
                .toList();
    }
}
