package io.costops.enrichment.pricebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.schemas.avro.PriceRevision;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("a file of prices")
class PriceFilesTest {
    private static final Options OPTIONS =
            Options.listFrom(Instant.parse("2026-07-24T00:00:00Z")).withSource("a test");

    @Nested
    @DisplayName("with a map of them")
    class Maps {
        @Test
        void gives_a_revision_for_each_model() throws IOException {
            PriceImport read = read("""
                    {"sample_spec": {"input_cost_per_token": 0.0, "mode": "one of"},
                     "last_updated": "2026-07-24",
                     "fallback_generalizations": {"rules": [{"name": "guess"}]},
                     "gpt-4o": {
                       "input_cost_per_token": 2.5e-06, "output_cost_per_token": 0.00001,
                       "search_context_cost_per_query": {"search_context_size_low": 0.03},
                       "provider_specific_entry": {"fast": 6.0, "schema": "v2"},
                       "litellm_provider": "openai", "mode": "chat", "max_tokens": 16384,
                       "supports_vision": true, "supported_regions": ["eu"], "output_vector_size": null,
                       "metadata": {"note_cost": 7}}}
                    """);

            assertThat(read.refusals()).isEmpty();
            PriceRevision revision = read.revisions().get(0);
            assertThat(read.revisions()).hasSize(1);
            assertThat(revision.getScope()).isEqualTo("list");
            assertThat(revision.getPriceKey()).isEqualTo("gpt-4o");
            assertThat(revision.getProvider()).isEqualTo("openai");
            assertThat(revision.getEffectiveFrom()).isEqualTo("2026-07-24T00:00:00Z");
            assertThat(revision.getRecordedAt()).isEqualTo("2026-07-24T00:00:00Z");
            assertThat(revision.getSource()).isEqualTo("a test");
            assertThat(revision.getAttributes()).containsOnlyKeys("mode");
            assertThat(revision.getRates())
                    .containsOnlyKeys(
                            "input_cost_per_token",
                            "output_cost_per_token",
                            "search_context_cost_per_query.search_context_size_low",
                            "provider_specific_entry.fast");
            assertThat(revision.getRates().get("input_cost_per_token")).isEqualByComparingTo("0.0000025");
        }

        @ParameterizedTest
        @CsvSource({
            "2.9999900000000002e-06, 0.0000029999900000000002",
            "1E-30, 0.000000000000000000000000000001",
            "0.1e-2, 0.001",
            "0.000, 0",
            "0, 0"
        })
        void keeps_every_digit_of_a_number(String literal, String rate) throws IOException {
            PriceImport read = read("{\"m\": {\"input_cost_per_token\": " + literal + "}}");

            assertThat(read.revisions().get(0).getRates().get("input_cost_per_token"))
                    .isEqualByComparingTo(new BigDecimal(rate))
                    .satisfies(decimal -> assertThat(decimal.scale()).isEqualTo(30));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "1e-31",
                    "1e400",
                    "1e999999999",
                    "1e99999999999",
                    "NaN",
                    "-Infinity",
                    "\"0.1\"",
                    "true",
                    "-1e-6",
                    "0.002"
                })
        void leaves_out_an_entry_with_a_wrong_number_and_takes_the_others(String literal) throws IOException {
            PriceImport read = read("{\"bad\": {\"output_cost_per_token\": 0, \"input_cost_per_token\": " + literal
                    + "}, \"good\": {\"input_cost_per_token\": 1e-6}}");

            assertThat(read.revisions()).extracting(PriceRevision::getPriceKey).containsExactly("good");
            assertThat(read.refusals()).singleElement().satisfies(refusal -> {
                assertThat(refusal.key()).isEqualTo("bad");
                assertThat(refusal.field()).isEqualTo("input_cost_per_token");
                assertThat(refusal.message()).contains("input_cost_per_token");
            });
        }

