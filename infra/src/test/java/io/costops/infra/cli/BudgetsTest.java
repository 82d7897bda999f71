package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.books.BookException;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetThreshold;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

        assertThat(Budgets.Put.openingQuery(budget))
                .contains("`tenant` = 'o\\'neill' AND", "tags['team'] = 'a\\\\b' AND", "billing_currency = 'USD'")
                .contains("event_time >= fromUnixTimestamp64Milli(1778457600000)");
        assertThat(Budgets.Put.otherCurrenciesQuery(budget))
                .contains("billing_currency != 'USD'", "`tenant` = 'o\\'neill' AND");
    }

    /** ClickHouse's sum of no value is NULL where values may be; a budget of what nobody used yet is the usual one. */
    @Test
    void takes_no_usage_for_nothing_spent() {
        assertThat(Budgets.Put.openingQuery(monthly())).contains("sum(ifNull(billed_cost, 0))");
    }

    @Test
    void sums_what_was_spent_before_once_and_again_if_it_was_cut_off() {
        Budget cutOff = monthly();
        assertThat(Budgets.Put.awaitsOpening(cutOff, NOON)).isTrue();
        assertThat(Budgets.Put.awaitsOpening(cutOff, Instant.parse("2026-06-01T00:00:00Z")))
                .as("that period is over")
                .isFalse();

        Budget summed = monthly();
        summed.setOpeningSpend(BigDecimal.ZERO.setScale(30));
        assertThat(Budgets.Put.awaitsOpening(summed, NOON)).isFalse();
        Budget single = monthly();
        single.setPeriod(BudgetPeriod.REQUEST);
        assertThat(Budgets.Put.awaitsOpening(single, NOON)).isFalse();
    }

    @Test
    void says_all_that_holds() {
        Budget budget = monthly();
        budget.setScope(Map.of("tenant", "acme", "tags.squad", "red"));
        budget.setHard(true);

        assertThat(Budgets.Put.inWords(budget))
                .isEqualTo("250 USD a month (Europe/Berlin) on tags.squad red, tenant acme; hard, fails open; tells at"
                        + " 70 % (warning), 90 % (critical), 100 % (critical), 100 % of the forecast (warning)");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "put b | --limit is missing",
                "put b --limit=-5 | limit is -5",
                "put b --limit=1e40 | at most 30 decimals",
                "put b --limit=much | --limit",
                "put b --limit=1 --period=year | --period is 'year': give request, day, week, month or quarter",
                "put b --limit=1 --currency=gold | currency 'gold' is no ISO 4217 code",
                "put b --limit=1 --time-zone=Mars | time_zone 'Mars' is no time zone",
                "put b --limit=1 --scope colour=red | scope.colour is not known",
                "put b --limit=1 --scope tenant | --scope is 'tenant': give DIMENSION=VALUE",
                "put b --limit=1 --scope tenant=a --scope tenant=b | --scope names tenant twice",
                "put b --limit=1 --threshold 80 --threshold 80.0:critical | thresholds has 80 twice",
                "put b --limit=1 --threshold=-1 | thresholds.percent is -1: give more than 0",
                "put b --limit=1 --threshold 80 --usual-thresholds | exclude each other",
                "put | ID"
            })
    void refuses_what_it_can_not_put_before_it_looks_for_a_platform(String arguments, String message) {
        StringWriter err = new StringWriter();
        List<String> words = new ArrayList<>(List.of("budgets"));
        words.addAll(List.of(arguments.split(" ")));

        assertThat(Main.execute(
                        new PrintWriter(new StringWriter()), new PrintWriter(err), words.toArray(String[]::new)))
                .isNotZero();
        assertThat(err.toString()).contains(message).doesNotContain("\tat ");
        assertThat(err.toString().lines()).hasSize(1);
    }

    private static final Instant NOON = Instant.parse("2026-05-11T12:00:00Z");

    private static Budget monthly() {
        return Budget.newBuilder()
                .setBudgetId("b")
                .setPeriod(BudgetPeriod.MONTH)
                .setLimit(new BigDecimal("250").setScale(30))
                .setTimeZone("Europe/Berlin")
                .setCountedFrom(NOON)
                .setRecordedAt(NOON)
                .build();
    }
}
