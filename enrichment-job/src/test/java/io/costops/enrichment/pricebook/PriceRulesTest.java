package io.costops.enrichment.pricebook;

import static io.costops.enrichment.pricebook.TestPrices.INPUT;
import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules.Violation;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("a price revision")
class PriceRulesTest {
    @Test
    void with_rates_that_can_be_is_taken() {
        assertThat(PriceRules.violation(price("m").rate(INPUT, "0.000003").revision()))
                .isEmpty();
        assertThat(PriceRules.violation(price("m").rate(INPUT, "0").revision())).isEmpty();
        assertThat(PriceRules.violation(price("m").withdrawn().revision())).isEmpty();
        assertThat(PriceRules.violation(
                        price("m").scope("tenant:acme").rate(INPUT, "0").revision()))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "input_cost_per_token",
                "output_cost_per_token_above_200k_tokens_priority",
                "cache_read_input_token_cost",
                "cache_creation_input_token_cost_above_1hr",
                "input_cost_per_audio_token",
                "output_cost_per_image_token",
                "output_cost_per_reasoning_token",
                "input_cost_per_token_batches"
            })
    void above_a_thousandth_a_token_is_a_unit_error_until_a_person_says_otherwise(String field) {
        Violation violation = violation(price("m").rate(field, "0.0010000001"));

        assertThat(violation.reason()).isEqualTo(RejectReason.INVALID_PRICE);
        assertThat(violation.field()).isEqualTo("rates." + field);
        assertThat(violation.message()).contains("0.0010000001").contains("unit_checked");
        assertThat(PriceRules.violation(price("m").rate(field, "0.001").revision()))
                .isEmpty();
        assertThat(PriceRules.violation(
                        price("m").unitChecked().rate(field, "0.0010000001").revision()))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "input_cost_per_query",
                "input_cost_per_image",
                "output_cost_per_second",
                "search_context_cost_per_query.search_context_size_high",
                "output_cost_per_image_above_512_and_1024_pixels",
                "input_cost_per_request"
            })
    void may_cost_more_for_what_is_no_token(String field) {
        assertThat(PriceRules.violation(price("m").rate(field, "2.5").revision()))
                .isEmpty();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
            -0.000001 | is negative
            0.0000000000000000000000000000001 | at most 30 decimals
            1e30 | below 10^30
            1e999999999 | below 10^30
            """)
    void with_a_number_that_is_no_rate_is_refused(String rate, String message) {
        Violation violation = violation(price("m").rawRate("input_cost_per_query", rate));

        assertThat(violation.field()).isEqualTo("rates.input_cost_per_query");
        assertThat(violation.message()).contains(message);
    }

    @Test
    void without_any_rate_is_refused() {
        assertThat(violation(price("m")).field()).isEqualTo("rates");
        assertThat(violation(price("m").rate("provider_specific_entry.fast", "2"))
                        .field())
                .isEqualTo("rates");
    }

    @Test
    void that_is_withdrawn_and_has_rates_is_refused() {
        assertThat(violation(price("m").withdrawn().rate(INPUT, "0")).field()).isEqualTo("withdrawn");
    }

    @Test
    void with_a_threshold_that_cant_be_read_is_refused() {
        assertThat(violation(price("m").rate("input_cost_per_token_above_many_tokens", "0"))
                        .field())
                .isEqualTo("rates.input_cost_per_token_above_many_tokens");
    }

    @Test
    void without_a_proper_identity_is_refused() {
        assertThat(violation(price("m").scope("acme").rate(INPUT, "0")).field()).isEqualTo("scope");
        assertThat(violation(price("m").scope("tenant:").rate(INPUT, "0")).field())
                .isEqualTo("scope");
        assertThat(violation(price(" ").rate(INPUT, "0")).field()).isEqualTo("price_key");
        assertThat(violation(price("a\u0007b").rate(INPUT, "0")).field()).isEqualTo("price_key");
        assertThat(violation(price("m").provider("").rate(INPUT, "0")).field()).isEqualTo("provider");
        assertThat(violation(price("m").currency("usd").rate(INPUT, "0")).field())
                .isEqualTo("currency");
        assertThat(violation(price("m").from("1969-12-31T00:00:00Z").rate(INPUT, "0"))
                        .field())
                .isEqualTo("effective_from");
        assertThat(violation(price("m").recorded("+10000-01-01T00:00:00Z").rate(INPUT, "0"))
                        .field())
                .isEqualTo("recorded_at");
    }

    @Test
    void with_tiers_that_overlap_or_are_empty_is_refused() {
        Map<String, String> rates = Map.of(INPUT, "0");
        assertThat(violation(price("m").tier(0, 10L, rates).tier(9, 20L, rates)).field())
                .isEqualTo("tiers");
        assertThat(violation(price("m").tier(0, null, rates).tier(9, 20L, rates))
                        .field())
                .isEqualTo("tiers");
        assertThat(violation(price("m").tier(10, 10L, rates)).field()).isEqualTo("tiers[0]");
        assertThat(violation(price("m").tier(-1, 10L, rates)).field()).isEqualTo("tiers[0]");
        assertThat(violation(price("m").tier(0, 10L, rates).tier(10, null, Map.of()))
                        .field())
                .isEqualTo("tiers[1].rates");
        assertThat(violation(price("m").tier(0, 10L, Map.of(INPUT, "0.5"))).field())
                .isEqualTo("tiers[0].rates.input_cost_per_token");
    }

    @Test
    void with_far_too_many_rates_is_refused() {
        TestPrices price = price("m");
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i <= PriceRules.MAX_RATES; i++) {
            many.put("some_cost_" + i, "0");
        }
        many.forEach(price::rate);

        assertThat(violation(price).field()).isEqualTo("rates");
    }

    private static Violation violation(TestPrices price) {
        return PriceRules.violation(price.revision()).orElseThrow();
    }
}
