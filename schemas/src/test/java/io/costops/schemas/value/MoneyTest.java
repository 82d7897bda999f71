package io.costops.schemas.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class MoneyTest {
    private static Money usd(String amount) {
        return new Money(new BigDecimal(amount), "USD");
    }

    @Test
    void adds_to_the_last_digit() {
        assertThat(usd("0.1").plus(usd("0.000000000000000000000000000002")))
                .isEqualTo(usd("0.100000000000000000000000000002"));
        assertThat(usd("1").plus(usd("1").negated())).isEqualTo(usd("0"));
    }

    @Test
    void refuses_to_mix_currencies() {
        assertThatThrownBy(() -> usd("1").plus(new Money(BigDecimal.ONE, "EUR")))
                .hasMessageContaining("EUR")
                .hasMessageContaining("USD");
        assertThatThrownBy(() -> new Money(BigDecimal.ONE, "dollars")).hasMessageContaining("ISO 4217");
    }

    @Test
    void a_billing_period_is_a_month_of_utc() {
        assertThat(BillingPeriod.of(Instant.parse("2026-06-30T23:59:59.999999Z")))
                .hasToString("2026-06");
        assertThat(BillingPeriod.of(Instant.parse("2026-07-01T00:00:00Z")).firstDay())
                .hasToString("2026-07-01");
    }

    @Test
    void a_tenant_has_a_printable_name() {
        assertThatThrownBy(() -> new TenantId("")).hasMessageContaining("tenant");
        assertThatThrownBy(() -> new TenantId("a\u0000b")).hasMessageContaining("control character");
        assertThat(new TenantId("acme")).hasToString("acme");
    }
}
