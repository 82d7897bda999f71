package io.costops.sinks.ledger;

import static io.costops.sinks.rowbinary.Column.decimal;
import static io.costops.sinks.rowbinary.Column.int64;
import static io.costops.sinks.rowbinary.Column.nullableDecimal;
import static io.costops.sinks.rowbinary.Column.nullableTime;
import static io.costops.sinks.rowbinary.Column.text;
import static io.costops.sinks.rowbinary.Column.textMap;
import static io.costops.sinks.rowbinary.Column.time;
import static io.costops.sinks.rowbinary.Column.word;

import io.costops.schemas.avro.BudgetState;
import io.costops.sinks.rowbinary.RowFormat;
import java.util.List;

/** States of budgets as rows of the table {@code budget_states}; migration V021 says what each column means. */
final class BudgetRows {
    static final String TABLE = "budget_states";

    private BudgetRows() {}

    static RowFormat<BudgetState> format() {
        return new RowFormat<>(
                TABLE,
                List.of(
                        text("budget_id", BudgetState::getBudgetId),
                        text("name", state -> state.getBudget().getName()),
                        word("tenant", state -> state.getBudget().getScope().get("tenant")),
                        textMap("scope", state -> state.getBudget().getScope()),
                        word(
                                "period",
                                state -> AlertRows.lower(state.getBudget().getPeriod())),
                        decimal("limit_amount", state -> state.getBudget().getLimit()),
                        word("currency", state -> state.getBudget().getCurrency()),
                        word("time_zone", state -> state.getBudget().getTimeZone()),
                        word("enforcement", state -> state.getBudget().getHard() ? "hard" : "soft"),
                        word("standing", state -> state.getBudget().getDeleted() ? "deleted" : "active"),
                        text("owner", state -> state.getBudget().getOwner()),
                        time("period_start", BudgetState::getPeriodStart),
                        time("period_end", BudgetState::getPeriodEnd),
                        decimal("spent", BudgetState::getSpent),
                        int64("requests", BudgetState::getRequests),
                        nullableDecimal("percent", BudgetState::getPercent),
                        nullableDecimal("forecast", BudgetState::getForecast),
                        nullableDecimal("forecast_low", BudgetState::getForecastLow),
                        nullableDecimal("forecast_high", BudgetState::getForecastHigh),
                        nullableTime("exhausted_at", BudgetState::getExhaustedAt),
                        nullableTime("exhausted_earliest", BudgetState::getExhaustedEarliest),
                        nullableTime("exhausted_latest", BudgetState::getExhaustedLatest),
                        nullableDecimal("crossed_percent", BudgetState::getCrossedPercent),
                        time("as_of", BudgetState::getAsOf),
                        time("updated_at", BudgetState::getUpdatedAt)),
                state -> "the state of budget " + state.getBudgetId());
    }
}
