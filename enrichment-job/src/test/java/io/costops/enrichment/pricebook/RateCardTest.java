package io.costops.enrichment.pricebook;

import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.value.Meter;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("the rates of a price")
class RateCardTest {
    private static final long SHORT = 1_000;

    @Nested
    @DisplayName("by service tier")
    class Tiers {
        private final RateCard card = card(price("m")
                .rate("input_cost_per_token", "10")
                .rate("input_cost_per_token_flex", "5")
                .rate("input_cost_per_token_priority", "20")
                .rate("input_cost_per_token_batches", "4")
                .rate("output_cost_per_token", "100")
                .rate("cache_read_input_token_cost", "1"));

        @ParameterizedTest
        @CsvSource({"standard,10", "default,10", "auto,10", "ON_DEMAND,10", "flex,5", "priority,20", "batch,4"})
        void the_tiers_own_field_comes_first(String tier, String rate) {
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.of(tier), SHORT))
                    .isEqualTo(rate);
        }

        @ParameterizedTest
        @CsvSource({"flex,100", "priority,100", "batch,50"})
        void without_one_the_standard_rate_holds_and_a_batch_pays_half(String tier, String rate) {
            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.of(tier), SHORT))
                    .isEqualTo(rate);
        }

        @Test
        void a_batch_pays_half_of_the_cached_rate_not_half_of_the_batch_rate() {
            assertThat(rate(card, Meter.CACHE_READ, ServiceTier.BATCH, SHORT)).isEqualTo("0.5");
        }

        @Test
        void a_kind_that_falls_back_pays_the_other_kinds_rate_in_the_tier() {
            assertThat(rate(card, Meter.AUDIO_IN, ServiceTier.BATCH, SHORT)).isEqualTo("4");
            assertThat(rate(card, Meter.AUDIO_IN, ServiceTier.PRIORITY, SHORT)).isEqualTo("20");
        }
    }

    @Nested
    @DisplayName("above a threshold")
    class Thresholds {
        private final RateCard card = card(price("m")
                .rate("input_cost_per_token", "10")
                .rate("input_cost_per_token_above_128k_tokens", "20")
                .rate("input_cost_per_token_above_1m_tokens", "40")
                .rate("input_cost_per_token_above_128k_tokens_priority", "60")
                .rate("input_cost_per_token_priority", "30")
                .rate("input_cost_per_token_batches", "4")
                .rate("output_cost_per_token", "100")
                .rate("output_cost_per_token_above_128k_tokens", "200")
                .rate("cache_read_input_token_cost", "1")
                .rate("cache_creation_input_token_cost_above_128k_tokens", "7"));

        @ParameterizedTest
        @CsvSource({"0,10", "128000,10", "128001,20", "1000000,20", "1000001,40", "9000000,40"})
        void every_token_pays_the_rate_of_the_largest_that_is_passed(long totalInput, String rate) {
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.STANDARD, totalInput))
                    .isEqualTo(rate);
        }

        @Test
        void output_pays_it_too() {
            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.STANDARD, 128_001))
                    .isEqualTo("200");
        }

        @Test
        void a_kind_without_a_rate_above_it_keeps_its_own() {
            assertThat(rate(card, Meter.CACHE_READ, ServiceTier.STANDARD, 128_001))
                    .isEqualTo("1");
            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.STANDARD, 1_000_001))
                    .isEqualTo("100");
        }

        @Test
        void a_kind_with_a_rate_above_it_alone_falls_back_below_it() {
            assertThat(rate(card, Meter.CACHE_WRITE_5M, ServiceTier.STANDARD, 128_000))
                    .isEqualTo("10");
            assertThat(rate(card, Meter.CACHE_WRITE_5M, ServiceTier.STANDARD, 128_001))
                    .isEqualTo("7");
        }

        @Test
        void priority_pays_its_own_long_rate_or_else_the_standard_long_rate() {
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.PRIORITY, 128_001))
                    .isEqualTo("60");
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.PRIORITY, 1_000_001))
                    .isEqualTo("40");
            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.PRIORITY, 128_001))
                    .isEqualTo("200");
        }

        @Test
        void a_batch_pays_half_of_the_long_rate_whatever_its_own_rate() {
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.BATCH, 128_000))
                    .isEqualTo("4");
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.BATCH, 128_001))
                    .isEqualTo("10");
            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.BATCH, 128_001))
                    .isEqualTo("100");
            assertThat(rate(card, Meter.CACHE_READ, ServiceTier.BATCH, 128_001)).isEqualTo("0.5");
        }

        @Test
        void one_that_no_input_rate_names_is_none() {
            RateCard other = card(price("m")
                    .rate("input_cost_per_token", "10")
                    .rate("output_cost_per_token", "100")
                    .rate("output_cost_per_token_above_128k_tokens", "200"));

            assertThat(rate(other, Meter.OUTPUT_TEXT, ServiceTier.STANDARD, 500_000))
                    .isEqualTo("100");
        }
    }

    @Nested
    @DisplayName("where a kind has none")
    class FallBacks {
        private final RateCard bare =
                card(price("m").rate("input_cost_per_token", "10").rate("output_cost_per_token", "100"));

        @ParameterizedTest
        @CsvSource({
            "CACHE_READ,10",
            "CACHE_WRITE_5M,10",
            "CACHE_WRITE_1H,10",
            "AUDIO_IN,10",
            "CACHE_READ_AUDIO,10",
            "IMAGE_IN,10",
            "VIDEO_IN,10",
            "REASONING,100",
            "AUDIO_OUT,100",
            "IMAGE_OUT,100"
        })
        void it_pays_the_input_or_the_output_rate(Meter meter, String rate) {
            assertThat(rate(bare, meter, ServiceTier.STANDARD, SHORT)).isEqualTo(rate);
        }

        @Test
        void a_write_for_an_hour_pays_the_five_minute_rate_before_the_input_rate() {
            RateCard card =
                    card(price("m").rate("input_cost_per_token", "10").rate("cache_creation_input_token_cost", "12"));

            assertThat(rate(card, Meter.CACHE_WRITE_1H, ServiceTier.STANDARD, SHORT))
                    .isEqualTo("12");
        }

        @Test
        void cached_audio_pays_the_cached_rate_then_the_audio_rate_then_the_input_rate() {
            TestPrices price = price("m").rate("input_cost_per_token", "10");
            assertThat(rate(card(price), Meter.CACHE_READ_AUDIO, ServiceTier.STANDARD, SHORT))
                    .isEqualTo("10");
            price.rate("input_cost_per_audio_token", "20");
            assertThat(rate(card(price), Meter.CACHE_READ_AUDIO, ServiceTier.STANDARD, SHORT))
                    .isEqualTo("20");
            price.rate("cache_read_input_token_cost", "1");
            assertThat(rate(card(price), Meter.CACHE_READ_AUDIO, ServiceTier.STANDARD, SHORT))
                    .isEqualTo("1");
            price.rate("cache_read_input_audio_token_cost", "2");
            assertThat(rate(card(price), Meter.CACHE_READ_AUDIO, ServiceTier.STANDARD, SHORT))
                    .isEqualTo("2");
        }

        @Test
        void an_explicit_0_is_a_price() {
            RateCard card =
                    card(price("m").rate("input_cost_per_token", "10").rate("cache_read_input_token_cost", "0"));

            assertThat(rate(card, Meter.CACHE_READ, ServiceTier.STANDARD, SHORT))
                    .isEqualTo("0");
        }

        @Test
        void nothing_to_fall_back_on_is_no_rate() {
            RateCard card = card(price("m").rate("input_cost_per_token", "10"));

            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.STANDARD, SHORT))
                    .isNull();
            assertThat(rate(card, Meter.AUDIO_SECONDS, ServiceTier.STANDARD, SHORT))
                    .isNull();
            assertThat(card.webSearch("low")).isNull();
        }

        @Test
        void reasoning_has_a_rate_of_its_own() {
            RateCard card =
                    card(price("m").rate("output_cost_per_token", "100").rate("output_cost_per_reasoning_token", "70"));

            assertThat(rate(card, Meter.REASONING, ServiceTier.STANDARD, SHORT)).isEqualTo("70");
            assertThat(rate(card, Meter.REASONING, ServiceTier.PRIORITY, SHORT)).isEqualTo("70");
            assertThat(rate(card, Meter.REASONING, ServiceTier.BATCH, SHORT)).isEqualTo("35");
        }

        @Test
        void reasoning_in_a_tier_that_prices_output_alone_pays_that() {
            RateCard card = card(price("m")
                    .rate("output_cost_per_token", "100")
                    .rate("output_cost_per_token_priority", "300")
                    .rate("output_cost_per_token_batches", "40")
                    .rate("output_cost_per_reasoning_token", "70"));

            assertThat(rate(card, Meter.REASONING, ServiceTier.PRIORITY, SHORT)).isEqualTo("300");
            assertThat(rate(card, Meter.REASONING, ServiceTier.BATCH, SHORT)).isEqualTo("40");
            assertThat(rate(card, Meter.REASONING, ServiceTier.FLEX, SHORT)).isEqualTo("70");
        }
    }

    @Nested
    @DisplayName("in tiered pricing")
    class TieredPricing {
        private final RateCard card = card(price("qwen")
                .rate("search_context_cost_per_query.search_context_size_medium", "9")
                .tier(0, 32_000L, Map.of("input_cost_per_token", "1", "output_cost_per_token", "5"))
                .tier(
                        32_000,
                        128_000L,
                        Map.of(
                                "input_cost_per_token", "2",
                                "output_cost_per_token", "10",
                                "cache_read_input_token_cost", "0.2",
                                "output_cost_per_reasoning_token", "20")));

        @ParameterizedTest
        @CsvSource({"0,1", "1,1", "32000,1", "32001,2", "128000,2", "128001,2"})
        void the_tier_of_the_request_prices_every_token(long totalInput, String rate) {
            assertThat(rate(card, Meter.UNCACHED_INPUT, ServiceTier.STANDARD, totalInput))
                    .isEqualTo(rate);
        }

        @Test
        void a_kind_that_the_tier_leaves_out_pays_its_input_or_output_rate() {
            assertThat(rate(card, Meter.CACHE_READ, ServiceTier.STANDARD, 32_000))
                    .isEqualTo("1");
            assertThat(rate(card, Meter.CACHE_READ, ServiceTier.STANDARD, 32_001))
                    .isEqualTo("0.2");
            assertThat(rate(card, Meter.REASONING, ServiceTier.STANDARD, 32_000))
                    .isEqualTo("5");
            assertThat(rate(card, Meter.REASONING, ServiceTier.STANDARD, 32_001))
                    .isEqualTo("20");
        }

        @Test
        void a_batch_pays_half_of_the_tier() {
            assertThat(rate(card, Meter.OUTPUT_TEXT, ServiceTier.BATCH, 64_000)).isEqualTo("5");
        }

        @Test
        void fees_stand_beside_the_tiers() {
            assertThat(plain(card.webSearch(null))).isEqualTo("9");
        }
    }

    @Nested
    @DisplayName("of what isn't tokens")
    class Fees {
        @ParameterizedTest
        @CsvSource(
                nullValues = "-",
                value = {"low,1", "MEDIUM,2", "high,3", "-,2", "enormous,2"})
        void a_search_pays_for_its_context_size_or_else_for_a_medium_one(@Nullable String size, String rate) {
            RateCard card = card(price("m")
                    .rate("search_context_cost_per_query.search_context_size_low", "1")
                    .rate("search_context_cost_per_query.search_context_size_medium", "2")
                    .rate("search_context_cost_per_query.search_context_size_high", "3"));

            assertThat(plain(card.webSearch(size))).isEqualTo(rate);
        }

        @ParameterizedTest
        @CsvSource(
                nullValues = "-",
                value = {"2,-,2", "2,2,2", "2,0,2", "0,3,3", "0,0,0", "-,3,3", "-,0,0"})
        void a_second_of_audio_is_billed_once_by_input_or_by_output(
                @Nullable String input, @Nullable String output, String rate) {
            TestPrices price = price("m").rate("input_cost_per_token", "0");
            if (input != null) {
                price.rate("input_cost_per_second", input);
            }
            if (output != null) {
                price.rate("output_cost_per_second", output);
            }

            assertThat(rate(card(price), Meter.AUDIO_SECONDS, ServiceTier.STANDARD, 0))
                    .isEqualTo(rate);
        }

        @Test
        void a_search_unit_pays_the_same_in_every_tier() {
            RateCard card = card(price("m").rate("input_cost_per_query", "2"));

            assertThat(rate(card, Meter.SEARCH_UNITS, ServiceTier.BATCH, 0)).isEqualTo("2");
        }
    }

    @Nested
    @DisplayName("multiplied")
    class Multipliers {
        private final RateCard card = card(price("m")
                .rate("input_cost_per_token", "1")
                .rate("regional_processing_uplift_multiplier_eu", "1.1")
                .rate("provider_specific_entry.us", "1.2")
                .rate("provider_specific_entry.fast", "6"));

        @ParameterizedTest
        @CsvSource(
                nullValues = "-",
                value = {
                    "-,-,-,1",
                    "eu,-,-,1.1",
                    "EU,-,-,1.1",
                    "eu-west-1,-,-,1",
                    "us,-,-,1",
                    "-,us,-,1.2",
                    "-,global,-,1",
                    "-,-,fast,6",
                    "-,-,standard,1",
                    "-,fast,-,1",
                    "-,us,fast,7.2",
                    "eu,us,fast,7.92"
                })
        void those_that_apply_stack(
                @Nullable String region, @Nullable String geo, @Nullable String speed, String factor) {
            assertThat(card.multiplier(region, geo, speed).factor()).isEqualByComparingTo(factor);
        }
    }

    private static RateCard card(TestPrices price) {
        return RateCard.of(price.revision());
    }

    private static @Nullable String rate(RateCard card, Meter meter, ServiceTier tier, long totalInput) {
        return plain(card.table(tier, totalInput).rate(meter));
    }

    private static @Nullable String plain(@Nullable UnitRate rate) {
        return rate == null ? null : rate.price().stripTrailingZeros().toPlainString();
    }
}
