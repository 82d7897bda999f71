package io.costops.enrichment.pricing;

import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.TestPrices;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Properties of what tenants pay, for any usage of any model of the built-in map. */
@DisplayName("for any usage of a tenant")
class TenantTermsPropertyTest {
    private static final int DRAWS = 2_000;
    private static final String TENANT = "acme";
    private static final List<PriceRevision> PRICES = BuiltInPrices.map().revisions();
    private static final List<String> TIERS = List.of("standard", "flex", "priority", "batch");
    private static final List<Meter> METERS = List.of(
            Meter.UNCACHED_INPUT,
            Meter.CACHE_READ,
            Meter.CACHE_WRITE_1H,
            Meter.AUDIO_IN,
            Meter.OUTPUT_TEXT,
            Meter.REASONING,
            Meter.WEB_SEARCH);

    /** Half of the last digit that the ledger holds: what one rounding may change. */
    private static final BigDecimal HALF_OF_THE_LAST_DIGIT = new BigDecimal("5e-31");

    private final Pricer pricer = new Pricer();

    @ParameterizedTest
    @ValueSource(longs = {61, 62})
    @DisplayName("percentages of 0, negotiated rates that are the list's and exchange at 1 change nothing")
    void terms_that_say_nothing_new_change_nothing(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision list = pick(random, PRICES);
            TestUsage usage = usage(random, list);
            List<PriceRevision> terms = new ArrayList<>(List.of(list));
            if (random.nextBoolean()) {
                PriceRevision same = PriceRevision.newBuilder(list)
                        .setScope("tenant:" + TENANT)
                        .build();
                terms.add(same);
            }
            if (random.nextBoolean()) {
                terms.add(percent("discount:*", "discount_percent", "0"));
            }
            if (random.nextBoolean()) {
                terms.add(percent("markup:" + TENANT, "markup_percent", "0.0"));
            }
            boolean exchanged = random.nextBoolean();
            if (exchanged) {
                terms.addAll(billedAt(random.nextBoolean() ? "USD/EUR" : "EUR/USD", "1.00"));
            }

            Pricing plain = pricer.price(usage.event(), TestBooks.of(List.of(list)));
            Pricing withTerms = pricer.price(usage.event(), TestBooks.of(terms));

            if (plain instanceof Priced expected) {
                Priced actual = (Priced) withTerms;
                assertThat(actual.listCost()).isEqualByComparingTo(expected.listCost());
                assertThat(actual.contractedCost()).isEqualByComparingTo(expected.contractedCost());
                assertThat(actual.billedCost()).isEqualByComparingTo(expected.billedCost());
                assertThat(actual.effectiveCost()).isEqualByComparingTo(expected.effectiveCost());
                assertThat(actual.billingCurrency()).isEqualTo(exchanged ? "EUR" : "USD");
            } else {
                assertThat(withTerms).hasSameClassAs(plain);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {71, 72})
    @DisplayName("a percentage is exact where it has an end, and every total is the sum of its lines")
    void percentages_are_exact(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision list = pick(random, PRICES);
            BigDecimal discount = BigDecimal.valueOf(random.nextInt(10_001), 2);
            BigDecimal markup = BigDecimal.valueOf(random.nextInt(20_001), 2);
            PriceBook book = TestBooks.of(List.of(
                    list,
                    percent("discount:*", "discount_percent", discount.toPlainString()),
                    percent("markup:*", "markup_percent", markup.toPlainString())));

            if (pricer.price(usage(random, list).event(), book) instanceof Priced priced) {
                BigDecimal contracted = priced.listCost().multiply(BigDecimal.ONE.subtract(discount.movePointLeft(2)));
                // No rate of the map has more than 26 decimals, so that four more have room.
                assertThat(priced.contractedCost()).isEqualByComparingTo(contracted);
                BigDecimal billed = contracted.multiply(BigDecimal.ONE.add(markup.movePointLeft(2)));
                assertThat(priced.billedCost().subtract(billed).abs())
                        .isLessThanOrEqualTo(HALF_OF_THE_LAST_DIGIT.multiply(
                                BigDecimal.valueOf(priced.lines().size())));
                addsUp(priced);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {81, 82})
    @DisplayName(
            "an exchange rate changes no line by more than half of the last digit, and every total is the sum of its lines")
    void an_exchange_rounds_once(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision list = pick(random, PRICES);
            BigDecimal rate = BigDecimal.valueOf(1 + random.nextInt(3_000_000), 4);
            boolean direct = random.nextBoolean();
            List<PriceRevision> revisions = new ArrayList<>(List.of(list));
            revisions.addAll(billedAt(direct ? "USD/EUR" : "EUR/USD", rate.toPlainString()));

            if (pricer.price(usage(random, list).event(), TestBooks.of(revisions)) instanceof Priced priced) {
                assertThat(priced.contractedCost()).isEqualByComparingTo(priced.listCost());
                for (PricedLine line : priced.lines()) {
                    // billed x rate = contracted, or billed = contracted x rate, but for one rounding
                    BigDecimal error = direct
                            ? line.billedCost().subtract(line.contractedCost().multiply(rate))
                            : line.billedCost().multiply(rate).subtract(line.contractedCost());
                    assertThat(error.abs())
                            .isLessThanOrEqualTo(
                                    direct ? HALF_OF_THE_LAST_DIGIT : HALF_OF_THE_LAST_DIGIT.multiply(rate));
                }
                addsUp(priced);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {91, 92})
    @DisplayName("what is contracted is linear in the units where the size of the request changes no rate")
    void the_contracted_cost_is_linear(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < DRAWS; i++) {
            PriceRevision list = pick(random, PRICES);
            String tier = pick(random, TIERS);
            PriceBook book = TestBooks.of(List.of(
                    list,
                    TestPrices.price(list.getPriceKey())
                            .scope("tenant:" + TENANT)
                            .provider(list.getProvider())
                            .rate("output_cost_per_token", "0.000" + (1 + random.nextInt(900_000)))
                            .revision(),
                    percent("discount:*", "discount_percent", Integer.toString(random.nextInt(101)))));
            Map<Meter, Long> one = quantities(random, 4_000);
            Map<Meter, Long> other = quantities(random, 4_000);
            Map<Meter, Long> both = new EnumMap<>(one);
            other.forEach((meter, quantity) -> both.merge(meter, quantity, Long::sum));

            if (pricer.price(usage(list, tier, one).event(), book) instanceof Priced costOfOne
                    && pricer.price(usage(list, tier, other).event(), book) instanceof Priced costOfOther) {
                Priced costOfBoth =
                        (Priced) pricer.price(usage(list, tier, both).event(), book);
                assertThat(costOfBoth.contractedCost())
                        .isEqualByComparingTo(costOfOne.contractedCost().add(costOfOther.contractedCost()));
            }
        }
    }

    private static void addsUp(Priced priced) {
        assertThat(priced.listCost()).isEqualByComparingTo(sum(priced, PricedLine::listCost));
        assertThat(priced.contractedCost()).isEqualByComparingTo(sum(priced, PricedLine::contractedCost));
        assertThat(priced.billedCost()).isEqualByComparingTo(sum(priced, PricedLine::billedCost));
        assertThat(priced.effectiveCost()).isEqualByComparingTo(sum(priced, PricedLine::effectiveCost));
        assertThat(priced.lines()).allSatisfy(line -> {
            assertThat(line.quantity()).isPositive();
            assertThat(line.billedCost()).isNotNegative();
            assertThat(line.contractedCost())
                    .isEqualByComparingTo(line.contractedUnitPrice().multiply(line.quantity()));
        });
    }

    private static BigDecimal sum(Priced priced, Function<PricedLine, BigDecimal> cost) {
        return priced.lines().stream().map(cost).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static PriceRevision percent(String scope, String field, String percent) {
        return price("*").provider(null).scope(scope).rate(field, percent).revision();
    }

    private static List<PriceRevision> billedAt(String pair, String rate) {
        return List.of(
                price("*")
                        .provider(null)
                        .scope("billing_currency:" + TENANT)
                        .currency("EUR")
                        .revision(),
                price(pair)
                        .provider(null)
                        .scope("exchange_rate")
                        .currency(pair.substring(4))
                        .rate("rate", rate)
                        .revision());
    }

    private static TestUsage usage(Random random, PriceRevision price) {
        return usage(price, pick(random, TIERS), quantities(random, random.nextBoolean() ? 4_000 : 400_000));
    }

    private static TestUsage usage(PriceRevision price, String tier, Map<Meter, Long> quantities) {
        TestUsage usage = TestUsage.of(price.getProvider(), price.getPriceKey())
                .tenant(TENANT)
                .tier(tier);
        quantities.forEach(usage::with);
        return usage;
    }

    private static Map<Meter, Long> quantities(Random random, int below) {
        Map<Meter, Long> quantities = new EnumMap<>(Meter.class);
        for (int i = random.nextInt(4); i >= 0; i--) {
            quantities.put(pick(random, METERS), 1L + random.nextInt(below));
        }
        return quantities;
    }

    private static <T> T pick(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
