package io.costops.enrichment.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceLookup;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.enrichment.pricing.Pricing.Unpriced;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Properties that hold for any usage of any model of the built-in map; each seed draws thousands of them. */
@DisplayName("for any usage")
class PricerPropertyTest {
    private static final int DRAWS = 3_000;
    private static final List<PriceRevision> PRICES = BuiltInPrices.map().revisions();
    private static final List<Meter> METERS = List.of(
            Meter.UNCACHED_INPUT,
            Meter.CACHE_READ,
            Meter.CACHE_WRITE_5M,
            Meter.CACHE_WRITE_1H,
            Meter.AUDIO_IN,
            Meter.CACHE_READ_AUDIO,
            Meter.IMAGE_IN,
            Meter.VIDEO_IN,
            Meter.OUTPUT_TEXT,
            Meter.REASONING,
            Meter.AUDIO_OUT,
            Meter.IMAGE_OUT,
            Meter.WEB_SEARCH);
    private static final List<String> TIERS = List.of("standard", "flex", "priority", "batch");

    /** Sizes around the brackets that price lists have. */
    private static final long[] SIZES = {
        0, 1, 999, 31_999, 32_001, 127_999, 128_001, 199_999, 200_001, 255_999, 272_001, 512_001, 1_000_001, 5_000_000
    };

    /** What providers hang onto a model's name, here any number of times. */
    private static final Pattern DECORATED = Pattern.compile("(?:.*/)?(?:(?:us-gov|us|eu|apac|jp|au|ca|global)\\.)*"
            + "(?<name>.+?)(?::\\d+k?|@.*|-001|-\\d{4}-\\d{2}-\\d{2}|-\\d{8})*");

