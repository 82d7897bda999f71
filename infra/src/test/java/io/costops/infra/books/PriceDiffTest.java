package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.PriceFiles;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the difference of two price lists")
class PriceDiffTest {
    private static final Instant NOW = Instant.parse("2026-07-05T12:00:00Z");

    @Test
    void names_what_came_what_went_and_what_changed_by_how_much() {
        PriceDiff diff = diff("""
                {"same": {"litellm_provider": "openai", "input_cost_per_token": 0.0000010},
                 "gone": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
                 "dearer": {"litellm_provider": "openai", "input_cost_per_token": 3e-6, "output_cost_per_token": 9e-6}}
                """, """
                {"SAME": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
                 "new": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
                 "dearer": {"litellm_provider": "openai", "input_cost_per_token": 4e-6,
                            "cache_read_input_token_cost": 1e-7}}
                """);

        assertThat(diff.added()).extracting(PriceRevision::getPriceKey).containsExactly("new");
        assertThat(diff.removed()).extracting(PriceRevision::getPriceKey).containsExactly("gone");
        assertThat(diff.unchanged()).isEqualTo(1);
        assertThat(diff.changed())
                .extracting(change ->
                        change.field() + " " + change.before() + " " + change.after() + " " + change.percent())
                .containsExactly(
                        "cache_read_input_token_cost null 0.0000001 null",
                        "input_cost_per_token 0.000003 0.000004 33.33",
                        "output_cost_per_token 0.000009 null null");
    }

    @Test
    void a_price_that_was_free_grew_by_no_percentage() {
        assertThat(diff("{\"m\": {\"input_cost_per_token\": 0}}", "{\"m\": {\"input_cost_per_token\": 1e-6}}")
                        .changed())
                .singleElement()
                .satisfies(change -> assertThat(change.percent()).isNull());
    }

    @Test
    void a_tier_is_named_by_its_bounds() {
        String tiers = "{\"m\": {\"tiered_pricing\": [{\"range\": [0, 1000], \"input_cost_per_token\": %s}]}}";

        assertThat(diff(tiers.formatted("1e-6"), tiers.formatted("2e-6")).changed())
                .singleElement()
                .satisfies(change -> {
                    assertThat(change.field()).isEqualTo("tiers[0..1000].input_cost_per_token");
                    assertThat(change.percent()).isEqualByComparingTo("100");
                });
    }

    private static PriceDiff diff(String before, String after) {
        return PriceDiff.between(prices(before), prices(after), NOW);
    }

    private static List<PriceRevision> prices(String map) {
        try {
            return PriceFiles.read(map.getBytes(StandardCharsets.UTF_8), Options.listFrom(Instant.EPOCH))
                    .revisions();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
