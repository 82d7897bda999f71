package io.costops.enrichment.pricebook;

import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("the price key of a model")
class PriceKeysTest {
    @ParameterizedTest(name = "{0} of {1} in {2} has the variants {3}")
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            gpt-4o-2024-08-06                          | openai     | -         | openai/gpt-4o-2024-08-06 gpt-4o-2024-08-06 openai/gpt-4o gpt-4o
            openai/gpt-5.4-mini                        | openai     | eu        | openai/gpt-5.4-mini gpt-5.4-mini
            ft:gpt-4o-mini:acme::abc                   | openai     | -         | openai/ft:gpt-4o-mini:acme::abc ft:gpt-4o-mini:acme::abc openai/ft:gpt-4o-mini ft:gpt-4o-mini
            gpt-5.4                                    | azure      | eu        | azure/eu/gpt-5.4 azure/gpt-5.4 gpt-5.4
            gpt-5.4                                    | azure      | westus    | azure/gpt-5.4 gpt-5.4
            claude-sonnet-4-20250514                   | anthropic  | -         | anthropic/claude-sonnet-4-20250514 claude-sonnet-4-20250514 anthropic/claude-sonnet-4 claude-sonnet-4
            claude-sonnet-4-2025-05-14                 | anthropic  | -         | anthropic/claude-sonnet-4-2025-05-14 claude-sonnet-4-2025-05-14
            claude-opus-4-1@20250805                   | vertex_ai  | us-east5  | vertex_ai/claude-opus-4-1@20250805 claude-opus-4-1@20250805 vertex_ai/claude-opus-4-1 claude-opus-4-1
            claude-3-haiku-20240307                    | vertex_ai  | -         | vertex_ai/claude-3-haiku-20240307 claude-3-haiku-20240307 vertex_ai/claude-3-haiku claude-3-haiku
            publishers/google/models/gemini-2.0-flash-001 | vertex_ai | -       | vertex_ai/gemini-2.0-flash-001 gemini-2.0-flash-001 vertex_ai/gemini-2.0-flash gemini-2.0-flash
            projects/p/locations/l/publishers/google/models/g | vertex_ai | -   | vertex_ai/g g
            models/gemini-2.0-flash-001                | gemini     | -         | gemini/gemini-2.0-flash-001 gemini-2.0-flash-001 gemini/gemini-2.0-flash gemini-2.0-flash
            gemini-2.0-flash-20250101                  | gemini     | -         | gemini/gemini-2.0-flash-20250101 gemini-2.0-flash-20250101
            openai/gpt-4o-2024-08-06                   | openrouter | -         | openrouter/openai/gpt-4o-2024-08-06 openai/gpt-4o-2024-08-06 openrouter/openai/gpt-4o openai/gpt-4o
            openai/gpt-oss-120b                        | groq       | -         | groq/openai/gpt-oss-120b openai/gpt-oss-120b
            mistral-large-2024-11-20                   | mistral    | -         | mistral/mistral-large-2024-11-20 mistral-large-2024-11-20
            gpt-4o-2024-08-06                          | -          | -         | gpt-4o-2024-08-06 gpt-4o
            claude-sonnet-4-20250514                   | -          | -         | claude-sonnet-4-20250514 claude-sonnet-4
            Command-R                                  | cohere_chat | -        | cohere/command-r command-r
            """)
    void follows_its_decorations(String model, @Nullable String provider, @Nullable String region, String keys) {
        assertThat(keys(provider, model, region)).containsExactly(keys.split(" "));
    }

    @Test
    @DisplayName("on Bedrock loses context size, geography and version, in this order, and prefers the region")
    void on_bedrock() {
        assertThat(keys(
                        "bedrock",
                        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-sonnet-v1:0:28k",
                        "us-east-1"))
                .containsExactly(
                        "bedrock/us-east-1/us.anthropic.claude-3-sonnet-v1:0:28k",
                        "bedrock/us.anthropic.claude-3-sonnet-v1:0:28k",
                        "us.anthropic.claude-3-sonnet-v1:0:28k",
                        "bedrock/us-east-1/us.anthropic.claude-3-sonnet-v1:0",
                        "bedrock/us.anthropic.claude-3-sonnet-v1:0",
                        "us.anthropic.claude-3-sonnet-v1:0",
                        "bedrock/us-east-1/anthropic.claude-3-sonnet-v1:0",
                        "bedrock/anthropic.claude-3-sonnet-v1:0",
                        "anthropic.claude-3-sonnet-v1:0",
                        "bedrock/us-east-1/anthropic.claude-3-sonnet-v1",
                        "bedrock/anthropic.claude-3-sonnet-v1",
                        "anthropic.claude-3-sonnet-v1");
        assertThat(keys("bedrock", "bedrock/converse/us-gov.amazon.nova", null))
                .containsExactly(
                        "bedrock/us-gov.amazon.nova", "us-gov.amazon.nova", "bedrock/amazon.nova", "amazon.nova");
    }

    @Test
    void is_the_providers_own() {
        PriceBook book = new PriceBook();
        book.add(price("gemini-2.5-pro")
                .provider("vertex_ai-language-models")
                .rate("input_cost_per_token", "0")
                .revision());
        book.add(price("gpt-4")
                .provider("text-completion-openai")
                .rate("input_cost_per_token", "0")
                .revision());
        book.add(price("command-r")
                .provider("cohere_chat")
                .rate("input_cost_per_token", "0")
                .revision());
        book.add(price("nova")
                .provider("bedrock_converse")
                .rate("input_cost_per_token", "0")
                .revision());
        book.add(price("house-model")
                .provider(null)
                .rate("input_cost_per_token", "0")
                .revision());

        assertThat(found(book, "vertex_ai", "gemini-2.5-pro")).isTrue();
        assertThat(found(book, "gemini", "gemini-2.5-pro")).isFalse();
        assertThat(found(book, "openai", "GPT-4")).isTrue();
        assertThat(found(book, "azure", "gpt-4")).isFalse();
        assertThat(found(book, "cohere", "command-r")).isTrue();
        assertThat(found(book, "bedrock", "nova")).isTrue();
        assertThat(found(book, null, "nova")).isTrue();
        assertThat(found(book, "anyone", "house-model")).isTrue();
    }

    @Test
    void of_a_fine_tuned_model_is_never_that_of_its_base() {
        PriceBook book = new PriceBook();
        book.add(price("gpt-4o-mini").rate("input_cost_per_token", "0").revision());

        assertThat(found(book, "openai", "ft:gpt-4o-mini:acme::abc")).isFalse();

        book.add(price("ft:gpt-4o-mini").rate("input_cost_per_token", "0").revision());

        assertThat(found(book, "openai", "ft:gpt-4o-mini:acme::abc")).isTrue();
    }

    @Test
    void that_carries_its_region_is_found_as_it_is_reported() {
        PriceBook book = new PriceBook();
        book.add(price("bedrock/us-east-1/anthropic.claude-v1")
                .provider("bedrock")
                .rate("input_cost_per_token", "0")
                .revision());

        assertThat(found(book, null, "bedrock/us-east-1/anthropic.claude-v1")).isTrue();
        assertThat(found(book, "bedrock", "bedrock/us-east-1/anthropic.claude-v1"))
                .isTrue();
    }

    private static boolean found(PriceBook book, @Nullable String provider, String model) {
        return book.lookup(PriceBook.LIST, provider, model, null, Instant.parse("2026-02-01T00:00:00Z"))
                instanceof PriceLookup.Found;
    }

    /** Without the last resort, the name exactly as reported. */
    private static List<String> keys(@Nullable String provider, String model, @Nullable String region) {
        List<KeyMatch> candidates = PriceKeys.candidates(provider, model, region);
        return candidates.subList(0, candidates.size() - 1).stream()
                .map(KeyMatch::key)
                .toList();
    }
}