    private final Pricer pricer = new Pricer();

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    @DisplayName("the cost is that of the rules written down plainly")
    void the_cost_is_that_of_the_plain_rules(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision price = pick(random, PRICES);
            String tier = pick(random, TIERS);
            Map<Meter, Long> quantities = quantities(random);
            long totalInput = totalInput(quantities);
            PlainPricer plain = new PlainPricer(price, tier, totalInput);
            BigDecimal expected = BigDecimal.ZERO;
            boolean known = quantities.isEmpty();
            for (Map.Entry<Meter, Long> quantity : quantities.entrySet()) {
                BigDecimal rate = plain.rate(quantity.getKey());
                known |= rate != null;
                if (rate != null) {
                    expected = expected.add(rate.multiply(BigDecimal.valueOf(quantity.getValue())));
                }
            }
            PriceBook only = TestBooks.of(List.of(price));

            Pricing pricing = pricer.price(usage(price, tier, quantities).event(), only);

            if (known) {
                assertThat(pricing).isInstanceOf(Priced.class);
                assertThat(((Priced) pricing).listCost())
                        .as("%s %s %s", price.getPriceKey(), tier, quantities)
                        .isEqualByComparingTo(expected);
            } else {
                assertThat(pricing).isInstanceOf(Unpriced.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22})
    @DisplayName("the cost is the sum of its lines, one for each meter used, and no token is in two")
    void the_cost_is_the_sum_of_its_lines(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            Map<Meter, Long> quantities = quantities(random);
            if (pricer.price(
                            usage(pick(random, PRICES), pick(random, TIERS), quantities)
                                    .event(),
                            TestBooks.MAP)
                    instanceof Priced priced) {
                assertThat(priced.lines()).noneMatch(line -> priced.unrated().containsKey(line.meter()));
                assertThat(priced.lines().size() + priced.unrated().size()).isEqualTo(quantities.size());
                assertThat(priced.lines()).allSatisfy(line -> {
                    assertThat(line.quantity())
                            .isEqualByComparingTo(BigDecimal.valueOf(quantities.getOrDefault(line.meter(), 0L)));
                    assertThat(line.listCost())
                            .isEqualByComparingTo(line.listUnitPrice().multiply(line.quantity()));
                });
                assertThat(priced.listCost())
                        .isEqualByComparingTo(priced.lines().stream()
                                .map(PricedLine::listCost)
                                .reduce(BigDecimal.ZERO, BigDecimal::add));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32})
    @DisplayName("the cost is linear in the units where the size of the request changes no rate")
    void the_cost_is_linear_below_a_threshold(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision price = pick(random, PRICES);
            String tier = pick(random, TIERS);
            Map<Meter, Long> one = small(random);
            Map<Meter, Long> other = small(random);
            Map<Meter, Long> both = new EnumMap<>(one);
            other.forEach((meter, quantity) -> both.merge(meter, quantity, Long::sum));
            PriceBook only = TestBooks.of(List.of(price));

            if (pricer.price(usage(price, tier, one).event(), only) instanceof Priced costOfOne
                    && pricer.price(usage(price, tier, other).event(), only) instanceof Priced costOfOther) {
                Pricing costOfBoth = pricer.price(usage(price, tier, both).event(), only);

                assertThat(costOfBoth).isInstanceOf(Priced.class);
                assertThat(((Priced) costOfBoth).listCost())
                        .isEqualByComparingTo(costOfOne.listCost().add(costOfOther.listCost()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42})
    @DisplayName("the order in which meters and prices came changes nothing")
    void order_changes_nothing(long seed) {
        Random random = new Random(seed);
        List<PriceRevision> shuffled = new ArrayList<>(PRICES);
        shuffled.addAll(BuiltInPrices.history().revisions());
        Collections.shuffle(shuffled, random);
        PriceBook book = TestBooks.of(shuffled);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision price = pick(random, shuffled);
            Map<Meter, Long> quantities = quantities(random);
            TestUsage usage = usage(price, "standard", quantities);
            TestUsage reversed = TestUsage.of(price.getProvider(), price.getPriceKey());
            List<Meter> meters = new ArrayList<>(quantities.keySet());
            Collections.reverse(meters);
            meters.forEach(meter -> reversed.with(meter, quantities.getOrDefault(meter, 0L)));

            assertThat(outcome(pricer.price(reversed.event(), book)))
                    .isEqualTo(outcome(pricer.price(usage.event(), TestBooks.MERGED)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {51, 52, 53, 54})
    @DisplayName("a model is priced by its own key or by none")
    void the_price_key_never_crosses_to_another_model(long seed) {
        Random random = new Random(seed);
        List<String> changes = List.of(
                "%s",
                "%s-mini",
                "%s-turbo",
                "%s-20250101",
                "%s-2025-01-01",
                "%s-001",
                "%s@20250101",
                "%s:0",
                "%s:28k",
                "us.%s",
                "ft:%s:acme::x",
                "%sx",
                "%s2",
                "models/%s",
                "openai/%s",
                "bedrock/%s");
        for (int i = 0; i < DRAWS * 5; i++) {
            PriceRevision price = pick(random, PRICES);
            String name = price.getPriceKey().substring(price.getPriceKey().lastIndexOf('/') + 1);
            String model = pick(random, changes).formatted(random.nextBoolean() ? name : price.getPriceKey());
            PriceLookup lookup = TestBooks.MAP.lookup(
                    PriceBook.LIST,
                    random.nextInt(5) == 0 ? null : price.getProvider(),
                    model,
                    random.nextInt(3) == 0 ? "us-east-1" : null,
                    TestUsage.NOON);
            if (lookup instanceof PriceLookup.Found found) {
                assertThat(isTheSameModel(model, found.price().key()))
                        .as("%s priced by %s", model, found.price().key())
                        .isTrue();
            }
        }
    }

    private static boolean isTheSameModel(String model, String key) {
        String name = model.toLowerCase(Locale.ROOT).replaceFirst("(ft:[^:]+):.*", "$1");
        String found = key.toLowerCase(Locale.ROOT);
        Matcher decorated = DECORATED.matcher(name);
        Matcher plain = DECORATED.matcher(found);
        return decorated.matches() && plain.matches() && decorated.group("name").equals(plain.group("name"));
    }

    private static TestUsage usage(PriceRevision price, String tier, Map<Meter, Long> quantities) {
        TestUsage usage = TestUsage.of(price.getProvider(), price.getPriceKey()).tier(tier);
        quantities.forEach(usage::with);
        return usage;
    }

    private static Map<Meter, Long> quantities(Random random) {
        Map<Meter, Long> quantities = new EnumMap<>(Meter.class);
        for (int i = random.nextInt(5); i >= 0; i--) {
            quantities.put(pick(random, METERS), 1 + SIZES[random.nextInt(SIZES.length)]);
        }
        return quantities;
    }

    /** Together below every bracket of the map. */
    private static Map<Meter, Long> small(Random random) {
        Map<Meter, Long> quantities = new EnumMap<>(Meter.class);
        for (int i = random.nextInt(4); i >= 0; i--) {
            quantities.put(pick(random, METERS), 1L + random.nextInt(4_000));
        }
        return quantities;
    }

    private static long totalInput(Map<Meter, Long> quantities) {
        return quantities.entrySet().stream()
                .filter(quantity -> quantity.getKey().direction() == Meter.Direction.INPUT)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static String outcome(Pricing pricing) {
        return pricing instanceof Priced priced
                ? priced.revisionId() + " " + priced.listCost().stripTrailingZeros()
                : pricing.toString();
    }

    private static <T> T pick(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
