package io.costops.anomaly.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.budget.BudgetScope;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A budget")
class BudgetTest {
    private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");
    private static final Period MARCH = Period.at(NOW, BudgetPeriod.MONTH, ZoneId.of("UTC"));

    @Nested
    @DisplayName("has periods that begin in its owner's time zone")
    class Periods {
        @ParameterizedTest(name = "{0} of {1} in {2}")
        @CsvSource({
            "DAY,     2026-03-08T12:00:00Z, America/New_York, 2026-03-08T05:00:00Z, 2026-03-09T04:00:00Z",
            "WEEK,    2026-03-08T12:00:00Z, UTC,              2026-03-02T00:00:00Z, 2026-03-09T00:00:00Z",
            "MONTH,   2026-02-28T23:30:00Z, Europe/Berlin,    2026-02-28T23:00:00Z, 2026-03-31T22:00:00Z",
            "QUARTER, 2026-12-31T23:59:59Z, UTC,              2026-10-01T00:00:00Z, 2027-01-01T00:00:00Z",
            "REQUEST, 2026-03-08T12:00:00Z, UTC,              2026-03-08T00:00:00Z, 2026-03-09T00:00:00Z"
        })
        void of(BudgetPeriod period, Instant moment, String zone, Instant start, Instant end) {
            assertThat(Period.at(moment, period, ZoneId.of(zone))).isEqualTo(new Period(start, end));
        }

        @Test
        void that_are_shorter_on_the_day_when_clocks_change() {
            Period day =
                    Period.at(Instant.parse("2026-03-08T12:00:00Z"), BudgetPeriod.DAY, ZoneId.of("America/New_York"));

            assertThat(Duration.between(day.start(), day.end())).isEqualTo(Duration.ofHours(23));
        }
    }

    @Nested
    @DisplayName("tells of each threshold once in a period")
    class Thresholds {
        @Test
        void at_70_90_and_100_percent() {
            List<Alert> steps = spend(budget("100"), "69.99", "70", "75", "90", "99.99", "100", "150");

            assertThat(steps)
                    .extracting(Alert::getAction)
                    .containsExactly(AlertAction.OPENED, AlertAction.ESCALATED, AlertAction.ESCALATED);
            assertThat(steps)
                    .extracting(Alert::getSeverity)
                    .containsExactly(AlertSeverity.WARNING, AlertSeverity.CRITICAL, AlertSeverity.CRITICAL);
            assertThat(steps)
                    .extracting(Alert::getIncidentId)
                    .containsOnly(steps.get(0).getIncidentId());
        }

        @Test
        void and_of_the_highest_alone_when_one_event_crosses_all() {
            List<Alert> steps = spend(budget("100"), "500");

            assertThat(steps).singleElement().satisfies(step -> {
                assertThat(step.getAction()).isEqualTo(AlertAction.OPENED);
                assertThat(step.getThresholdPercent()).isEqualByComparingTo("100");
                assertThat(step.getImpact()).isEqualByComparingTo("400");
                assertThat(step.getTitle()).isEqualTo("Budget team-a: 500.0 % of 100.00 USD spent");
            });
        }

        @Test
        void and_not_again_when_an_adjustment_takes_it_below_and_it_comes_back() {
            List<Alert> steps = spend(budget("100"), "71", "50", "72", "95");

            assertThat(steps)
                    .extracting(Alert::getAction)
                    .containsExactly(AlertAction.OPENED, AlertAction.RESOLVED, AlertAction.REOPENED);
        }

        @Test
        void of_a_limit_of_zero_with_the_first_cent() {
            assertThat(spend(budget("0"), "0")).isEmpty();
            assertThat(spend(budget("0"), "0.000000000000000000000000000001"))
                    .extracting(Alert::getAction)
                    .containsExactly(AlertAction.OPENED);
            assertThat(spend(budget("0"), "-5")).isEmpty();
        }

        @Test
        void and_its_incident_ends_with_the_period() {
            PeriodSpend spent = judge(
                            budget("100"), PeriodSpend.NOTHING.plus(new BigDecimal("80"), 1, 1), Optional.empty())
                    .spend();

            assertThat(BudgetWatch.end(budget("100"), MARCH, spent, MARCH.end()).steps())
                    .singleElement()
                    .satisfies(step -> assertThat(step.getAction()).isEqualTo(AlertAction.RESOLVED));
        }

