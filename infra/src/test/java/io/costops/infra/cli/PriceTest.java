package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.infra.examples.UsageExample;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("costops price")
class PriceTest {
    private static final String CASES = """
            {"id": "a", "source_kind": "openai.chat", "context": {}, "raw": {"id": "c1", "created": 1785285682, "model": "gpt-4o-mini", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 2}}}

            no json
            {"id": "c", "source": "openai.chat", "payload": {"id": "c2", "created": 1785285682, "model": "gpt-unheard-of", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 2}}}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void prices_every_published_example_to_the_last_digit() throws IOException {
        List<UsageExample> examples = UsageExample.all();
        assertThat(examples).hasSize(732);
        String cases = examples.stream().map(UsageExample::line).collect(Collectors.joining("\n"));

        run("price", file("examples.jsonl", cases));

        List<String> answers = out.toString().lines().toList();
        assertThat(answers).hasSameSizeAs(examples);
        SoftAssertions.assertSoftly(softly -> {
            for (int i = 0; i < answers.size(); i++) {
                UsageExample example = examples.get(i);
                softly.assertThat(answers.get(i)).startsWith("{\"id\":\"" + example.id() + "\",");
                softly.assertThat(UsageExample.answered(answers.get(i)))
                        .as(example.id())
                        .isEqualTo(example.expected());
            }
        });
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "732 cases: 718 priced, 10 unpriced, 4 without usage, 0 gateway cache hits, 0 rejected");
    }

    @Test
    void answers_every_case_with_a_line_and_sums_up_beside() throws IOException {
        int exitCode = run("price", file("cases.jsonl", CASES));

        assertThat(exitCode).isZero();
        assertThat(out.toString().lines())
                .satisfiesExactly(
                        first -> assertThat(first)
                                .contains("\"id\":\"a\"", "\"status\":\"priced\"", "\"cost_usd\":\"0.0000027\""),
                        second -> assertThat(second)
                                .contains("\"id\":\"3\"", "\"status\":\"rejected\"", "\"reason\":\"malformed_json\""),
                        third -> assertThat(third)
                                .contains("\"id\":\"c\"", "\"status\":\"unpriced\"", "\"cost_usd\":null"));
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "3 cases: 1 priced, 1 unpriced, 0 without usage, 0 gateway cache hits, 1 rejected");
    }

    @Test
    void takes_prices_of_ones_own_and_names_those_that_can_not_be_right() throws IOException {
        String prices = file("prices.json", """
                {"gpt-4o-mini": {"litellm_provider": "openai", "input_cost_per_token": 1, "output_cost_per_token": 1},
                 "gpt-unheard-of": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 0}}
                """);

        run("price", "--prices", prices, file("cases.jsonl", CASES));

        assertThat(out.toString()).contains("\"cost_usd\":\"0.00001\"");
        assertThat(err.toString()).contains("not used: gpt-4o-mini: ").contains("above the bound");
    }

    @Test
    void a_model_that_one_runs_oneself_costs_its_gpus_time() throws IOException {
        String prices = file("prices.json", """
                {"selfhosted/llama": {"litellm_provider": "selfhosted", "gpu_cost_per_second": 0.0007,
                                      "input_cost_per_token": 0, "output_cost_per_token": 0}}
                """);
        String cases = file("cases.jsonl", """
                {"id": "a", "source_kind": "selfhosted.chat", "raw": {"model": "llama", "usage": {"prompt_tokens": 5, "gpu_seconds": 2.5}}}
                {"id": "b", "source_kind": "selfhosted.chat", "context": {"gpu_seconds": 3}, "raw": {"model": "llama", "usage": {"prompt_tokens": 5}}}
                """);

        run("price", "--prices", prices, cases);

        assertThat(out.toString().lines())
                .satisfiesExactly(
                        first -> assertThat(first)
                                .contains("\"units\":{\"gpu_seconds\":2.5}", "\"cost_usd\":\"0.00175\""),
                        second -> assertThat(second)
                                .contains("\"units\":{\"gpu_seconds\":3}", "\"cost_usd\":\"0.0021\""));
    }

    @Test
    void explains_how_a_cost_came_about_and_what_an_unpriced_one_was_looked_for_under() throws IOException {
        int exitCode = run("price", "--explain", file("cases.jsonl", CASES));

        assertThat(exitCode).isZero();
        assertThat(out.toString())
                .contains(
                        "a: priced, 0.0000027 USD",
                        "openai/gpt-4o-mini  not in the book, the model's name",
                        "gpt-4o-mini         taken, the model's name",
                        "price       list/gpt-4o-mini@",
                        "10 input tokens: no threshold is passed",
                        "3: rejected, malformed_json",
                        "c: unpriced",
                        "openai/gpt-unheard-of  not in the book, the model's name",
                        "no price is known for openai gpt-unheard-of")
                .containsPattern(
                        "uncached_input +10 +0\\.00000015 +0\\.00000015 +0\\.0000015 +input_cost_per_token +its own")
                .containsPattern("total +- +- +- +0\\.0000027 +USD");
    }

    @Test
    void explains_for_programs_a_line_of_json_for_each_case() throws IOException {
        run("price", "--explain", "--json", file("cases.jsonl", CASES));

        assertThat(out.toString().lines())
                .hasSize(3)
                .first()
                .satisfies(line -> assertThat(line)
                        .contains(
                                "\"keys\":[{\"key\":\"openai/gpt-4o-mini\",\"rule\":\"exact\",\"outcome\":\"not_in_book\"",
                                "\"meter\":\"output_text\",\"quantity\":\"2\",\"rate\":\"0.0000006\"",
                                "\"cost\":\"0.0000027\",\"currency\":\"USD\""));
    }

    @Test
    void honours_what_the_cases_tenant_pays_otherwise() throws IOException {
        String own = file("own.ndjson", """
                {"scope": "tenant:acme", "price_key": "gpt-4o-mini", "rates": {"input_cost_per_token": "0.0000001"}}
                {"scope": "discount:globex", "price_key": "*", "rates": {"discount_percent": 10}}
                {"scope": "billing_currency:initech", "price_key": "*", "currency": "EUR"}
                {"scope": "exchange_rate", "price_key": "EUR/USD", "currency": "USD", "rates": {"rate": 1.25}}
                """);
        String usage =
                "{\"id\": \"%s\", \"source\": \"openai.chat\", \"tenant\": \"%s\", \"payload\": {\"id\": \"c\", \"created\":"
                        + " 1785285682, \"model\": \"gpt-4o-mini\", \"choices\": [], \"usage\": {\"prompt_tokens\": 1000}}}\n";
        String cases = file(
                "tenants.jsonl",
                usage.formatted("a", "acme")
                        + usage.formatted("g", "globex")
                        + usage.formatted("i", "initech")
                        + usage.formatted("u", "umbrella"));

        run("price", "--prices", own, cases);

        assertThat(out.toString().lines())
                .satisfiesExactly(
                        acme -> assertThat(acme)
                                .contains(
                                        "\"cost_usd\":\"0.0001\"",
                                        "\"list_cost\":\"0.00015\"",
                                        ",tenant:acme/gpt-4o-mini@"),
                        globex -> assertThat(globex)
                                .contains("\"cost_usd\":\"0.000135\"", "\"contracted_cost\":\"0.000135\""),
                        initech -> assertThat(initech)
                                .contains(
                                        "\"cost_usd\":null",
                                        "\"list_cost\":\"0.00015\"",
                                        "\"billed_cost\":\"0.00012\"",
                                        "\"pricing_currency\":\"USD\",\"billing_currency\":\"EUR\"",
                                        "\"exchange_rate_revision\":\"exchange_rate/EUR/USD@"),
                        umbrella -> assertThat(umbrella).endsWith("\"cost_usd\":\"0.00015\"}"));
    }

    @Test
    void explains_what_a_tenant_pays_otherwise() throws IOException {
        String own = file("own.json", """
                [{"scope": "tenant:acme", "price_key": "gpt-4o-mini", "rates": {"input_cost_per_token": "0.0000001"}},
                 {"scope": "discount:acme", "price_key": "*", "rates": {"discount_percent": 10}},
                 {"scope": "markup:acme", "price_key": "*", "rates": {"markup_percent": 5}}]
                """);
        String cases = file(
                "tenant.jsonl",
                CASES.lines()
                        .skip(3)
                        .findFirst()
                        .orElseThrow()
                        .replace("gpt-unheard-of", "gpt-4o-mini")
                        .replace("\"payload\"", "\"tenant\": \"acme\", \"payload\""));

        run("price", "--explain", "--prices", own, cases);

        assertThat(out.toString())
                .contains(
                        "tenant      acme",
                        "negotiated  tenant:acme/gpt-4o-mini@",
                        "discount    10 %, by discount:acme/*@",
                        "mark-up     5 %, by markup:acme/*@",
                        "negotiated input_cost_per_token",
                        "public price less 10 %");
        run("price", "--explain", "--json", "--prices", own, cases);
        assertThat(out.toString()).contains("\"discount\":{\"percent\":\"10\"");
    }

    @Test
    void says_in_one_line_that_a_file_is_not_there() {
        int exitCode = run("price", folder.resolve("absent.jsonl").toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(err.toString().strip())
                .startsWith("costops: there is no file")
                .hasLineCount(1);
    }

    @Test
    void says_in_one_line_that_a_price_file_is_none() throws IOException {
        int exitCode = run("price", "--prices", file("prices.json", "[1, 2"), file("cases.jsonl", CASES));

        assertThat(exitCode).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().strip())
                .startsWith("costops: can't read prices from")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "{\"models\": {}}", "{\"last_updated\": \"today\"}"})
    void says_in_one_line_that_there_is_no_price_in_a_price_file(String text) throws IOException {
        for (String option : List.of("--prices", "--price-history")) {
            int exitCode = run("price", option, file("prices.json", text), file("cases.jsonl", CASES));

            assertThat(exitCode).isEqualTo(1);
            assertThat(err.toString()).startsWith("costops: ").hasLineCount(1);
            err.getBuffer().setLength(0);
        }
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void a_price_that_can_not_be_right_neither_comes_nor_goes() throws IOException {
        String one = file("one.json", """
                {"m": {"input_cost_per_token": 1e-6}, "always-wrong": {"input_cost_per_token": 5},
                 "mended": {"input_cost_per_token": 5}}
                """);
        String other = file("other.json", """
                {"M": {"input_cost_per_token": 1}, "always-wrong": {"input_cost_per_token": 5},
                 "mended": {"input_cost_per_token": 5e-6}, "new": {"input_cost_per_token": 1e-6}}
                """);

        run("prices", "diff", one, other);

        assertThat(out.toString()).contains("+ list/new", "1 added, 0 removed, 0 changed, 0 the same");
        assertThat(err.toString().lines())
                .satisfiesExactly(
                        mended -> assertThat(mended)
                                .startsWith("not compared: " + one + ": mended: input_cost_per_token is 5 a token"),
                        broken -> assertThat(broken)
                                .startsWith("not compared: " + other + ": M: input_cost_per_token is 1 a token"));
        run("prices", "diff", "--json", one, other);
        assertThat(out.toString()).contains("\"not_compared\":[\"always-wrong\",\"m\",\"mended\"]");
    }

    @Test
    void two_maps_are_compared_without_a_platform() throws IOException {
        String one = file(
                "one.json", "{\"m\": {\"input_cost_per_token\": 1e-6}, \"gone\": {\"input_cost_per_token\": 1e-6}}");
        String other =
                file("other.json", "{\"m\": {\"input_cost_per_token\": 2e-6}, \"new\": {\"input_cost_per_token\": 0}}");

        assertThat(run("prices", "diff", one, other)).isZero();

        assertThat(out.toString())
                .contains("- list/gone", "+ list/new", "1 added, 1 removed, 1 changed, 0 the same")
                .containsPattern("list/m +input_cost_per_token +0.000001 +0.000002 +100");
        run("prices", "diff", "--json", one, other);
        assertThat(out.toString()).contains("\"old\":\"0.000001\",\"new\":\"0.000002\",\"percent\":\"100.00\"");
    }

    @Test
    void what_to_put_is_said_by_options_or_by_a_file() throws IOException {
        int exitCode = run("prices", "put", "--tenant", "acme", file("own.json", "[]"));

        assertThat(exitCode).isEqualTo(1);
        assertThat(err.toString()).contains("leave out the options that say it, or the file");
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private int run(String... arguments) {
        return Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    }
}
