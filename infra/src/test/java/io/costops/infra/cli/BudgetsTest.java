package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.anomaly.budget.Period;
import io.costops.infra.books.BookException;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetThreshold;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The command budgets put")
class BudgetsTest {
    @Test
    void takes_a_threshold_with_its_severity() {
        BudgetThreshold threshold = Budgets.Put.threshold("--threshold", "82.5:critical", false);

        assertThat(threshold.getPercent()).isEqualByComparingTo("82.5");
        assertThat(threshold.getSeverity()).isEqualTo(AlertSeverity.CRITICAL);
        assertThat(threshold.getOnForecast()).isFalse();
    }

    @Test
    void takes_a_threshold_alone_for_a_warning() {
        assertThat(Budgets.Put.threshold("--forecast-threshold", "110", true))
                .returns(AlertSeverity.WARNING, BudgetThreshold::getSeverity)
                .returns(true, BudgetThreshold::getOnForecast);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "much", "80:loud", "80:unknown", "1e40", ":warning"})
    void says_how_a_threshold_is_given(String text) {
        assertThatThrownBy(() -> Budgets.Put.threshold("--threshold", text, false))
                .isInstanceOf(BookException.class)
                .hasMessageContaining("--threshold is '" + text + "'")
                .hasMessageContaining("such as 80:warning");
    }

    @Test
    void sums_what_was_spent_before_by_all_of_the_scope_and_quotes_what_others_named() {
        Instant from = Instant.parse("2026-05-11T12:00:00Z");
        Budget budget = Budget.newBuilder()
                .setBudgetId("b")
                .setScope(Map.of("tenant", "o'neill", "tags.team", "a\\b"))
                .setPeriod(BudgetPeriod.DAY)
                .setLimit(BigDecimal.ONE.setScale(30))
                .setCountedFrom(from)
                .setRecordedAt(from)
                .build();

        assertThat(Budgets.Put.query(budget, Period.at(from, BudgetPeriod.DAY, ZoneOffset.UTC)))
                .contains("`tenant` = 'o\\'neill' AND", "tags['team'] = 'a\\\\b' AND", "billing_currency = 'USD'")
                .contains("event_time >= fromUnixTimestamp64Milli(1778457600000)");
    }
}