        @Test
        void reads_tiers_by_the_size_of_the_request() throws IOException {
            PriceImport read = read("""
                    {"qwen": {"litellm_provider": "dashscope", "tiered_pricing": [
                      {"range": [0, 256e3], "input_cost_per_token": 4e-7, "max_tokens": 1},
                      {"range": [256000.0, null], "input_cost_per_token": 1.2e-6, "output_cost_per_token": null}]}}
                    """);

            assertThat(read.refusals()).isEmpty();
            assertThat(read.revisions().get(0).getTiers()).hasSize(2).satisfies(tiers -> {
                assertThat(tiers.get(0).getAboveInputTokens()).isZero();
                assertThat(tiers.get(0).getUpToInputTokens()).isEqualTo(256_000L);
                assertThat(tiers.get(1).getAboveInputTokens()).isEqualTo(256_000L);
                assertThat(tiers.get(1).getUpToInputTokens()).isNull();
                assertThat(tiers.get(1).getRates()).containsOnlyKeys("input_cost_per_token");
            });
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[{\"input_cost_per_token\": 0, \"max_results_range\": [0, 25]}]",
                    "[{\"input_cost_per_token\": 0, \"range\": [0.5, 25]}]",
                    "[{\"input_cost_per_token\": 0, \"range\": [0]}]",
                    "[{\"input_cost_per_token\": 0, \"range\": [null, 25]}]",
                    "[{\"input_cost_per_token\": 0, \"range\": \"0-25\"}]",
                    "[{\"input_cost_per_token\": 0, \"range\": [{}, []]}]",
                    "[{\"input_cost_per_token\": \"0\", \"range\": [0, 25]}]",
                    "[{\"input_cost_per_token\": [0], \"range\": [0, 25]}]",
                    "[7]"
                })
        void leaves_out_an_entry_with_tiers_that_cant_be_read(String tiers) throws IOException {
            PriceImport read =
                    read("{\"bad\": {\"tiered_pricing\": " + tiers + "}, \"good\": {\"input_cost_per_token\": 0}}");

            assertThat(read.revisions()).extracting(PriceRevision::getPriceKey).containsExactly("good");
            assertThat(read.refusals().get(0).field()).startsWith("tiered_pricing[0]");
        }

        @Test
        void takes_a_model_that_is_listed_without_a_rate_for_a_free_one_and_says_so() throws IOException {
            PriceImport read = read("{\"copilot\": {\"litellm_provider\": \"github_copilot\", \"mode\": \"chat\"}}");

            assertThat(read.freeKeys()).containsExactly("copilot");
            assertThat(read.revisions().get(0).getRates().get("input_cost_per_token"))
                    .isEqualByComparingTo("0");
        }

        @ParameterizedTest
        @ValueSource(strings = {"{}", "{\"litellm_provider\": \"openai\"}", "{\"mode\": \"chat\", \"max_tokens\": 5}"})
        void leaves_out_an_empty_price(String entry) throws IOException {
            PriceImport read = read("{\"m\": " + entry + "}");

            assertThat(read.revisions()).isEmpty();
            assertThat(read.refusals()).extracting(Refusal::field).containsExactly("rates");
        }

        @Test
        void leaves_out_what_stands_twice_or_is_no_object() throws IOException {
            PriceImport read = read("""
                    {"m": {"input_cost_per_token": 1e-6},
                     "m": {"input_cost_per_token": 2e-6},
                     "n": {"input_cost_per_token": 1e-6, "input_cost_per_token": 2e-6},
                     "o": [1e-6]}
                    """);

            assertThat(read.revisions()).hasSize(1);
            assertThat(read.revisions().get(0).getRates().get("input_cost_per_token"))
                    .isEqualByComparingTo("0.000001");
            assertThat(read.refusals()).extracting(Refusal::key).containsExactly("m", "n", "o");
        }

        @Test
        void takes_rates_above_the_bound_once_a_person_confirmed_them() throws IOException {
            byte[] file = bytes("{\"m\": {\"input_cost_per_token\": 0.5}}");
            Options confirmed =
                    new Options("tenant:acme", Instant.EPOCH, Instant.parse("2026-01-01T00:00:00Z"), null, true);

            PriceRevision revision =
                    PriceFiles.read(file, confirmed).revisions().get(0);

            assertThat(revision.getUnitChecked()).isTrue();
            assertThat(revision.getScope()).isEqualTo("tenant:acme");
            assertThat(revision.getRecordedAt()).isEqualTo("2026-01-01T00:00:00Z");
        }
    }

    @Nested
    @DisplayName("with their history")
    class Histories {
        @Test
        void gives_a_revision_for_each_date_and_a_withdrawal_for_null() throws IOException {
            PriceImport read = read("""
                    {"source": "a mirror", "models": {"o3": [
                      {"effective_from": "2025-04-16T20:08:50Z", "commit": "1c19", "prices":
                        {"input_cost_per_token": 0.00001, "litellm_provider": "openai"}},
                      {"effective_from": "2025-06-11T00:35:23+02:00", "prices": null}]}}
                    """);

            assertThat(read.refusals()).isEmpty();
            assertThat(read.revisions()).hasSize(2);
            assertThat(read.revisions().get(0).getEffectiveFrom()).isEqualTo("2025-04-16T20:08:50Z");
            assertThat(read.revisions().get(0).getRecordedAt()).isEqualTo("2025-04-16T20:08:50Z");
            assertThat(read.revisions().get(1).getEffectiveFrom()).isEqualTo("2025-06-10T22:35:23Z");
            assertThat(read.revisions().get(1).getWithdrawn()).isTrue();
            assertThat(read.revisions().get(1).getProvider()).isEqualTo("openai");
        }

        @Test
        void leaves_out_what_is_wrong_and_takes_the_rest() throws IOException {
            PriceImport read = read("""
                    {"models": {
                      "a": [{"effective_from": "yesterday", "prices": {"input_cost_per_token": 0}},
                            {"effective_from": "2025-01-01T00:00:00Z", "prices": {"input_cost_per_token": 0}}],
                      "b": [{"effective_from": "2025-01-01T00:00:00Z"}, 7],
                      "c": {"input_cost_per_token": 0},
                      "d": [{"effective_from": "2025-01-01T00:00:00Z", "prices": {}}]}}
                    """);

            assertThat(read.revisions()).extracting(PriceRevision::getPriceKey).containsExactly("a");
            assertThat(read.refusals())
                    .extracting(refusal -> refusal.key() + " " + refusal.field())
                    .containsExactly("a [0].effective_from", "b [0].prices", "b [1]", "c c", "d rates");
        }

        @Test
        void must_have_models() {
            assertThatThrownBy(() -> PriceHistoryReader.read(new ByteArrayInputStream(bytes("{}")), OPTIONS))
                    .isInstanceOf(PriceFileException.class)
                    .hasMessageContaining("models");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [1]                    | one JSON object
            {"m": {"a": 1}         | line 1
            {"m": tru}             | line 1, column
            {"m": 1} {"n": 2}      | more follows
            ''                     | one JSON object
            model: gpt-4o          | Unrecognized token
            """)
    void that_is_none_says_where_it_breaks(String file, String message) {
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(PriceFileException.class)
                .hasMessageContaining(message);
    }

    private static PriceImport read(String file) throws IOException {
        return PriceFiles.read(bytes(file), OPTIONS);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
