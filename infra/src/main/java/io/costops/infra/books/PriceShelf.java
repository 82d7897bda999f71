package io.costops.infra.books;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Price revisions in the order of their time, to see which holds and which would change something. */
public final class PriceShelf {
    private final Map<Key, NavigableMap<Instant, PriceRevision>> byKey =
            new TreeMap<>(Comparator.comparing(Key::scope).thenComparing(Key::priceKey));

    private record Key(String scope, String priceKey) {
        /** Prices are looked up whatever the case of the key. */
        static Key of(PriceRevision revision) {
            return new Key(revision.getScope(), revision.getPriceKey().toLowerCase(Locale.ROOT));
        }
    }

    /** The name of what a revision is about, the same for all of its revisions. */
    static String name(PriceRevision revision) {
        Key key = Key.of(revision);
        return key.scope() + "/" + key.priceKey();
    }

    public static PriceShelf of(Collection<PriceRevision> revisions) {
        PriceShelf shelf = new PriceShelf();
        revisions.forEach(shelf::add);
        return shelf;
    }

    /** Of two with the same effective time the later recorded holds. */
    void add(PriceRevision revision) {
        byKey.computeIfAbsent(Key.of(revision), key -> new TreeMap<>())
                .merge(
                        revision.getEffectiveFrom(),
                        revision,
                        (first, second) -> second.getRecordedAt().isBefore(first.getRecordedAt()) ? first : second);
    }

    /** True if the very price holds at the moment from which the revision would, so that it would change nothing. */
    boolean holds(PriceRevision revision) {
        return at(byKey.getOrDefault(Key.of(revision), new TreeMap<>()), revision.getEffectiveFrom())
                .filter(standing -> samePrice(standing, revision))
                .isPresent();
    }

    /** True if another revision of the same time was recorded at the same moment or later, so that this one never holds. */
    boolean supersedes(PriceRevision revision) {
        PriceRevision standing =
                byKey.getOrDefault(Key.of(revision), new TreeMap<>()).get(revision.getEffectiveFrom());
        return standing != null
                && !samePrice(standing, revision)
                && !standing.getRecordedAt().isBefore(revision.getRecordedAt());
    }

    /** What holds at a moment, by scope and key; withdrawn prices too. */
    public List<PriceRevision> at(Instant moment) {
        return byKey.values().stream()
                .flatMap(revisions -> at(revisions, moment).stream())
                .toList();
    }

    /** Everything that holds at some time, by scope, key and time. */
    public List<PriceRevision> all() {
        return byKey.values().stream()
                .flatMap(revisions -> revisions.values().stream())
                .toList();
    }

    private static Optional<PriceRevision> at(NavigableMap<Instant, PriceRevision> revisions, Instant moment) {
        return Optional.ofNullable(revisions.floorEntry(moment)).map(Map.Entry::getValue);
    }

    /**
     * Everything but when it holds, when it became known and where it was taken from; and whether its units were checked,
     * as what is held passed that check.
     */
    private static boolean samePrice(PriceRevision one, PriceRevision other) {
        return one.getWithdrawn() == other.getWithdrawn()
                && Objects.equals(one.getProvider(), other.getProvider())
                && one.getCurrency().equals(other.getCurrency())
                && one.getAttributes().equals(other.getAttributes())
                && sameRates(one.getRates(), other.getRates())
                && sameTiers(one.getTiers(), other.getTiers());
    }

    private static boolean sameTiers(List<PriceTier> one, List<PriceTier> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (one.get(i).getAboveInputTokens() != other.get(i).getAboveInputTokens()
                    || !Objects.equals(
                            one.get(i).getUpToInputTokens(), other.get(i).getUpToInputTokens())
                    || !sameRates(one.get(i).getRates(), other.get(i).getRates())) {
                return false;
            }
        }
        return true;
    }

    /** The same numbers: 0.10 from a file is 0.1000... from the topic. */
    private static boolean sameRates(Map<String, BigDecimal> one, Map<String, BigDecimal> other) {
        return one.keySet().equals(other.keySet())
                && one.entrySet().stream().allMatch(rate -> {
                    BigDecimal otherRate = other.get(rate.getKey());
                    return otherRate != null && rate.getValue().compareTo(otherRate) == 0;
                });
    }
}