        @Test
        void and_of_the_forecast_in_an_incident_of_its_own() {
            BudgetWatch.Outlook outlook = new BudgetWatch.Outlook(
                    new BigDecimal("120"),
                    new BigDecimal("110"),
                    new BigDecimal("130"),
                    Optional.of(Instant.parse("2026-03-25T00:00:00Z")),
                    Optional.empty(),
                    Optional.empty());
            BudgetWatch.Judged judged =
                    judge(budget("100"), PeriodSpend.NOTHING.plus(new BigDecimal("10"), 1, 1), Optional.of(outlook));

            assertThat(judged.steps()).singleElement().satisfies(step -> {
                assertThat(step.getMetric()).isEqualTo("forecast_of_budget");
                assertThat(step.getExplanation()).contains("likely reached at 2026-03-25");
            });
            assertThat(judge(budget("100"), judged.spend(), Optional.of(outlook))
                            .steps())
                    .isEmpty();
        }

        @Test
        void and_the_incident_of_the_forecast_ends_when_it_is_spent() {
            BudgetWatch.Outlook outlook = new BudgetWatch.Outlook(
                    new BigDecimal("120"),
                    new BigDecimal("110"),
                    new BigDecimal("130"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            PeriodSpend told = judge(
                            budget("100"), PeriodSpend.NOTHING.plus(new BigDecimal("10"), 1, 1), Optional.of(outlook))
                    .spend();

            BudgetWatch.Judged spent =
                    judge(budget("100"), told.plus(new BigDecimal("90"), 1, 1), Optional.of(outlook));

            assertThat(spent.steps())
                    .extracting(step -> step.getCategory() + " " + step.getAction())
                    .containsExactly("BUDGET OPENED", "FORECAST RESOLVED");
            assertThat(judge(budget("100"), spent.spend(), Optional.of(outlook)).steps())
                    .isEmpty();
        }

        private List<Alert> spend(Budget budget, String... sums) {
            List<Alert> steps = new ArrayList<>();
            PeriodSpend spend = PeriodSpend.NOTHING;
            for (String sum : sums) {
                spend = spend.plus(new BigDecimal(sum).subtract(spend.spent()), 1, 1);
                BudgetWatch.Judged judged = judge(budget, spend, Optional.empty());
                spend = judged.spend();
                steps.addAll(judged.steps());
            }
            return steps;
        }
    }

    @Nested
    @DisplayName("covers what has all of its values")
    class Scopes {
        private final Map<String, String> usage = Map.of("tenant", "acme", "project", "chat", "model", "gpt-5");

        @Test
        void or_everything() {
            assertThat(new BudgetScope(Map.of()).covers(usage, Map.of())).isTrue();
        }

        @Test
        void by_dimension_and_by_tag() {
            BudgetScope scope = new BudgetScope(Map.of("tenant", "acme", "model", "gpt-5", "tags.squad", "red"));

            assertThat(scope.covers(usage, Map.of("squad", "red"))).isTrue();
            assertThat(scope.covers(usage, Map.of("squad", "blue"))).isFalse();
            assertThat(new BudgetScope(Map.of("user", "u")).covers(usage, Map.of()))
                    .isFalse();
        }
    }

    @ParameterizedTest(name = "{0} is refused, naming {1}")
    @CsvSource({"limit, limit", "zone, time_zone", "scope, scope.colour", "period, period", "currency, currency"})
    void is_refused_with_the_field_and_the_fix(String wrong, String field) {
        Budget budget = budget("100");
        switch (wrong) {
            case "limit" -> budget.setLimit(new BigDecimal("-1"));
            case "zone" -> budget.setTimeZone("Mars/Olympus");
            case "scope" -> budget.setScope(Map.of("colour", "red"));
            case "period" -> budget.setPeriod(BudgetPeriod.UNKNOWN);
            default -> budget.setCurrency("gold");
        }

        assertThat(BudgetRules.violation(budget))
                .hasValueSatisfying(message -> assertThat(message).contains(field));
        assertThat(BudgetRules.violation(budget("0"))).isEmpty();
    }

    private static BudgetWatch.Judged judge(Budget budget, PeriodSpend spend, Optional<BudgetWatch.Outlook> outlook) {
        return BudgetWatch.judge(budget, MARCH, spend, outlook, NOW);
    }

    private static Budget budget(String limit) {
        return Budget.newBuilder()
                .setBudgetId("team-a")
                .setPeriod(BudgetPeriod.MONTH)
                .setLimit(LedgerDecimal.fit(new BigDecimal(limit), "limit"))
                .setScope(Map.of("tenant", "acme"))
                .setRecordedAt(NOW)
                .build();
    }
}
