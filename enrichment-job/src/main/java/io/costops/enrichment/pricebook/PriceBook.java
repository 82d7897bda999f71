package io.costops.enrichment.pricebook;

import io.costops.enrichment.pricebook.PriceScope.Kind;
import io.costops.schemas.avro.PriceRevision;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
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

    /** Key of a revision that holds for every model. */
    public static final String EVERY_MODEL = "*";

    /** Bound on the look-ups kept, far above the models that a platform sees; names made up at will can't exceed it. */
    private static final int MAX_CACHED_MODELS = 50_000;

    private static final PriceLookup UNKNOWN_MODEL = new PriceLookup.UnknownModel();

    private final Map<String, Map<String, PriceLine>> linesByScope = new HashMap<>();
    private final Map<Model, List<Candidate>> candidatesByModel = new HashMap<>();
    private final Map<String, Scopes> scopesByTenant = new HashMap<>();
    private boolean hasTerms;

    private record Model(
            String scope,
            @Nullable String provider,
            String name,
            @Nullable String region) {}

    private record Candidate(PriceLine line, KeyMatch match) {}

    /** The scopes of the book that hold for one tenant, by kind; its own before those for every tenant. */
    private record Scopes(Map<Kind, List<String>> byKind) {
        List<String> of(Kind kind) {
            return byKind.getOrDefault(kind, List.of());
        }
    }

    /** Adds a revision; false if the book already holds it or a later recorded one of the same key and time. */
    public boolean add(PriceRevision revision) {
        boolean added = linesByScope
                .computeIfAbsent(revision.getScope(), scope -> new HashMap<>())
                .computeIfAbsent(revision.getPriceKey().toLowerCase(Locale.ROOT), key -> new PriceLine())
                .add(revision);
        if (added) {
            candidatesByModel.clear();
            scopesByTenant.clear();
            hasTerms |= !revision.getScope().equals(LIST);
        }
        return added;
    }

    /**
     * The price of a model at a moment.
     *
     * <p>Of the keys that the model may be priced by, the first with a revision that is effective by then decides,
     * as if the keys that come later were not in the book yet.
     *
     * @param scope a {@link PriceScope} with rates
     * @param provider in the price map's spelling; null fits any
     */
    public PriceLookup lookup(
            String scope, @Nullable String provider, String model, @Nullable String region, Instant at) {
        List<Candidate> candidates = candidates(new Model(scope, provider, model, region));
        for (int i = 0; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            Price price = candidate.line().at(at);
            if (price != null) {
                return price.withdrawn()
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

    /**
     * What a tenant pays otherwise than by the public prices.
     *
     * @param tenant null if the usage names none: then what holds for every tenant
     */
    public TenantTerms terms(
            @Nullable String tenant, @Nullable String provider, String model, @Nullable String region, Instant at) {
        if (!hasTerms) {
            return TenantTerms.NONE;
        }
        Scopes scopes = scopes(tenant);
        return new TenantTerms(
                negotiated(scopes.of(Kind.NEGOTIATED), provider, model, region, at),
                percentage(scopes.of(Kind.DISCOUNT), Percentage.DISCOUNT, provider, model, region, at),
                percentage(scopes.of(Kind.MARKUP), Percentage.MARKUP, provider, model, region, at),
                billing(scopes.of(Kind.BILLING_CURRENCY), at));
    }

    /** Currency that a tenant is billed in at a moment, whatever it used; null where nothing was said. */
    public @Nullable String billingCurrency(@Nullable String tenant, Instant at) {
        Price billing = hasTerms ? billing(scopes(tenant).of(Kind.BILLING_CURRENCY), at) : null;
        return billing == null ? null : billing.currency();
    }

    /** Whether anything but public prices is held, so that the tenant matters. */
    public boolean hasTerms() {
        return hasTerms;
    }

    private Scopes scopes(@Nullable String tenant) {
        String name = tenant == null ? PriceScope.EVERY_TENANT : tenant;
        Scopes known = scopesByTenant.get(name);
        if (known == null) {
            Map<Kind, List<String>> byKind = new EnumMap<>(Kind.class);
            for (Kind kind : Kind.values()) {
                List<String> held = Stream.of(kind.of(name), kind.of(PriceScope.EVERY_TENANT))
                        .filter(scope -> kind.ofTenant() && linesByScope.containsKey(scope))
                        .distinct()
                        .toList();
                byKind.put(kind, held);
            }
            known = new Scopes(byKind);
            if (scopesByTenant.size() >= MAX_CACHED_MODELS) {
                scopesByTenant.clear();
            }
            scopesByTenant.put(name, known);
        }
        return known;
    }

    /** A withdrawn negotiated price is as good as none. */
    private PriceLookup.@Nullable Found negotiated(
            List<String> scopes, @Nullable String provider, String model, @Nullable String region, Instant at) {
        for (String scope : scopes) {
            if (lookup(scope, provider, model, region, at) instanceof PriceLookup.Found found) {
                return found;
            }
        }
        return null;
    }

    /** The tenant's own before that of every tenant; the model's before the provider's before that of every model. */
    private @Nullable Percentage percentage(
            List<String> scopes,
            String field,
            @Nullable String provider,
            String model,
            @Nullable String region,
            Instant at) {
        for (String scope : scopes) {
            Price price = lookup(scope, provider, model, region, at) instanceof PriceLookup.Found found
                    ? found.price()
                    : null;
            String family = Providers.family(provider);
            if (price == null && family != null) {
                price = holding(scope, family + PriceRules.EVERY_MODEL_OF, at);
            }
            if (price == null) {
                price = holding(scope, EVERY_MODEL, at);
            }
            BigDecimal percent =
                    price == null ? null : price.revision().getRates().get(field);
            if (price != null && percent != null) {
                return new Percentage(price.id(), Decimals.compact(percent));
            }
        }
        return null;
    }

    private @Nullable Price billing(List<String> scopes, Instant at) {
        for (String scope : scopes) {
            Price price = holding(scope, EVERY_MODEL, at);
            if (price != null) {
                return price;
            }
        }
        return null;
    }

    /**
     * How an amount comes from one currency into another at a moment; null if no rate is known. Where both directions are
     * quoted the one that holds for the shorter time is taken.
     */
    public @Nullable Conversion conversion(String from, String to, Instant at) {
        if (from.equals(to)) {
            return Conversion.NONE;
        }
        String scope = Kind.EXCHANGE_RATE.wireName();
        Price direct = holding(scope, (from + "/" + to).toLowerCase(Locale.ROOT), at);
        Price inverse = holding(scope, (to + "/" + from).toLowerCase(Locale.ROOT), at);
        if (direct != null && (inverse == null || !startsBefore(direct, inverse))) {
            return new Conversion(direct.id(), rate(direct), BigDecimal.ONE);
        }
        return inverse == null ? null : new Conversion(inverse.id(), BigDecimal.ONE, rate(inverse));
    }

    private static boolean startsBefore(Price one, Price other) {
        return one.revision().getEffectiveFrom().isBefore(other.revision().getEffectiveFrom());
    }

    private static BigDecimal rate(Price exchange) {
        BigDecimal rate = exchange.revision().getRates().get(Conversion.RATE);
        if (rate == null || rate.signum() <= 0) {
            throw new IllegalArgumentException("a revision that breaks PriceRules is in the book: " + exchange.id());
        }
        return Decimals.compact(rate);
    }

    /** What holds under a key at a moment; null if nothing does or it is withdrawn. */
    private @Nullable Price holding(String scope, String key, Instant at) {
        PriceLine line = linesByScope.getOrDefault(scope, Map.of()).get(key);
        Price price = line == null ? null : line.at(at);
        return price == null || price.withdrawn() ? null : price;
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
