package io.costops.enrichment.pricebook;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.schemas.avro.PriceRevision;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the built-in prices")
class BuiltInPricesTest {
    private final PriceImport map = BuiltInPrices.map();

    @Test
    void are_those_of_nearly_3000_models_on_their_day() {
        assertThat(map.revisions()).hasSize(2_964).allSatisfy(revision -> {
            assertThat(revision.getEffectiveFrom()).isEqualTo(BuiltInPrices.MAP_DATE);
            assertThat(revision.getSource()).isEqualTo(BuiltInPrices.MAP_SOURCE);
        });
        assertThat(map.revisions().size() + map.refusals().size()).isEqualTo(2_982);
    }

    @Test
    void leave_out_what_is_a_unit_error_or_cant_be_priced_by_usage() {
        assertThat(map.refusals()).hasSize(18);
        assertThat(map.refusals().stream().filter(refusal -> refusal.message().contains("above the bound")))
                .extracting(Refusal::key)
                .hasSize(16)
                .allMatch(key ->
                        key.startsWith("wandb/") || key.startsWith("watsonx/") || key.startsWith("azure_ai/jais"));
        assertThat(map.refusals().stream().filter(refusal -> refusal.message().contains("range")))
                .extracting(Refusal::key)
                .containsExactly("exa_ai/search", "firecrawl/search");
    }

    @Test
    void name_the_models_that_are_listed_without_a_rate() {
        assertThat(map.freeKeys()).hasSize(97).contains("dashscope/qwen3-30b-a3b", "github_copilot/gpt-4o");
    }

    @Test
    void come_with_dated_ones_from_before() {
        PriceImport history = BuiltInPrices.history();

        assertThat(history.refusals()).isEmpty();
        assertThat(history.revisions()).hasSize(80);
        assertThat(history.revisions().stream().filter(PriceRevision::getWithdrawn))
                .extracting(PriceRevision::getPriceKey)
                .containsOnly("claude-3-5-haiku-20241022");
    }
}
