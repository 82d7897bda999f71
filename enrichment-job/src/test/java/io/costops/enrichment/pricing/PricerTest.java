package io.costops.enrichment.pricing;

import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.KeyMatch;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricing.Free;
import io.costops.enrichment.pricing.Pricing.FreeReason;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.enrichment.pricing.Pricing.Refused;
import io.costops.enrichment.pricing.Pricing.Unpriced;
import io.costops.enrichment.pricing.Pricing.UnpricedReason;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("the pricer")
class PricerTest {
    private final Pricer pricer = new Pricer();
    private final PriceBook book = new PriceBook();

    @BeforeEach
    void fillBook() {
        book.add(price("m")
                .rate("input_cost_per_token", "0.000002")
                .rate("output_cost_per_token", "0.00001")
                .rate("input_cost_per_token_above_200k_tokens", "0.000004")
                .rate("search_context_cost_per_query.search_context_size_medium", "0.01")
                .rate("search_context_cost_per_query.search_context_size_high", "0.03")
                .rate("input_cost_per_second", "0.0001")
                .rate("regional_processing_uplift_multiplier_eu", "1.1")
                .rate("provider_specific_entry.us", "1.1")
                .rate("provider_specific_entry.fast", "2")
                .revision());
        book.add(price("gone")
                .from("2026-01-01T00:00:00Z")
                .rate("input_cost_per_token", "0")
                .revision());
        book.add(price("gone").from("2026-07-01T00:00:00Z").withdrawn().revision());
        book.add(price("later")
                .from("2026-09-01T00:00:00Z")
                .rate("input_cost_per_token", "0")
                .revision());
    }

