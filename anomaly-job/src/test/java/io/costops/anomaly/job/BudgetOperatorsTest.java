package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
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

        @SuppressWarnings("try") // closing the harness
        private List<Charge> charge(List<Budget> budgets, Usage... usages) throws Exception {
            var operator =
                    new CoBroadcastWithNonKeyedOperator<>(new ChargeBudgets(List::of), List.of(ChargeBudgets.BUDGETS));
            try (var harness = new TwoInputStreamOperatorTestHarness<Usage, Budget, Charge>(operator)) {
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

        @Test
        void to_the_last_digit_and_go_on_after_a_restore() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("0.1", "0.000000000000000000000000000001"), 2);
            run(NOW.plusSeconds(5), null, List.of("0.6", "-0.05"), 2);

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
            run(NOW, budget("b", Map.of(), "1"), List.of("0.75"), 2);
            run(NOW.plusSeconds(5), null, List.of("0.01"), 2);
            run(NOW.plusSeconds(10), null, List.of("0.5"), 2);

            assertThat(alerts).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.ESCALATED);
        }

        @Test
        void and_begin_again_with_the_next_period() throws Exception {
            run(NOW, budget("b", Map.of(), "1"), List.of("2"), 2);
            run(Instant.parse("2026-04-01T00:00:00Z"), null, List.of(), 11);

            assertThat(alerts).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
            assertThat(states.get(states.size() - 1).getSpent()).isEqualByComparingTo("0");
            assertThat(states.get(states.size() - 1).getPeriodStart()).isEqualTo(Instant.parse("2026-04-01T00:00:00Z"));
        }

        @Test
        void from_what_was_spent_before_they_were_put() throws Exception {
            Budget budget = budget("b", Map.of(), "100");
            budget.setCountedFrom(NOW);
            budget.setOpeningSpend(decimal("40.5"));

            run(NOW, budget, List.of("1"), 2);
            run(NOW.plusSeconds(5), null, List.of("1"), 2);

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
                charges.add(new Charge(
                        "b",
                        Instant.parse(day > 9 ? "2026-02-01T00:00:00Z" : "2026-03-01T00:00:00Z")
                                .toEpochMilli(),
                        at.toEpochMilli(),
                        at.toEpochMilli(),
                        new BigDecimal("10"),
                        1));
            }
            runCharges(NOW, budget("b", Map.of(), "200"), charges, 2);

            BudgetState newest = states.get(states.size() - 1);
            assertThat(newest.getSpent()).isEqualByComparingTo("100");
            assertThat(newest.getForecast()).isBetween(new BigDecimal("200"), new BigDecimal("420"));
            assertThat(newest.getForecastLow()).isLessThan(newest.getForecastHigh());
            assertThat(newest.getExhaustedAt())
                    .isBetween(Instant.parse("2026-03-14T00:00:00Z"), Instant.parse("2026-03-29T00:00:00Z"));
            assertThat(alerts).extracting(Alert::getMetric).contains("forecast_of_budget");
        }

        private void run(Instant at, @Nullable Budget budget, List<String> amounts, int seconds) throws Exception {
            List<Charge> charges = new ArrayList<>();
            for (String amount : amounts) {
                charges.add(new Charge(
                        "b",
                        Instant.parse("2026-03-01T00:00:00Z").toEpochMilli(),
                        NOW.toEpochMilli(),
                        NOW.toEpochMilli(),
                        new BigDecimal(amount),
                        1));
            }
            runCharges(at, budget, charges, seconds);
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
                harness.setProcessingTime(at.plusSeconds(seconds).toEpochMilli());
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
