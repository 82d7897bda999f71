package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("a dry run of pricing")
class DryRunTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
    private static final DryRun BUILT_IN = dryRun(List.of(), Optional.empty());

    @Nested
    @DisplayName("of a single case")
    class Single {
        @Test
        void writes_exact_decimals_as_strings_and_no_exponent() {
            assertThat(line(BUILT_IN, envelope("\"usage\": {\"prompt_tokens\": 1, \"completion_tokens\": 0}")))
                    .isEqualTo("{\"id\":\"a\",\"status\":\"priced\",\"tokens\":{\"uncached_input\":1},\"units\":{},"
                            + "\"total_input\":1,\"total_output\":0,\"service_tier\":\"standard\","
                            + "\"price_key\":\"gpt-4o-mini\",\"cost_usd\":\"0.00000015\"}");
        }

        @Test
        void names_the_field_of_a_bad_one() {
            JsonNode result = price(BUILT_IN, envelope("\"usage\": {\"prompt_tokens\": -1}"));

            assertThat(result.path("status").asText()).isEqualTo("rejected");
            assertThat(result.path("reason").asText()).isEqualTo("negative_quantity");
            assertThat(result.path("field").asText()).isEqualTo("payload.usage.prompt_tokens");
            assertThat(result.path("message").asText()).isNotBlank();
        }

        @Test
        void names_a_line_that_is_no_json_by_its_number() {
            JsonNode result = price(BUILT_IN, "{\"id\": ");

            assertThat(result.path("id").asText()).isEqualTo("1");
            assertThat(result.path("reason").asText()).isEqualTo("malformed_json");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{'id':'c-7','source_kind':'openai.chat','raw':{'usage':{'prompt_tokens':1e400}}}",
                    "{'id':'c-7','source_kind':'openai.chat','raw':{'a':1,'a':2}}",
                    "{'source_kind':'openai.chat','id':'c-7','raw':",
                    "{'id':'c-7','source_kind':'openai.chat','raw':{'usage':NaN}}"
                })
        void keeps_the_id_of_a_line_that_cant_be_read_to_its_end(String line) {
            JsonNode result = price(BUILT_IN, line.replace('\'', '"'));

            assertThat(result.path("status").asText()).isEqualTo("rejected");
            assertThat(result.path("id").asText()).isEqualTo("c-7");
        }

        @ParameterizedTest
        @CsvSource({
            "'{''id'':''a'',''source_kind'':''openai.chat''}', raw, missing_field",
            "'{''id'':''a'',''source_kind'':''openai.chat'',''raw'':null}', raw, missing_field",
            "'{''id'':''a'',''source_kind'':''open.chat'',''raw'':{}}', source_kind, unknown_source",
            "'{''id'':''a'',''raw'':{}}', source_kind, missing_field",
            "'{''id'':''a'',''source'':''open.chat'',''raw'':{}}', source, unknown_source",
            "'{''id'':''a'',''source'':''open.chat'',''payload'':{}}', source, unknown_source",
            "'{''id'':''a'',''source'':''openai.chat''}', payload, missing_field",
        })
        void names_the_field_by_the_name_that_the_case_has_for_it(String line, String field, String reason) {
            JsonNode result = price(BUILT_IN, line.replace('\'', '"'));

            assertThat(result.path("reason").asText()).isEqualTo(reason);
            assertThat(result.path("field").asText()).isEqualTo(field);
            assertThat(result.path("message").asText()).startsWith(field + " ");
        }

        @Test
        void has_no_cost_where_there_is_no_price() {
            JsonNode result = price(
                    BUILT_IN,
                    envelope("\"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": 2}")
                            .replace("gpt-4o-mini", "gpt-unheard-of"));

            assertThat(result.path("status").asText()).isEqualTo("unpriced");
            assertThat(result.path("cost_usd").isNull()).isTrue();
            assertThat(result.path("price_key").isNull()).isTrue();
        }

        private static String envelope(String usage) {
            return "{\"id\": \"a\", \"source\": \"openai.chat\", \"payload\": {\"id\": \"chatcmpl-1\", \"created\":"
                    + " 1785285682, \"model\": \"gpt-4o-mini\", \"choices\": [], " + usage + "}}";
        }
    }

    @Nested
    @DisplayName("with prices of one's own")
    class OwnPrices {
        private static final String PRICES = """
                {"own-model": {"litellm_provider": "openai", "input_cost_per_token": 1e-7, "output_cost_per_token": 2e-7},
                 "typo-model": {"litellm_provider": "openai", "input_cost_per_token": 3, "output_cost_per_token": 6}}
                """;

        @Test
        void they_hold_always_and_the_built_in_ones_do_not_shine_through(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("prices.json"), PRICES);
            DryRun own = dryRun(List.of(file), Optional.empty());

            assertThat(price(own, usage("own-model")).path("cost_usd").asText()).isEqualTo("0.0000014");
            assertThat(price(own, usage("gpt-4o-mini")).path("status").asText()).isEqualTo("unpriced");
        }

        @Test
        void they_come_before_the_built_in_ones_where_both_are_named(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("prices.json"), PRICES.replace("own-model", "gpt-4o-mini"));
            DryRun both = dryRun(List.of(Path.of("built-in"), file), Optional.empty());

            assertThat(price(both, usage("gpt-4o-mini")).path("cost_usd").asText())
                    .isEqualTo("0.0000014");
            assertThat(price(both, usage("gpt-4o")).path("status").asText()).isEqualTo("priced");
        }

        @Test
        void an_entry_that_can_not_be_right_is_refused_and_said(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("prices.json"), PRICES);

            assertThat(DryRunBooks.load(List.of(file), Optional.empty(), NOW).refusals())
                    .singleElement()
                    .satisfies(refusal -> {
                        assertThat(refusal.key()).isEqualTo("typo-model");
                        assertThat(refusal.message()).contains("above the bound");
                    });
        }

        @Test
        void a_case_that_asks_for_the_history_is_priced_by_it(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("history.json"), """
                    {"models": {"own-model": [
                      {"effective_from": "2020-01-01T00:00:00Z",
                       "prices": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 0}},
                      {"effective_from": "2026-01-01T00:00:00Z",
                       "prices": {"litellm_provider": "openai", "input_cost_per_token": 5e-6, "output_cost_per_token": 0}}]}}
                    """);
            DryRun own = dryRun(List.of(), Optional.of(file));

            assertThat(price(
                                    own,
                                    usage("own-model")
                                            .replace(
                                                    "\"context\": {",
                                                    "\"context\": {\"price_book\": \"price_history.json\""))
                            .path("cost_usd")
                            .asText())
                    .isEqualTo("0.00005");
        }

        private static String usage(String model) {
            return "{\"id\": \"a\", \"source_kind\": \"openai.chat\", \"context\": {}, \"raw\": {\"id\": \"c\","
                    + " \"created\": 1785285682, \"model\": \"" + model
                    + "\", \"choices\": [], \"usage\": {\"prompt_tokens\": 10, \"completion_tokens\": 2}}}";
        }
    }

    private static DryRun dryRun(List<Path> prices, Optional<Path> history) {
        DryRunBooks books = DryRunBooks.load(prices, history, NOW);
        return new DryRun(books.map(), books.history(), NOW);
    }

    private static JsonNode price(DryRun dryRun, String line) {
        try {
            return JSON.readTree(line(dryRun, line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String line(DryRun dryRun, String line) {
        StringWriter out = new StringWriter();
        try (ResultWriter writer = new ResultWriter(out)) {
            writer.write(dryRun.price(line.getBytes(StandardCharsets.UTF_8), 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString().strip();
    }
}
