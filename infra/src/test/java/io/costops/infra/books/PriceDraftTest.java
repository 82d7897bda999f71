package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.PriceRevision;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a price put by options")
class PriceDraftTest {
    private static final Instant JULY = Instant.parse("2026-07-01T00:00:00Z");
    private static final Instant NOW = Instant.parse("2026-07-05T12:00:00Z");

    @Test
    void for_a_tenant_is_a_negotiated_one_with_the_rates_of_a_token() {
        PriceRevision revision = put(new PriceDraft()
                .tenant("acme")
                .model("gpt-4o")
                .inputPerMillion(new BigDecimal("2"))
                .rates(Map.of("cache_read_input_token_cost", new BigDecimal("0.000001"))));

        assertThat(revision.getScope()).isEqualTo("tenant:acme");
        assertThat(revision.getPriceKey()).isEqualTo("gpt-4o");
        assertThat(revision.getRates().get("input_cost_per_token")).isEqualByComparingTo("0.000002");
        assertThat(revision.getRates()).hasSize(2);
        assertThat(revision.getEffectiveFrom()).isEqualTo(JULY);
        assertThat(revision.getRecordedAt()).isEqualTo(NOW);
    }

    @Test
    void without_a_tenant_is_a_public_one_and_a_percentage_holds_for_all() {
        assertThat(put(new PriceDraft().model("m").outputPerMillion(BigDecimal.ONE))
                        .getScope())
                .isEqualTo("list");
        assertThat(put(new PriceDraft().markup(BigDecimal.TEN)).getScope()).isEqualTo("markup:*");
    }

    @Test
    void a_discount_is_for_every_model_a_provider_or_a_model() {
        assertThat(put(new PriceDraft().tenant("acme").discount(BigDecimal.TEN)).getPriceKey())
                .isEqualTo("*");
        assertThat(put(new PriceDraft().tenant("acme").provider("openai").discount(BigDecimal.TEN))
                        .getPriceKey())
                .isEqualTo("openai/*");
        assertThat(put(new PriceDraft().tenant("acme").model("gpt-4o").discount(BigDecimal.TEN))
                        .getPriceKey())
                .isEqualTo("gpt-4o");
    }

    @Test
    void a_currency_and_an_exchange_rate_are_revisions_too() {
        PriceRevision billing = put(new PriceDraft().tenant("acme").billedIn("EUR"));
        PriceRevision exchange = put(new PriceDraft().exchange("EUR/USD=1.0837"));

        assertThat(billing.getScope()).isEqualTo("billing_currency:acme");
        assertThat(billing.getCurrency()).isEqualTo("EUR");
        assertThat(exchange.getScope()).isEqualTo("exchange_rate");
        assertThat(exchange.getPriceKey()).isEqualTo("EUR/USD");
        assertThat(exchange.getCurrency()).isEqualTo("USD");
        assertThat(exchange.getRates().get("rate")).isEqualByComparingTo("1.0837");
    }

    @Test
    void a_gpus_time_makes_the_tokens_free_unless_they_have_a_rate() {
        PriceRevision revision = put(new PriceDraft()
                .model("selfhosted/llama")
                .provider("selfhosted")
                .outputPerMillion(BigDecimal.ONE)
                .perGpuSecond(new BigDecimal("0.0007")));

        assertThat(revision.getRates().get("gpu_cost_per_second")).isEqualByComparingTo("0.0007");
        assertThat(revision.getRates().get("input_cost_per_token")).isEqualByComparingTo("0");
        assertThat(revision.getRates().get("output_cost_per_token")).isEqualByComparingTo("0.000001");
    }

    @Test
    void a_withdrawal_has_no_numbers() {
        assertThat(put(new PriceDraft().tenant("acme").model("gpt-4o").withdrawn(true)))
                .satisfies(revision -> {
                    assertThat(revision.getScope()).isEqualTo("tenant:acme");
                    assertThat(revision.getWithdrawn()).isTrue();
                });
        assertThat(put(new PriceDraft().tenant("acme").discount(BigDecimal.ZERO).withdrawn(true))
                        .getRates())
                .isEmpty();
    }

    @Test
    void two_things_at_once_or_none_are_said() {
        assertThatThrownBy(() -> put(
                        new PriceDraft().tenant("acme").discount(BigDecimal.TEN).markup(BigDecimal.TEN)))
                .isInstanceOf(BookException.class)
                .hasMessage("one thing at a time, but this is a discount and a mark-up");
        assertThatThrownBy(() -> put(new PriceDraft().tenant("acme")))
                .isInstanceOf(BookException.class)
                .hasMessageContaining("nothing is asked for");
        assertThatThrownBy(() -> put(new PriceDraft().inputPerMillion(BigDecimal.ONE)))
                .hasMessageContaining("--model is missing");
        assertThatThrownBy(() -> put(new PriceDraft().exchange("EUR"))).hasMessageContaining("USD/EUR=0.92");
    }

    @Test
    void a_unit_error_is_refused_until_a_person_says_otherwise() {
        PriceDraft perMillionTakenForOne =
                new PriceDraft().model("m").rates(Map.of("input_cost_per_token", new BigDecimal("2.5")));

        assertThatThrownBy(() -> put(perMillionTakenForOne))
                .isInstanceOf(BookException.class)
                .hasMessageContaining("above the bound")
                .hasMessageContaining("--confirm-units");
        assertThat(put(perMillionTakenForOne.unitChecked(true)).getUnitChecked())
                .isTrue();
    }

    private static PriceRevision put(PriceDraft draft) {
        return draft.revision(JULY, NOW, null);
    }
}
