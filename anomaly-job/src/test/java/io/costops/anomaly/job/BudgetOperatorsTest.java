package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.budget.BudgetRules;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithNonKeyedOperator;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.TwoInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Budgets in the job")
class BudgetOperatorsTest {
    private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");

    @Nested
    @DisplayName("are charged with entries")
    class Charged {
        @Test
        void that_are_in_their_scope_and_currency_whatever_their_kind() throws Exception {
            List<Charge> charges = charge(
                    List.of(
                            budget("of-acme", Map.of("tenant", "acme"), "100"),
                            budget("of-all", Map.of(), "100"),
                            budget("of-model", Map.of("tenant", "acme", "model", "gpt-5"), "100"),
                            budget("of-other", Map.of("tenant", "borealis"), "100")),
                    usage("acme", "gpt-5", NOW, "1.25", "USD"),
                    usage("acme", "claude", NOW, "-0.25", "USD"),
                    usage("acme", "gpt-5", NOW, "7", "EUR"));

            assertThat(charges)
                    .extracting(charge -> charge.budgetId() + " " + charge.amount())
                    .containsExactlyInAnyOrder(
                            "of-acme 1.25", "of-all 1.25", "of-model 1.25", "of-acme -0.25", "of-all -0.25");
        }

        @Test
        void but_not_with_those_that_are_in_the_opening_spend() throws Exception {
            Budget budget = budget("late", Map.of(), "100");
            budget.setCountedFrom(NOW);

            List<Charge> charges = charge(
                    List.of(budget),
                    usage("acme", "m", NOW.minusMillis(1), "1", "USD"),
                    usage("acme", "m", NOW, "2", "USD"));

            assertThat(charges).extracting(Charge::amount).containsExactly(new BigDecimal("2"));
        }

        @Test
        void and_an_older_revision_of_a_budget_is_no_news() throws Exception {
            Budget old = budget("b", Map.of("tenant", "acme"), "1");
            old.setRecordedAt(NOW.minusSeconds(60));
            Budget deleted = budget("b", Map.of("tenant", "acme"), "1");
            deleted.setDeleted(true);

            assertThat(charge(List.of(deleted, old), usage("acme", "m", NOW, "2", "USD")))
                    .isEmpty();
        }

        @Test
        @SuppressWarnings("try") // closing the harness
        void also_of_a_budget_that_was_put_while_the_job_was_down() throws Exception {
            Budget meanwhile = budget("meanwhile", Map.of(), "100");
            OperatorSubtaskState before;
            try (var harness = harness(List::of)) {
                harness.open();
                before = harness.snapshot(1, 1);
            }
            try (var harness = harness(() -> List.of(meanwhile))) {
                harness.initializeState(before);
                harness.open();
                harness.processElement1(new StreamRecord<>(usage("acme", "m", NOW, "2", "USD")));

                assertThat(harness.extractOutputValues())
                        .extracting(Charge::budgetId)
                        .containsExactly("meanwhile");
            }
        }

        private TwoInputStreamOperatorTestHarness<Usage, Budget, Charge> harness(BudgetLoader loader) throws Exception {
            return new TwoInputStreamOperatorTestHarness<>(
                    new CoBroadcastWithNonKeyedOperator<>(new ChargeBudgets(loader), List.of(ChargeBudgets.BUDGETS)));
        }

        @SuppressWarnings("try") // closing the harness
        private List<Charge> charge(List<Budget> budgets, Usage... usages) throws Exception {
            try (var harness = harness(List::of)) {
                harness.open();
                for (Budget budget : budgets) {
                    harness.processElement2(new StreamRecord<>(budget));
                }
                for (Usage usage : usages) {
                    harness.processElement1(new StreamRecord<>(usage));
                }
                return List.copyOf(harness.extractOutputValues());
            }
        }
    }

    @Nested
    @DisplayName("are kept")
    class Kept {
        private @Nullable OperatorSubtaskState state;
        private final List<Alert> alerts = new ArrayList<>();
        private final List<BudgetState> states = new ArrayList<>();
        /** The definition that charges are found by. */
        private Budget counting = budget("b", Map.of(), "1");

