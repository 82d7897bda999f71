package io.costops.sinks.notify.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Figures for people")
class FiguresTest {
    @ParameterizedTest(name = "{0} reads {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "0.000000000000000000000000000000 | 0",
                "14.200000000000000000000000000000 | 14.2",
                "1234567.891 | 1,234,567.89",
                "0.00001234567 | 0.0000123",
                "-0.5 | -0.5",
                "100 | 100",
                "1E+20 | 100,000,000,000,000,000,000"
            })
    void are_rounded_for_reading(String exact, String shown) {
        assertThat(Figures.number(new BigDecimal(exact))).isEqualTo(shown);
    }

    @Test
    void are_written_as_on_an_invoice_where_they_are_money() {
        assertThat(Figures.money(new BigDecimal("2.7"), "USD")).isEqualTo("2.70 USD");
        assertThat(Figures.money(new BigDecimal("0.5"), "USD")).isEqualTo("0.50 USD");
        assertThat(Figures.money(new BigDecimal("-500"), "EUR")).isEqualTo("-500.00 EUR");
        assertThat(Figures.money(new BigDecimal("0.00001234567"), "USD")).isEqualTo("0.0000123 USD");
        assertThat(Figures.money(BigDecimal.ZERO, "USD")).isEqualTo("0 USD");
    }

    @Test
    void have_the_metrics_own_unit() {
        assertThat(Figures.metric("cost_per_request", new BigDecimal("0.02"), "EUR"))
                .isEqualTo("0.02 EUR");
        assertThat(Figures.metric("requests", new BigDecimal("1200"), "EUR")).isEqualTo("1,200");
        assertThat(Figures.metric("retry_rate", new BigDecimal("0.625"), "EUR")).isEqualTo("62.5 %");
    }
}
