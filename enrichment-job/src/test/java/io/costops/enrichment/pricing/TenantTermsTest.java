package io.costops.enrichment.pricing;

import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceRules;
import io.costops.enrichment.pricebook.TestPrices;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.enrichment.pricing.Pricing.Unpriced;
import io.costops.enrichment.pricing.Pricing.UnpricedReason;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("what a tenant pays")
class TenantTermsTest {
    private static final String LIST_M = "list/m@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z";

    private final Pricer pricer = new Pricer();
    private final PriceBook book = new PriceBook();

    @BeforeEach
    void publishPrices() {
        add(price("m")
                .rate("input_cost_per_token", "0.000002")
                .rate("input_cost_per_token_above_200k_tokens", "0.000004")
                .rate("cache_read_input_token_cost", "0.000001")
                .rate("output_cost_per_token", "0.00001"));
    }

    @Nested
    @DisplayName("with negotiated rates")
    class Negotiated {
        @Test
        void is_its_own_rate_beside_the_public_one() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));

            Priced priced = priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(priced.listCost()).isEqualByComparingTo("0.002");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.0015");
            assertThat(priced.billedCost()).isEqualByComparingTo("0.0015");
            assertThat(priced.effectiveCost()).isEqualByComparingTo("0.0015");
            assertThat(priced.lines()).singleElement().satisfies(line -> {
                assertThat(line.listUnitPrice()).isEqualByComparingTo("0.000002");
                assertThat(line.contractedUnitPrice()).isEqualByComparingTo("0.0000015");
            });
            assertThat(priced.priceKey()).isEqualTo("m");
            assertThat(priced.revisionId())
                    .isEqualTo(LIST_M + ",tenant:acme/m@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
        }

        @Test
        void is_the_public_rate_where_none_was_negotiated() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));

            Priced priced = priced(usage("acme")
                    .with(Meter.UNCACHED_INPUT, 1_000)
                    .with(Meter.CACHE_READ, 1_000)
                    .with(Meter.OUTPUT_TEXT, 100));

            // 0.0015 negotiated, 0.001 and 0.001 by the list
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.0035");
            assertThat(priced.listCost()).isEqualByComparingTo("0.004");
        }

        @Test
        void falls_back_on_its_own_rate_where_the_list_falls_back_too() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));

            // The list has no rate for images: they cost what input costs, here and there.
            Priced priced = priced(usage("acme").with(Meter.IMAGE_IN, 1_000));

            assertThat(priced.listCost()).isEqualByComparingTo("0.002");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.0015");
        }

        @Test
        void is_the_lists_long_context_rate_unless_that_was_negotiated_too() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));
            add(negotiated("tenant:globex")
                    .rate("input_cost_per_token", "0.0000015")
                    .rate("input_cost_per_token_above_200k_tokens", "0.000003"));

            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 200_001)).contractedCost())
                    .isEqualByComparingTo("0.800004");
            assertThat(priced(usage("globex").with(Meter.UNCACHED_INPUT, 200_001))
                            .contractedCost())
                    .isEqualByComparingTo("0.600003");
        }

        @Test
        void holds_in_every_tier_of_a_list_with_tiers() {
            add(price("tiered")
                    .tier(0, 1_000L, Map.of("input_cost_per_token", "0.000001", "output_cost_per_token", "0.000002"))
                    .tier(
                            1_000,
                            null,
                            Map.of("input_cost_per_token", "0.000003", "output_cost_per_token", "0.000006")));
            add(price("tiered").scope("tenant:acme").rate("input_cost_per_token", "0.0000005"));

            Priced priced = priced(TestUsage.of("openai", "tiered")
                    .tenant("acme")
                    .with(Meter.UNCACHED_INPUT, 2_000)
                    .with(Meter.OUTPUT_TEXT, 1_000));

            assertThat(priced.listCost()).isEqualByComparingTo("0.012");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.007");
        }

        @Test
        void is_no_other_tenants() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));

            assertThat(priced(usage("globex").with(Meter.UNCACHED_INPUT, 1_000)).contractedCost())
                    .isEqualByComparingTo("0.002");
            assertThat(priced(usage(null).with(Meter.UNCACHED_INPUT, 1_000)).contractedCost())
                    .isEqualByComparingTo("0.002");
        }

        @Test
        void may_hold_for_every_tenant_and_a_tenants_own_comes_first() {
            add(negotiated("tenant:*").rate("input_cost_per_token", "0.0000018"));
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));

            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)).contractedCost())
                    .isEqualByComparingTo("0.0015");
            assertThat(priced(usage("globex").with(Meter.UNCACHED_INPUT, 1_000)).contractedCost())
                    .isEqualByComparingTo("0.0018");
            assertThat(priced(usage(null).with(Meter.UNCACHED_INPUT, 1_000)).contractedCost())
                    .isEqualByComparingTo("0.0018");
        }

        @Test
        void holds_from_its_time_until_it_is_withdrawn() {
            add(negotiated("tenant:acme").from("2026-03-01T00:00:00Z").rate("input_cost_per_token", "0.0000015"));
            add(negotiated("tenant:acme").from("2026-06-01T00:00:00Z").withdrawn());

            assertThat(contractedAt("2026-02-28T23:59:59Z")).isEqualByComparingTo("0.002");
            assertThat(contractedAt("2026-03-01T00:00:00Z")).isEqualByComparingTo("0.0015");
            assertThat(contractedAt("2026-06-01T00:00:00Z")).isEqualByComparingTo("0.002");
        }

        @Test
        void is_the_list_cost_too_where_nobody_else_can_buy_the_model() {
            add(price("private-model").scope("tenant:acme").rate("input_cost_per_token", "0.000003"));

            Priced priced = priced(
                    TestUsage.of("openai", "private-model").tenant("acme").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(priced.listCost()).isEqualByComparingTo("0.003");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.003");
            assertThat(priced.revisionId())
                    .isEqualTo("tenant:acme/private-model@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
            assertThat(pricer.price(
                            TestUsage.of("openai", "private-model")
                                    .tenant("globex")
                                    .with(Meter.UNCACHED_INPUT, 1_000)
                                    .event(),
                            book))
                    .isInstanceOf(Unpriced.class);
        }

        @Test
        void goes_by_whom_the_event_is_charged_to_not_whom_it_named() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));

            Pricing pricing = pricer.price(
                    usage("globex").with(Meter.UNCACHED_INPUT, 1_000).event(), "acme", book);

            assertThat(((Priced) pricing).contractedCost()).isEqualByComparingTo("0.0015");
        }

        private BigDecimal contractedAt(String time) {
            return priced(usage("acme").at(time).with(Meter.UNCACHED_INPUT, 1_000))
                    .contractedCost();
        }
    }

    @Nested
    @DisplayName("with a percentage")
    class Percentages {
        @Test
        void a_discount_is_off_what_is_contracted() {
            add(percent("discount:acme", "*", "discount_percent", "15"));

            Priced priced = priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(priced.listCost()).isEqualByComparingTo("0.002");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.0017");
            assertThat(priced.billedCost()).isEqualByComparingTo("0.0017");
            assertThat(priced.revisionId())
                    .isEqualTo(LIST_M + ",discount:acme/*@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
        }

        @Test
        void a_mark_up_is_on_what_is_billed() {
            add(percent("markup:acme", "*", "markup_percent", "5"));

            Priced priced = priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(priced.listCost()).isEqualByComparingTo("0.002");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.002");
            assertThat(priced.billedCost()).isEqualByComparingTo("0.0021");
            assertThat(priced.effectiveCost()).isEqualByComparingTo("0.0021");
            assertThat(priced.lines())
                    .singleElement()
                    .satisfies(line -> assertThat(line.billedCost()).isEqualByComparingTo("0.0021"));
        }

        @Test
        void a_discount_is_not_off_a_negotiated_rate() {
            add(negotiated("tenant:acme").rate("input_cost_per_token", "0.0000015"));
            add(percent("discount:acme", "*", "discount_percent", "50"));

            Priced priced =
                    priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000).with(Meter.OUTPUT_TEXT, 100));

            // 0.0015 as negotiated, half of 0.001
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.002");
        }

        @Test
        void the_models_comes_before_the_providers_and_the_tenants_own_before_everybodys() {
            add(percent("discount:*", "*", "discount_percent", "1"));
            add(percent("discount:acme", "*", "discount_percent", "10"));
            add(percent("discount:acme", "openai/*", "discount_percent", "20"));
            add(percent("discount:acme", "m", "discount_percent", "30"));
            add(price("other").rate("input_cost_per_token", "0.000002"));
            add(price("claude").provider("anthropic").rate("input_cost_per_token", "0.000002"));

            assertThat(contracted("openai", "m", "acme")).isEqualByComparingTo("0.0014");
            assertThat(contracted("openai", "m-2026-05-01", "acme")).isEqualByComparingTo("0.0014");
            assertThat(contracted("openai", "other", "acme")).isEqualByComparingTo("0.0016");
            assertThat(contracted("anthropic", "claude", "acme")).isEqualByComparingTo("0.0018");
            assertThat(contracted("openai", "m", "globex")).isEqualByComparingTo("0.00198");
        }

        @Test
        void a_discount_of_everything_costs_nothing() {
            add(percent("discount:acme", "*", "discount_percent", "100"));

            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)).contractedCost())
                    .isEqualByComparingTo("0");
        }

        @Test
        void what_a_percentage_leaves_without_end_is_rounded_once_to_the_even_last_digit() {
            add(price("fine").rate("input_cost_per_token", "0.00000000000000000000000001"));
            // 1e-26 x 0.876543 has 32 decimals: ...876543 becomes ...8765
            add(percent("discount:acme", "*", "discount_percent", "12.3457"));

            Priced priced = priced(TestUsage.of("openai", "fine").tenant("acme").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(priced.lines().get(0).contractedUnitPrice())
                    .isEqualByComparingTo("0.000000000000000000000000008765");
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.000000000000000000000008765");
            assertThat(priced.listCost()).isEqualByComparingTo("0.00000000000000000000001");
        }

        private BigDecimal contracted(String provider, String model, String tenant) {
            return priced(TestUsage.of(provider, model).tenant(tenant).with(Meter.UNCACHED_INPUT, 1_000))
                    .contractedCost();
        }
    }

    @Nested
    @DisplayName("in a currency of its own")
    class Currencies {
        @Test
        void is_converted_by_the_rate_that_holds_at_the_time_of_the_usage() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("USD/EUR", "0.92").from("2026-01-01T00:00:00Z"));
            add(exchange("USD/EUR", "0.9").from("2026-08-01T00:00:00Z"));

            Priced july = priced(usage("acme").at("2026-07-31T23:59:59Z").with(Meter.UNCACHED_INPUT, 1_000));
            Priced august = priced(usage("acme").at("2026-08-01T00:00:00Z").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(july.listCost()).isEqualByComparingTo("0.002");
            assertThat(july.contractedCost()).isEqualByComparingTo("0.002");
            assertThat(july.pricingCurrency()).isEqualTo("USD");
            assertThat(july.billedCost()).isEqualByComparingTo("0.00184");
            assertThat(july.billingCurrency()).isEqualTo("EUR");
            assertThat(july.exchangeRateId())
                    .isEqualTo("exchange_rate/USD/EUR@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
            assertThat(august.billedCost()).isEqualByComparingTo("0.0018");
        }

        @Test
        void a_later_recorded_rate_of_the_same_day_corrects_it() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("USD/EUR", "0.92"));
            add(exchange("USD/EUR", "0.93").recorded("2026-01-05T00:00:00Z"));

            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)).billedCost())
                    .isEqualByComparingTo("0.00186");
        }

        @Test
        void is_divided_by_the_opposite_rate_where_only_that_is_quoted() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("EUR/USD", "1.25"));

            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)).billedCost())
                    .isEqualByComparingTo("0.0016");
        }

        @Test
        void the_newer_of_both_directions_decides() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("USD/EUR", "0.5").from("2026-01-01T00:00:00Z"));
            add(exchange("EUR/USD", "1.25").from("2026-02-01T00:00:00Z"));

            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)).billedCost())
                    .isEqualByComparingTo("0.0016");
        }

        @Test
        void is_unpriced_with_the_reason_where_no_rate_is_known_and_never_a_wrong_figure() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("USD/EUR", "0.9").from("2026-09-01T00:00:00Z"));

            Pricing pricing =
                    pricer.price(usage("acme").with(Meter.UNCACHED_INPUT, 1_000).event(), book);

            assertThat(pricing).isInstanceOfSatisfying(Unpriced.class, unpriced -> {
                assertThat(unpriced.reason()).isEqualTo(UnpricedReason.NO_EXCHANGE_RATE);
                assertThat(unpriced.message())
                        .isEqualTo("no exchange rate between USD and EUR holds at 2026-08-01T12:00:00Z: put USD/EUR");
                assertThat(unpriced.priceKey()).isEqualTo("m");
            });
        }

        @Test
        void what_has_no_cost_stands_in_it_too() {
            add(billed("billing_currency:acme", "EUR").from("2026-06-01T00:00:00Z"));

            assertThat(billingCurrency(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)))
                    .as("a price, but no exchange rate")
                    .isEqualTo("EUR");
            assertThat(billingCurrency(
                            TestUsage.of("openai", "unknown").tenant("acme").with(Meter.UNCACHED_INPUT, 1)))
                    .as("no price")
                    .isEqualTo("EUR");
            assertThat(billingCurrency(usage("acme").status(UsageStatus.NO_USAGE)))
                    .isEqualTo("EUR");
            assertThat(billingCurrency(usage("acme").status(UsageStatus.GATEWAY_CACHE_HIT)))
                    .isEqualTo("EUR");
            assertThat(billingCurrency(usage("acme").at("2026-05-31T23:59:59Z").status(UsageStatus.NO_USAGE)))
                    .as("before the contract")
                    .isEqualTo("USD");
            assertThat(billingCurrency(usage("globex").status(UsageStatus.NO_USAGE)))
                    .as("another tenant")
                    .isEqualTo("USD");
        }

        @Test
        void a_contract_in_another_currency_that_lacks_an_exchange_rate_is_unpriced_in_it() {
            add(negotiated("tenant:acme").currency("EUR").rate("input_cost_per_token", "0.000001"));

            assertThat(billingCurrency(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)))
                    .isEqualTo("EUR");
        }

        private String billingCurrency(TestUsage usage) {
            Pricing pricing = pricer.price(usage.event(), book);
            return pricing instanceof Unpriced unpriced
                    ? unpriced.billingCurrency()
                    : ((Pricing.Free) pricing).billingCurrency();
        }

        @Test
        void a_negotiated_price_in_another_currency_is_kept_and_the_public_one_converted() {
            add(negotiated("tenant:acme").currency("EUR").rate("input_cost_per_token", "0.000001"));
            add(exchange("EUR/USD", "1.25"));

            Priced priced =
                    priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000).with(Meter.OUTPUT_TEXT, 100));

            assertThat(priced.pricingCurrency()).isEqualTo("EUR");
            assertThat(priced.billingCurrency()).isEqualTo("EUR");
            // input 0.001 as negotiated; output 0.001 USD / 1.25
            assertThat(priced.contractedCost()).isEqualByComparingTo("0.0018");
            // (0.002 + 0.001) USD / 1.25
            assertThat(priced.listCost()).isEqualByComparingTo("0.0024");
        }

        @Test
        void a_list_price_in_another_currency_is_billed_in_it_unless_the_tenant_has_one() {
            add(price("qwen").provider("dashscope").currency("CNY").rate("input_cost_per_token", "0.00001"));

            Priced priced =
                    priced(TestUsage.of("dashscope", "qwen").tenant("acme").with(Meter.UNCACHED_INPUT, 1_000));

            assertThat(priced.pricingCurrency()).isEqualTo("CNY");
            assertThat(priced.billingCurrency()).isEqualTo("CNY");
            assertThat(priced.billedCost()).isEqualByComparingTo("0.01");
        }

        @Test
        void markup_and_exchange_are_one_step_rounded_once() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("EUR/USD", "3"));
            add(percent("markup:acme", "*", "markup_percent", "50"));

            // 0.002 x 1.5 / 3, which has an end although 0.002 / 3 has none
            assertThat(priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_000)).billedCost())
                    .isEqualByComparingTo("0.001");
        }

        @Test
        void the_lines_add_up_to_what_is_billed() {
            add(billed("billing_currency:acme", "EUR"));
            add(exchange("EUR/USD", "1.0837"));

            Priced priced =
                    priced(usage("acme").with(Meter.UNCACHED_INPUT, 1_001).with(Meter.OUTPUT_TEXT, 77));

            assertThat(priced.billedCost())
                    .isEqualByComparingTo(priced.lines().stream()
                            .map(PricedLine::billedCost)
                            .reduce(BigDecimal.ZERO, BigDecimal::add));
            assertThat(priced.lines())
                    .allSatisfy(line -> assertThat(line.billedCost().scale()).isLessThanOrEqualTo(30));
        }
    }

    @Nested
    @DisplayName("for a model that is run by oneself")
    class SelfHosted {
        @Test
        void is_the_gpus_time() {
            add(price("selfhosted/llama")
                    .provider("selfhosted")
                    .rate("gpu_cost_per_second", "0.0007")
                    .rate("input_cost_per_token", "0")
                    .rate("output_cost_per_token", "0"));

            Priced priced = priced(TestUsage.of("selfhosted", "llama")
                    .with(Meter.UNCACHED_INPUT, 1_000)
                    .with(Meter.OUTPUT_TEXT, 50)
                    .with(Meter.GPU_SECONDS, new BigDecimal("2.5")));

            assertThat(priced.listCost()).isEqualByComparingTo("0.00175");
            assertThat(priced.unrated()).isEmpty();
        }

        @Test
        void a_rate_that_is_one_of_an_hour_is_a_unit_error() {
            PriceRevision hourly = price("llama")
                    .provider("selfhosted")
                    .rate("gpu_cost_per_second", "2.5")
                    .revision();

            assertThat(PriceRules.violation(hourly)).hasValueSatisfying(violation -> {
                assertThat(violation.field()).isEqualTo("rates.gpu_cost_per_second");
                assertThat(violation.message()).contains("3,600");
            });
        }
    }

    private static TestPrices negotiated(String scope) {
        return price("m").scope(scope);
    }

    private static TestPrices percent(String scope, String key, String field, String percent) {
        return price(key).provider(null).scope(scope).rate(field, percent);
    }

    private static TestPrices billed(String scope, String currency) {
        return price("*").provider(null).scope(scope).currency(currency);
    }

    private static TestPrices exchange(String pair, String rate) {
        return price(pair)
                .provider(null)
                .scope("exchange_rate")
                .currency(pair.substring(4))
                .rate("rate", rate);
    }

    private void add(TestPrices price) {
        PriceRevision revision = price.revision();
        assertThat(PriceRules.violation(revision)).isEmpty();
        book.add(revision);
    }

    private static TestUsage usage(@Nullable String tenant) {
        return TestUsage.of("openai", "m").tenant(tenant);
    }

    private Priced priced(TestUsage usage) {
        Pricing pricing = pricer.price(usage.event(), book);
        assertThat(pricing).isInstanceOf(Priced.class);
        return (Priced) pricing;
    }
}