    @Nested
    @DisplayName("of an event with a price")
    class PricedEvents {
        @Test
        void gives_a_line_for_each_meter_and_their_sum() {
            Priced priced = priced(usage().with(Meter.OUTPUT_TEXT, 30)
                    .with(Meter.UNCACHED_INPUT, 1_000)
                    .with(Meter.CACHE_READ, 0));

            assertThat(priced.lines())
                    .extracting(PricedLine::meter)
                    .containsExactly(Meter.UNCACHED_INPUT, Meter.OUTPUT_TEXT);
            assertThat(priced.lines())
                    .extracting(PricedLine::field)
                    .containsExactly("input_cost_per_token", "output_cost_per_token");
            assertThat(priced.lines().get(0).listCost()).isEqualByComparingTo("0.002");
            assertThat(priced.lines().get(1).listCost()).isEqualByComparingTo("0.0003");
            assertThat(priced.listCost()).isEqualByComparingTo("0.0023");
            assertThat(priced.priceKey()).isEqualTo("m");
            assertThat(priced.revisionId()).isEqualTo("list/m@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
            assertThat(priced.pricingCurrency()).isEqualTo("USD");
            assertThat(priced.billingCurrency()).isEqualTo("USD");
        }

        @Test
        void charges_the_public_price_where_nothing_was_negotiated() {
            Priced priced = priced(usage().with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(List.of(priced.contractedCost(), priced.billedCost(), priced.effectiveCost()))
                    .allSatisfy(cost -> assertThat(cost).isEqualTo(priced.listCost()));
            assertThat(priced.lines().get(0).contractedUnitPrice())
                    .isEqualTo(priced.lines().get(0).listUnitPrice());
        }

        @Test
        void leaves_a_meter_without_a_rate_out_of_the_cost_and_says_so() {
            Priced priced = priced(usage().with(Meter.UNCACHED_INPUT, 1_000).with(Meter.SEARCH_UNITS, 3));

            assertThat(priced.listCost()).isEqualByComparingTo("0.002");
            assertThat(priced.lines()).extracting(PricedLine::meter).containsExactly(Meter.UNCACHED_INPUT);
            assertThat(priced.unrated()).containsOnlyKeys(Meter.SEARCH_UNITS);
        }

        @Test
        @DisplayName("bills a search by the query only where the price says so")
        void bills_searches_by_query_where_the_price_says_so() {
            TestUsage searched = usage().with(Meter.WEB_SEARCH, 1).attribute(Pricer.WEB_SEARCH_QUERIES, "5");
            String fee = "search_context_cost_per_query.search_context_size_medium";
            PriceRevision byResponse = price("m").rate(fee, "0.014").revision();
            PriceRevision byQuery = price("m").rate(fee, "0.014").revision();
            byQuery.setAttributes(Map.of("web_search_billing_unit", "per_query"));

            assertThat(pricer.price(searched.event(), TestBooks.of(List.of(byResponse))))
                    .isInstanceOfSatisfying(
                            Priced.class, one -> assertThat(one.listCost()).isEqualByComparingTo("0.014"));
            assertThat(pricer.price(searched.event(), TestBooks.of(List.of(byQuery))))
                    .isInstanceOfSatisfying(Priced.class, five -> {
                        assertThat(five.listCost()).isEqualByComparingTo("0.07");
                        assertThat(five.lines().get(0).quantity()).isEqualByComparingTo("5");
                    });
        }

        @Test
        void costs_0_when_nothing_was_used() {
            Priced priced = priced(usage().with(Meter.UNCACHED_INPUT, 0));

            assertThat(priced.listCost()).isEqualByComparingTo("0");
            assertThat(priced.lines()).isEmpty();
        }

        @Test
        void multiplies_tokens_and_never_fees() {
            Priced priced = priced(usage().region("eu")
                    .attribute("search_context_size", "high")
                    .with(Meter.UNCACHED_INPUT, 1_000)
                    .with(Meter.WEB_SEARCH, 2)
                    .with(Meter.AUDIO_SECONDS, 10));

            assertThat(priced.lines())
                    .extracting(line -> line.listCost().stripTrailingZeros().toPlainString())
                    .containsExactly("0.0022", "0.06", "0.001");
        }

        @Test
        void stacks_geography_and_speed() {
            Priced priced = priced(usage().attribute("inference_geo", "us")
                    .attribute("speed", "fast")
                    .with(Meter.OUTPUT_TEXT, 100_000));

            assertThat(priced.listCost()).isEqualByComparingTo("2.2");
        }

        @Test
        void does_not_discount_fees_in_a_batch() {
            Priced priced = priced(
                    usage().tier("batch").with(Meter.UNCACHED_INPUT, 1_000).with(Meter.WEB_SEARCH, 1));

            assertThat(priced.listCost()).isEqualByComparingTo("0.011");
        }

        @Test
        void takes_fractions_of_seconds_exactly() {
            Priced priced = priced(usage().with(Meter.AUDIO_SECONDS, new BigDecimal("12.3456789")));

            assertThat(priced.listCost()).isEqualByComparingTo("0.00123456789");
        }

        @Test
        void takes_a_quantity_in_whatever_form_it_is_written() {
            UsageEvent event = usage().event();
            for (String quantity : List.of("1000", "1E+3", "1000.000", "1000.000000000000000000000000000000")) {
                event.setMeters(List.of(new MeterQuantity("uncached_input", new BigDecimal(quantity))));

                assertThat(pricer.price(event, book))
                        .isInstanceOfSatisfying(
                                Priced.class,
                                priced -> assertThat(priced.listCost()).isEqualByComparingTo("0.002"));
            }
        }

        @Test
        void says_how_the_cost_came_about() {
            Priced priced = priced(TestUsage.of("openai", "openai/M-2026-01-31")
                    .tier("priority")
                    .with(Meter.UNCACHED_INPUT, 150_000)
                    .with(Meter.CACHE_READ, 50_001));

            Derivation derivation = derivation(priced);
            assertThat(derivation.match().rule()).isEqualTo(KeyMatch.Rule.WITHOUT_DATE);
            assertThat(derivation.rates().bracket()).isEqualTo("above_200k_tokens");
            assertThat(derivation.rates().tier().wireName()).isEqualTo("priority");
            assertThat(derivation.totalInputTokens()).isEqualTo(200_001);
            assertThat(derivation.rate(Meter.CACHE_READ)).satisfies(rate -> {
                assertThat(rate).isNotNull();
                assertThat(rate.field()).isEqualTo("input_cost_per_token_above_200k_tokens");
                assertThat(rate.fallBack()).isTrue();
            });
        }
    }

    @Nested
    @DisplayName("of an event without a price")
    class UnpricedEvents {
        @Test
        void says_that_the_model_is_unknown() {
            assertThat(unpriced(TestUsage.of("openai", "m-turbo").with(Meter.UNCACHED_INPUT, 1)))
                    .isEqualTo(
                            new Unpriced(UnpricedReason.UNKNOWN_MODEL, "no price is known for openai m-turbo", null));
            assertThat(unpriced(TestUsage.of("openai", null)).reason()).isEqualTo(UnpricedReason.UNKNOWN_MODEL);
            assertThat(unpriced(TestUsage.of("azure", "m")).reason()).isEqualTo(UnpricedReason.UNKNOWN_MODEL);
        }

        @Test
        void says_from_when_a_price_holds_or_that_it_was_withdrawn() {
            assertThat(unpriced(TestUsage.of("openai", "later")).message()).contains("2026-09-01T00:00:00Z");
            assertThat(unpriced(TestUsage.of("openai", "gone")).reason()).isEqualTo(UnpricedReason.WITHDRAWN);
            assertThat(priced(TestUsage.of("openai", "gone").at("2026-06-30T23:59:59Z"))
                            .priceKey())
                    .isEqualTo("gone");
        }

        @Test
        void is_one_of_which_no_meter_has_a_rate() {
            Unpriced unpriced = unpriced(usage().with(Meter.SEARCH_UNITS, 1));

            assertThat(unpriced.reason()).isEqualTo(UnpricedReason.NO_RATE);
            assertThat(unpriced.priceKey()).isEqualTo("m");
        }
    }

    @Nested
    @DisplayName("of an event that costs nothing")
    class FreeEvents {
        @Test
        void says_why() {
            assertThat(pricer.price(usage().status(UsageStatus.NO_USAGE).event(), book))
                    .isEqualTo(new Free(FreeReason.NO_USAGE));
            assertThat(pricer.price(
                            usage().status(UsageStatus.GATEWAY_CACHE_HIT).event(), book))
                    .isEqualTo(new Free(FreeReason.GATEWAY_CACHE_HIT));
        }

        @Test
        void is_never_a_model_without_a_price() {
            assertThat(pricer.price(
                            TestUsage.of(null, null)
                                    .status(UsageStatus.NO_USAGE)
                                    .event(),
                            book))
                    .isEqualTo(new Free(FreeReason.NO_USAGE));
        }

        @Test
        void takes_a_tombstone_for_no_usage() {
            UsageEvent tombstone = usage().with(Meter.UNCACHED_INPUT, 5).event();
            tombstone.setDeleted(true);

            assertThat(pricer.price(tombstone, book)).isEqualTo(new Free(FreeReason.NO_USAGE));
        }
    }

    @Nested
    @DisplayName("of what the ledger can't hold")
    class RefusedEvents {
        @Test
        void refuses_a_cost_with_more_than_30_decimals() {
            book.add(price("fine")
                    .rate("input_cost_per_second", "0.00000000000000000001")
                    .revision());

            assertThat(pricer.price(
                            TestUsage.of("openai", "fine")
                                    .with(Meter.AUDIO_SECONDS, new BigDecimal("0.00000000001"))
                                    .event(),
                            book))
                    .isInstanceOfSatisfying(Refused.class, refused -> {
                        assertThat(refused.field()).isEqualTo("meters.audio_seconds");
                        assertThat(refused.message()).contains("list/fine@");
                    });
        }

        @Test
        void refuses_a_cost_of_10_to_the_30th() {
            book.add(price("dear").rate("input_cost_per_query", "1e25").revision());

            assertThat(pricer.price(
                            TestUsage.of("openai", "dear")
                                    .with(Meter.SEARCH_UNITS, 1_000_000)
                                    .event(),
                            book))
                    .isInstanceOf(Refused.class);
        }

        @Test
        void refuses_quantities_that_no_rule_lets_through() {
            assertThat(pricer.price(usage().with(Meter.UNCACHED_INPUT, -1).event(), book))
                    .isInstanceOf(Refused.class);
            assertThat(pricer.price(
                            usage().with(Meter.UNCACHED_INPUT, new BigDecimal("0.5"))
                                    .event(),
                            book))
                    .isInstanceOf(Refused.class);
            assertThat(pricer.price(
                            usage().with(Meter.UNCACHED_INPUT, 1)
                                    .with(Meter.UNCACHED_INPUT, 1)
                                    .event(),
                            book))
                    .isInstanceOf(Refused.class);
            assertThat(pricer.price(usage().status(UsageStatus.UNKNOWN).event(), book))
                    .isInstanceOf(Refused.class);
        }
    }

    private static TestUsage usage() {
        return TestUsage.of("openai", "m");
    }

    private Priced priced(TestUsage usage) {
        Pricing pricing = pricer.price(usage.event(), book);
        assertThat(pricing).isInstanceOf(Priced.class);
        return (Priced) pricing;
    }

    private Unpriced unpriced(TestUsage usage) {
        Pricing pricing = pricer.price(usage.event(), book);
        assertThat(pricing).isInstanceOf(Unpriced.class);
        return (Unpriced) pricing;
    }

    private static Derivation derivation(Priced priced) {
        return Objects.requireNonNull(priced.derivation());
    }
}
