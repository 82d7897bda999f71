package io.costops.sinks.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.ForecastHorizon;
import io.costops.sinks.TestBudgets;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.ledger.TestRows;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The views of budgets and forecasts")
class BudgetViewsTest {
    private final ClickHouse clickHouse = TestClickHouse.emptied(BudgetViewsTest.class);

    @Test
    void show_each_budget_as_it_stands() {
        TestRows.insertBudgets(
                clickHouse, List.of(TestBudgets.state("acme", "b", 95), TestBudgets.state("acme", "b", 40)));
        TestRows.insertBudgets(clickHouse, List.of(TestBudgets.state("acme", "b", 70)));
        assertThat(TestClickHouse.row(
                        clickHouse,
                        "SELECT tenant, name, period, limit_amount, enforcement, spent, percent, remaining, forecast,"
                                + " updated_at FROM db.budget_status"))
                .isEqualTo("acme\tChatbot\tmonth\t100\thard\t95\t95\t5\t\\N\t2026-07-14 12:01:35.000000");
    }

    @Test
    void begin_anew_with_the_next_period() {
        BudgetState next = TestBudgets.state("acme", "b", 1);
        next.setPeriodStart(Instant.parse("2026-08-01T00:00:00Z"));
        next.setUpdatedAt(Instant.parse("2026-08-01T00:00:01Z"));
        TestRows.insertBudgets(clickHouse, List.of(TestBudgets.state("acme", "b", 95), next));
        assertThat(TestClickHouse.row(clickHouse, "SELECT spent FROM db.budget_status"))
                .isEqualTo("1");
        assertThat(TestClickHouse.rows(clickHouse, "SELECT spent FROM db.budget_states ORDER BY period_start"))
                .containsExactly("95", "1");
    }

    @Test
    void show_a_budget_by_the_period_that_it_has_now_though_the_one_that_it_had_began_later() {
        BudgetState daily = TestBudgets.state("acme", "b", 60);
        daily.setPeriodStart(Instant.parse("2026-07-14T00:00:00Z"));
        TestRows.insertBudgets(clickHouse, List.of(daily, TestBudgets.state("acme", "b", 70)));
        assertThat(TestClickHouse.row(clickHouse, "SELECT spent FROM db.budget_status"))
                .isEqualTo("70");
    }

    @Test
    void leave_out_a_budget_that_was_deleted() {
        BudgetState deleted = TestBudgets.state("acme", "b", 96);
        deleted.getBudget().setDeleted(true);
        TestRows.insertBudgets(clickHouse, List.of(TestBudgets.state("acme", "b", 95), deleted));
        assertThat(TestClickHouse.rows(clickHouse, "SELECT * FROM db.budget_status"))
                .isEmpty();
    }

    @Test
    void show_the_newest_forecast_of_each_series_and_horizon() {
        Forecast quarter = TestBudgets.forecast("acme", "chatbot", 1);
        quarter.setHorizon(ForecastHorizon.QUARTER_END);
        TestRows.insertForecasts(
                clickHouse,
                List.of(
                        TestBudgets.forecast("acme", "chatbot", 2),
                        TestBudgets.forecast("acme", "chatbot", 1),
                        quarter));
        assertThat(TestClickHouse.rows(
                        clickHouse,
                        "SELECT value, horizon, expected, low_95, high_95, cold_start, forecast_at FROM db.forecasts"
                                + " ORDER BY horizon"))
                .containsExactly(
                        "chatbot\tmonth_end\t120\t100\t140\t0\t2026-07-14 14:00:00.000000",
                        "chatbot\tquarter_end\t120\t100\t140\t0\t2026-07-14 13:00:00.000000");
    }
}