        @Test
        void to_the_last_digit_and_go_on_after_a_restore() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("0.1", "0.000000000000000000000000000001"), 9);
            run(NOW.plusSeconds(5), null, List.of("0.6", "-0.05"), 9);

            BudgetState newest = states.get(states.size() - 1);
            assertThat(newest.getSpent()).isEqualByComparingTo("0.650000000000000000000000000001");
            assertThat(newest.getRequests()).isEqualTo(4);
            assertThat(newest.getPeriodStart()).isEqualTo(Instant.parse("2026-03-01T00:00:00Z"));
            assertThat(newest.getPeriodEnd()).isEqualTo(Instant.parse("2026-04-01T00:00:00Z"));
            assertThat(newest.getAsOf()).isEqualTo(NOW);
            assertThat(alerts).isEmpty();
        }

        @Test
        void and_tell_of_a_threshold_once_though_restored_in_between() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("0.75"), 9);
            run(NOW.plusSeconds(5), null, List.of("0.01"), 9);
            run(NOW.plusSeconds(10), null, List.of("0.5"), 9);

            assertThat(alerts).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.ESCALATED);
        }

        @Test
        void and_say_after_two_days_down_how_they_stand_now_and_not_for_each_moment_that_has_passed() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("0.1"), 9);
            states.clear();

            run(NOW.plus(Duration.ofDays(2)), null, List.of(), 9);

            assertThat(states)
                    .hasSizeBetween(1, 2)
                    .allSatisfy(
                            state -> assertThat(state.getUpdatedAt()).isAfterOrEqualTo(NOW.plus(Duration.ofDays(2))));
        }

        /** A state that is told looks fresh to whoever decides by it. */
        @Test
        void and_say_nothing_while_usage_comes_that_was_booked_long_ago() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("0.1"), 9);
            states.clear();

            run(NOW.plus(Duration.ofMinutes(10)), null, List.of("0.2"), 4);
            assertThat(states).isEmpty();
            run(NOW.plus(Duration.ofMinutes(11)), null, List.of("0.3"), 9);

            assertThat(states)
                    .isNotEmpty()
                    .allSatisfy(state -> assertThat(state.getSpent()).isEqualByComparingTo("0.6"));
        }

        @Test
        void and_begin_again_with_the_next_period() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("2"), 9);
            run(Instant.parse("2026-04-01T00:00:00Z"), null, List.of(), 11);

            assertThat(alerts).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("0");
            assertThat(states.get(states.size() - 1).getPeriodStart()).isEqualTo(Instant.parse("2026-04-01T00:00:00Z"));
        }

        @Test
        void and_tell_of_what_reaches_a_threshold_of_a_period_only_after_its_end() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("0.75"), 9);
            Instant april = Instant.parse("2026-04-01T00:00:00Z");
            run(april, null, List.of(), 9);
            run(april.plusSeconds(3), null, List.of("0.5"), 9);
            run(april.plus(Duration.ofHours(7)), null, List.of("5"), 9);

            assertThat(alerts)
                    .extracting(Alert::getAction)
                    .containsExactly(
                            AlertAction.OPENED, AlertAction.RESOLVED, AlertAction.REOPENED, AlertAction.RESOLVED);
            assertThat(alerts.get(2).getTitle()).isEqualTo("Budget b: 125.0 % of 1.00 USD spent");
            assertThat(alerts)
                    .extracting(Alert::getIncidentId)
                    .containsOnly(alerts.get(0).getIncidentId());
            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("0");
        }

        @Test
        void and_do_not_hold_a_lower_limit_against_a_period_that_has_ended() throws Exception {
            Instant april = Instant.parse("2026-04-01T00:00:00Z");
            run(NOW, budget("b", Map.of(), "10"), List.of("6"), 9);
            run(april, null, List.of(), 9);
            run(april.plusSeconds(3), redefined("5"), List.of(), 9);

            assertThat(alerts).isEmpty();
        }

        @Test
        void from_what_was_spent_before_they_were_put() throws Exception {
            Budget budget = budget("b", Map.of(), "100");
            budget.setCountedFrom(NOW);
            budget.setOpeningSpend(decimal("40.5"));

            run(NOW, budget, List.of("1"), 9);
            run(NOW.plusSeconds(5), null, List.of("1"), 9);

            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("42.5");
        }

        @Test
        void and_are_told_every_ten_seconds_though_nothing_changes() throws Exception {
            run(NOW, budget("b", Map.of(), "0"), List.of(), 61);

            assertThat(states).hasSizeGreaterThanOrEqualTo(6);
            assertThat(states.get(0).getPercent()).isNull();
        }

        @Test
        void with_a_forecast_and_the_day_when_they_run_out() throws Exception {
            List<Charge> charges = new ArrayList<>();
            for (int day = 40; day >= 0; day--) {
                Instant at = NOW.minus(Duration.ofDays(day));
                charges.add(charge(counting, day > 9 ? "2026-02-01T00:00:00Z" : "2026-03-01T00:00:00Z", at, "10"));
            }
            runCharges(NOW, budget("b", Map.of(), "200"), charges, 9);

            BudgetState newest = states.get(states.size() - 1);
            assertThat(newest.getSpent()).isEqualByComparingTo("100");
            assertThat(newest.getForecast()).isBetween(new BigDecimal("200"), new BigDecimal("420"));
            assertThat(newest.getForecastLow()).isLessThan(newest.getForecastHigh());
            assertThat(newest.getExhaustedAt())
                    .isBetween(Instant.parse("2026-03-14T00:00:00Z"), Instant.parse("2026-03-29T00:00:00Z"));
            assertThat(alerts).extracting(Alert::getMetric).contains("forecast_of_budget");
        }

        @Test
        void and_tell_of_a_threshold_of_a_higher_limit_though_the_same_of_the_old_one_was_told() throws Exception {
            run(NOW, budget("b", Map.of(), "100"), List.of("100"), 9);
            run(NOW.plusSeconds(5), redefined("200"), List.of(), 9);
            assertThat(alerts).last().satisfies(step -> {
                assertThat(step.getAction()).isEqualTo(AlertAction.RESOLVED);
                assertThat(step.getExplanation()).contains("below every threshold");
            });

            run(NOW.plusSeconds(10), null, List.of("40"), 9);
            run(NOW.plusSeconds(15), null, List.of("60"), 9);

            assertThat(alerts)
                    .extracting(step -> step.getAction() + " "
                            + (step.getThresholdPercent() == null
                                    ? ""
                                    : step.getThresholdPercent().intValue()))
                    .containsExactly("OPENED 100", "RESOLVED ", "OPENED 70", "ESCALATED 100");
        }

        @Test
        void and_say_where_they_stand_when_a_higher_limit_leaves_a_lower_threshold_reached() throws Exception {
            run(NOW, budget("b", Map.of(), "100"), List.of("100"), 9);
            run(NOW.plusSeconds(5), redefined("125"), List.of(), 9);

            assertThat(alerts).last().satisfies(step -> {
                assertThat(step.getAction()).isEqualTo(AlertAction.RENOTIFIED);
                assertThat(step.getSeverity()).isEqualTo(AlertSeverity.WARNING);
                assertThat(step.getTitle()).isEqualTo("Budget b: 80.0 % of 125.00 USD spent");
            });
            run(NOW.plusSeconds(10), null, List.of("25"), 9);
            assertThat(alerts).last().extracting(Alert::getAction).isEqualTo(AlertAction.ESCALATED);
        }

        @Test
        void and_end_their_incident_when_something_else_counts_for_them() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("2"), 9);
            Budget other = redefined("1");
            other.setScope(Map.of("tenant", "acme"));
            run(NOW.plusSeconds(5), other, List.of(), 12);

            assertThat(alerts).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("0");
            assertThat(states)
                    .filteredOn(state -> state.getBudget().getDeleted())
                    .as("whose it was is told that it is gone")
                    .singleElement()
                    .satisfies(state -> assertThat(state.getBudget().getScope()).isEmpty());
        }

        @Test
        void with_what_a_new_definition_found_before_it_came_here_and_without_what_the_old_one_still_finds()
                throws Exception {
            Budget old = budget("b", Map.of(), "100");
            Budget other = redefined("100");
            other.setScope(Map.of("tenant", "acme"));
            String march = "2026-03-01T00:00:00Z";

            runCharges(NOW, null, List.of(charge(old, march, NOW, "1")), 9);
            runCharges(
                    NOW.plusSeconds(5), old, List.of(charge(other, march, NOW, "20"), charge(old, march, NOW, "4")), 9);
            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("5");
            runCharges(NOW.plusSeconds(10), other, List.of(charge(old, march, NOW, "300")), 9);

            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("20");
        }

        @Test
        void for_a_single_request_by_the_dearest_though_it_comes_before_their_definition() throws Exception {
            Budget each = budget("b", Map.of(), "5");
            each.setPeriod(BudgetPeriod.REQUEST);
            String day = "2026-03-10T00:00:00Z";

            runCharges(NOW, null, List.of(charge(each, day, NOW, "3"), charge(each, day, NOW, "2")), 1);
            runCharges(NOW.plusSeconds(5), each, List.of(charge(each, day, NOW, "1")), 9);

            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("3");
            assertThat(alerts).isEmpty();
        }

        private static Budget redefined(String limit) {
            Budget budget = budget("b", Map.of(), limit);
            budget.setRecordedAt(NOW.plusSeconds(1));
            return budget;
        }

        private void run(Instant at, @Nullable Budget budget, List<String> amounts, int seconds) throws Exception {
            List<Charge> charges = new ArrayList<>();
            if (budget != null) {
                counting = budget;
            }
            for (String amount : amounts) {
                charges.add(charge(counting, "2026-03-01T00:00:00Z", NOW, amount));
            }
            runCharges(at, budget, charges, seconds);
        }

        private static Charge charge(Budget by, String period, Instant at, String amount) {
            return new Charge(
                    "b",
                    BudgetRules.counting(by),
                    BudgetRules.definedMicros(by),
                    by.getPeriod() == BudgetPeriod.REQUEST,
                    Instant.parse(period).toEpochMilli(),
                    at.toEpochMilli(),
                    at.toEpochMilli(),
                    new BigDecimal(amount),
                    1);
        }

        /** One life of the operator, from what the last left to a snapshot. */
        @SuppressWarnings("try") // closing the harness
        private void runCharges(Instant at, @Nullable Budget budget, List<Charge> charges, int seconds)
                throws Exception {
            try (var harness = new KeyedTwoInputStreamOperatorTestHarness<String, Charge, Budget, Alert>(
                    new KeyedCoProcessOperator<>(new KeepBudget()),
                    Charge::budgetId,
                    Budget::getBudgetId,
                    Types.STRING)) {
                harness.setProcessingTime(at.toEpochMilli());
                if (state != null) {
                    harness.initializeState(state);
                }
                harness.open();
                if (budget != null) {
                    harness.processElement2(new StreamRecord<>(budget));
                }
                for (Charge charge : charges) {
                    harness.processElement1(new StreamRecord<>(charge));
                }
                for (int second = 1; second <= seconds; second++) {
                    harness.setProcessingTime(at.plusSeconds(second).toEpochMilli());
                }
                state = harness.snapshot(1, 1);
                alerts.addAll(harness.extractOutputValues());
                var told = harness.getSideOutput(KeepBudget.STATE);
                if (told != null) {
                    told.forEach(record -> states.add(record.getValue()));
                }
            }
        }
    }

    private static Usage usage(String tenant, String model, Instant at, String cost, String currency) {
        return new Usage(
                new Place(tenant, currency, "", model, ""),
                at.toEpochMilli(),
                at.toEpochMilli(),
                at.toEpochMilli(),
                Map.of("tenant", tenant, "model", model),
                Map.of(),
                new BigDecimal(cost),
                true,
                true,
                Sums.NOTHING);
    }

    private static Budget budget(String id, Map<String, String> scope, String limit) {
        return Budget.newBuilder()
                .setBudgetId(id)
                .setPeriod(BudgetPeriod.MONTH)
                .setLimit(decimal(limit))
                .setScope(scope)
                .setRecordedAt(NOW)
                .build();
    }

    private static BigDecimal decimal(String text) {
        return LedgerDecimal.fit(new BigDecimal(text), "amount");
    }
}
