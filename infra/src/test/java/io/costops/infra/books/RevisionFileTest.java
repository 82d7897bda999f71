package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("a file of price revisions")
class RevisionFileTest {
    private static final Instant JULY = Instant.parse("2026-07-01T00:00:00Z");
    private static final Instant NOW = Instant.parse("2026-07-05T12:00:00Z");

    @Test
    void holds_revisions_of_every_kind() {
        PriceImport read = read("""
                {"price_key": "m", "rates": {"input_cost_per_token": 1.10e-6}}
                {"scope": "tenant:acme", "price_key": "m", "currency": "EUR", "rates": {"input_cost_per_token": "0.000001"},
                 "effective_from": "2026-08-01T02:00:00+02:00"}
                {"scope": "discount:acme", "price_key": "openai/*", "rates": {"discount_percent": 15}}
                {"scope": "markup:*", "price_key": "*", "rates": {"markup_percent": "2.5"}}
                {"scope": "billing_currency:acme", "price_key": "*", "currency": "EUR"}
                {"scope": "exchange_rate", "price_key": "EUR/USD", "currency": "USD", "rates": {"rate": "1.0837"}}
                """);

        assertThat(read.refusals()).isEmpty();
        assertThat(read.revisions())
                .extracting(PriceRevision::getScope)
                .containsExactly(
                        "list", "tenant:acme", "discount:acme", "markup:*", "billing_currency:acme", "exchange_rate");
        assertThat(read.revisions().get(0).getEffectiveFrom()).isEqualTo(JULY);
        assertThat(read.revisions().get(0).getRecordedAt()).isEqualTo(NOW);
        assertThat(read.revisions().get(0).getRates().get("input_cost_per_token"))
                .isEqualByComparingTo("0.0000011");
        assertThat(read.revisions().get(1).getEffectiveFrom()).isEqualTo("2026-08-01T00:00:00Z");
    }

    @Test
    void is_what_is_printed() {
        PriceImport read = read("""
                [{"scope": "list", "price_key": "m", "provider": "openai", "effective_from": "2026-07-02T00:00:00Z",
                  "recorded_at": "2026-07-03T00:00:00Z", "currency": "CNY", "unit_checked": true, "source": "contract 7",
                  "rates": {"input_cost_per_token": "0.000000000000000000000000000001"},
                  "tiers": [{"above_input_tokens": 0, "up_to_input_tokens": 1000, "rates": {"input_cost_per_token": 5}},
                            {"above_input_tokens": 1000, "rates": {"input_cost_per_token": 7}}],
                  "attributes": {"mode": "chat"}},
                 {"price_key": "gone", "withdrawn": true}]
                """);

        StringBuilder printed = new StringBuilder();
        read.revisions()
                .forEach(revision -> printed.append(RevisionJson.of(revision)).append('\n'));
        PriceImport again = read(printed.toString());

        assertThat(again.refusals()).isEmpty();
        assertThat(again.revisions().toString()).isEqualTo(read.revisions().toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'price_key':'m'}|rates|at least one",
                "{'price_key':'m','rate':1}|rate|the fields are",
                "{'price_key':'m','rates':{'input_cost_per_token':'x'}}|rates.input_cost_per_token|must be a number",
                "{'price_key':'m','rates':{'input_cost_per_token':3}}|rates.input_cost_per_token|above the bound",
                "{'price_key':'m','rates':{'input_cost_per_token':-1}}|rates.input_cost_per_token|0 or more",
                "{'price_key':'m','effective_from':'July','rates':{'x_cost':1}}|effective_from|such as 2026-07-01",
                "{'scope':'tenant','price_key':'m','rates':{'x_cost':1}}|scope|tenant's name",
                "{'scope':'discount:a','price_key':'*','rates':{'discount_percent':101}}|rates.discount_percent|0 to 100",
                "{'scope':'discount:a','price_key':'*','rates':{'markup_percent':1}}|rates|discount_percent and nothing",
                "{'scope':'discount:a','price_key':'gpt*','rates':{'discount_percent':1}}|price_key|openai/*",
                "{'scope':'exchange_rate','price_key':'EUR/EUR','currency':'EUR','rates':{'rate':1}}|price_key|two different",
                "{'scope':'exchange_rate','price_key':'EUR/USD','currency':'EUR','rates':{'rate':1}}|currency|second of",
                "{'scope':'exchange_rate','price_key':'EUR/USD','rates':{'rate':0}}|rates.rate|worth",
                "{'scope':'billing_currency:a','price_key':'*','currency':'euro'}|currency|ISO 4217",
                "{'scope':'billing_currency:a','price_key':'m','currency':'EUR'}|price_key|one currency"
            })
    void names_the_field_and_the_fix_of_what_is_wrong(String json, String field, String message) {
        assertThat(read(json.replace('\'', '"').replace("tenant\"s", "tenant's"))
                        .refusals())
                .singleElement()
                .satisfies(refusal -> {
                    assertThat(refusal.field()).isEqualTo(field);
                    assertThat(refusal.message()).contains(message);
                    assertThat(refusal.key()).startsWith("revision 1");
                });
    }

    @Test
    void one_that_is_wrong_holds_up_no_other() {
        PriceImport read = read("""
                {"price_key": "bad", "rates": {}}
                {"price_key": "good", "rates": {"input_cost_per_token": 0}}
                """);

        assertThat(read.revisions()).extracting(PriceRevision::getPriceKey).containsExactly("good");
        assertThat(read.refusals())
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.key()).isEqualTo("revision 1 (list/bad)"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{\"price_key\": \"m\"}",
                "{\"scope\": \"list\", \"rates\": {\"price_key\": 1}, \"price_key\": \"m\"}\n{}"
            })
    void is_told_from_a_map_by_its_price_key(String json) {
        assertThat(RevisionFile.isOne(json.getBytes(StandardCharsets.UTF_8))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"price_key\": {\"input_cost_per_token\": 1}}",
                "{\"gpt-4o\": {\"price_key\": \"m\"}}",
                "{\"models\": {}}",
                "{",
                "",
                "7"
            })
    void a_map_is_none(String json) {
        assertThat(RevisionFile.isOne(json.getBytes(StandardCharsets.UTF_8))).isFalse();
    }

    private static PriceImport read(String json) {
        try {
            return RevisionFile.read(
                    json.getBytes(StandardCharsets.UTF_8), new Options("list", JULY, NOW, null, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
