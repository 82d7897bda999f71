package io.costops.enrichment.pricing;

import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.costops.enrichment.pricebook.KeyTrial;
import io.costops.enrichment.pricebook.KeyTrial.Outcome;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.schemas.value.Meter;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("how a cost came about")
class RateRuleTest {
    private final Pricer pricer = new Pricer();

    @Test
    void a_fall_back_a_threshold_and_a_tier_are_named() {
        TestUsage usage = TestUsage.of("openai", "m")
                .tier("flex")
                .with(Meter.UNCACHED_INPUT, 200_001)
                .with(Meter.CACHE_WRITE_1H, 1)
                .with(Meter.OUTPUT_TEXT, 1);

        Priced priced = (Priced) pricer.price(
                usage.event(),
                TestBooks.of(List.of(price("m")
                        .rate("input_cost_per_token", "0.000001")
                        .rate("input_cost_per_token_above_200k_tokens", "0.000002")
                        .rate("output_cost_per_token", "0.00001")
                        .rate("output_cost_per_token_above_200k_tokens_flex", "0.00002")
                        .revision())));

        assertThat(rule(priced, Meter.UNCACHED_INPUT))
                .isEqualTo("its own rate; above 200k tokens; no flex rate, so the standard one");
        assertThat(rule(priced, Meter.CACHE_WRITE_1H))
                .isEqualTo("no rate of its own, so that of input; above 200k tokens;"
                        + " no flex rate, so the standard one");
        assertThat(rule(priced, Meter.OUTPUT_TEXT)).isEqualTo("its own rate; above 200k tokens; flex rate");
    }

    @Test
    void a_batch_says_whether_it_is_half_or_a_rate_of_its_own() {
        TestUsage usage = TestUsage.of("openai", "m")
                .tier("batch")
                .with(Meter.UNCACHED_INPUT, 1)
                .with(Meter.OUTPUT_TEXT, 1)
                .with(Meter.SEARCH_UNITS, 1);

        Priced priced = (Priced) pricer.price(
                usage.event(),
                TestBooks.of(List.of(price("m")
                        .rate("input_cost_per_token", "0.000001")
                        .rate("output_cost_per_token", "0.00001")
                        .rate("output_cost_per_token_batches", "0.000004")
                        .rate("input_cost_per_query", "0.1")
                        .revision())));

        assertThat(rule(priced, Meter.UNCACHED_INPUT)).isEqualTo("its own rate; batch: half of the standard rate");
        assertThat(rule(priced, Meter.OUTPUT_TEXT)).isEqualTo("its own rate; batch rate");
        assertThat(rule(priced, Meter.SEARCH_UNITS)).isEqualTo("its own rate; a fee, which a batch doesn't halve");
    }

    @Test
    void every_key_that_was_tried_is_told_with_what_was_there() {
        TestUsage usage = TestUsage.of("openai", "m-2026-01-01").with(Meter.UNCACHED_INPUT, 1);

        List<KeyTrial> trials = pricer.trials(
                usage.event(),
                TestBooks.of(List.of(
                        price("openai/m-2026-01-01")
                                .provider("azure")
                                .rate("input_cost_per_token", "0")
                                .revision(),
                        price("m-2026-01-01")
                                .from("2027-01-01T00:00:00Z")
                                .rate("input_cost_per_token", "0")
                                .revision(),
                        price("m").rate("input_cost_per_token", "0").revision())));

        assertThat(trials)
                .extracting(KeyTrial::key, KeyTrial::outcome)
                .containsExactly(
                        tuple("openai/m-2026-01-01", Outcome.OTHER_PROVIDER),
                        tuple("m-2026-01-01", Outcome.NOT_YET_EFFECTIVE),
                        tuple("openai/m", Outcome.NOT_IN_BOOK),
                        tuple("m", Outcome.TAKEN));
    }

    private static String rule(Priced priced, Meter meter) {
        Derivation derivation = Objects.requireNonNull(priced.derivation());
        return RateRule.describe(meter, Objects.requireNonNull(derivation.rate(meter)), derivation.rates());
    }
}
