package io.costops.enrichment.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.TestPrices;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.enrichment.pricing.Pricing.Unpriced;
import io.costops.schemas.value.Meter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What public calculators get wrong, with numbers. */
@DisplayName("what others get wrong")
class PitfallsTest {
    private final Pricer pricer = new Pricer();

    @Test
    @DisplayName("gpt-4o: cached tokens are not paid twice")
    void cached_tokens_are_not_paid_twice() {
        assertThat(cost(TestUsage.of("openai", "gpt-4o")
                        .with(Meter.UNCACHED_INPUT, 2_006 - 1_920)
                        .with(Meter.CACHE_READ, 1_920)
                        .with(Meter.OUTPUT_TEXT, 300)))
                .isEqualTo("0.005615");
    }

    @Test
    @DisplayName("claude-haiku-4.5: writing to the cache costs more than reading it")
    void cache_writes_and_reads_have_rates_of_their_own() {
        assertThat(cost(TestUsage.of("anthropic", "claude-haiku-4-5")
                        .with(Meter.UNCACHED_INPUT, 3)
                        .with(Meter.CACHE_WRITE_5M, 1_956)
                        .with(Meter.CACHE_READ, 9_511)
                        .with(Meter.OUTPUT_TEXT, 44)))
                .isEqualTo("0.0036191");
    }

    @Test
    @DisplayName("claude-sonnet-4.5: 200,000 tokens are still a short request, 200,001 are not")
    void one_token_above_the_threshold_reprices_all() {
        TestUsage atThreshold = TestUsage.of("anthropic", "claude-sonnet-4-5").with(Meter.UNCACHED_INPUT, 200_000);
        TestUsage above = TestUsage.of("anthropic", "claude-sonnet-4-5").with(Meter.UNCACHED_INPUT, 200_001);

        assertThat(cost(atThreshold)).isEqualTo("0.6");
        assertThat(cost(above)).isEqualTo("1.200006");
    }

    @Test
    @DisplayName("cache reads and writes count towards the threshold")
    void cached_tokens_count_towards_the_threshold() {
        assertThat(cost(TestUsage.of("anthropic", "claude-sonnet-4-5")
                        .with(Meter.UNCACHED_INPUT, 1)
                        .with(Meter.CACHE_READ, 100_000)
                        .with(Meter.CACHE_WRITE_5M, 100_000)))
                // 1 x $6 + 100,000 x $0.60 + 100,000 x $7.50, a million
                .isEqualTo("0.810006");
    }

    @Test
    @DisplayName("a batch with long context pays half of the long-context rate")
    void a_batch_with_long_context_pays_half_of_the_long_rate() {
        assertThat(cost(TestUsage.of("anthropic", "claude-sonnet-4-5")
                        .tier("batch")
                        .with(Meter.UNCACHED_INPUT, 200_001)))
                .isEqualTo("0.600003");
    }

    @Test
    @DisplayName("a batch with cached tokens pays the cached rate, halved")
    void a_batch_with_cached_tokens_pays_half_of_the_cached_rate() {
        assertThat(cost(TestUsage.of("openai", "gpt-4o-mini-2024-07-18")
                        .tier("batch")
                        .with(Meter.CACHE_READ, 5_120)))
                .isEqualTo("0.000192");
    }

    @Test
    @DisplayName("asked for priority and got default: default is paid")
    void the_tier_of_the_response_is_paid() {
        TestUsage usage = TestUsage.of("openai", "gpt-5.2").with(Meter.UNCACHED_INPUT, 1_000_000);

        assertThat(cost(usage.tier("standard"))).isEqualTo("1.75");
        assertThat(cost(usage.tier("priority"))).isEqualTo("3.5");
    }

    @Test
    @DisplayName("deepseek-v4-flash: a ledger needs many decimals")
    void small_amounts_keep_every_digit() {
        assertThat(cost(TestUsage.of("deepseek", "deepseek-v4-flash")
                        .with(Meter.UNCACHED_INPUT, 563 - 512)
                        .with(Meter.CACHE_READ, 512)
                        .with(Meter.OUTPUT_TEXT, 116)))
                .isEqualTo("0.0000410536");
    }

    @Test
    @DisplayName("12,317 tokens at $5 a million cost $0.061585 exactly")
    void cost_is_exact() {
        PriceBook book = new PriceBook();
        book.add(TestPrices.price("m").rate("input_cost_per_token", "0.000005").revision());

        Priced priced = priced(TestUsage.of("openai", "m").with(Meter.UNCACHED_INPUT, 12_317), book);

        assertThat(priced.listCost()).isEqualByComparingTo("0.061585");
        assertThat(priced.lines().get(0).listUnitPrice()).isEqualByComparingTo("0.000005");
    }

    @Test
    @DisplayName("a rate above $0.001 a token is a unit error until a person says otherwise")
    void a_unit_error_never_prices_anything() {
        TestUsage usage = TestUsage.of("wandb", "wandb/openai/gpt-oss-120b").with(Meter.UNCACHED_INPUT, 1_000);

        assertThat(BuiltInPrices.map().refusals())
                .anySatisfy(refusal -> assertThat(refusal.key()).isEqualTo("wandb/openai/gpt-oss-120b"));
        assertThat(pricer.price(usage.event(), TestBooks.MAP)).isInstanceOf(Unpriced.class);
    }

    private String cost(TestUsage usage) {
        return priced(usage, TestBooks.MAP).listCost().stripTrailingZeros().toPlainString();
    }

    private Priced priced(TestUsage usage, PriceBook book) {
        Pricing pricing = pricer.price(usage.event(), book);
        assertThat(pricing).isInstanceOf(Priced.class);
        return (Priced) pricing;
    }
}
