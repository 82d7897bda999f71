package io.costops.sinks;

import static io.costops.sinks.TestAlerts.NOON;
import static io.costops.sinks.TestAlerts.decimal;

import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.ForecastHorizon;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Budgets and forecasts as the watch writes them. */
public final class TestBudgets {
    private static final Instant JULY = Instant.parse("2026-07-01T00:00:00Z");
    private static final Instant AUGUST = Instant.parse("2026-08-01T00:00:00Z");

    private TestBudgets() {}

    /** A budget of 100 USD a month, of which so much is spent and known as many seconds after noon. */
    public static BudgetState state(@Nullable String tenant, String id, int spent) {
        return BudgetState.newBuilder()
                .setBudgetId(id)
                .setBudget(Budget.newBuilder()
                        .setBudgetId(id)
                        .setName("Chatbot")
                        .setScope(tenant == null ? Map.of() : Map.of("tenant", tenant))
                        .setPeriod(BudgetPeriod.MONTH)
                        .setLimit(decimal("100"))
                        .setCurrency("USD")
                        .setTimeZone("Europe/Berlin")
                        .setHard(true)
                        .setOwner("ml")
                        .setRecordedAt(JULY)
                        .build())
                .setPeriodStart(JULY)
                .setPeriodEnd(AUGUST)
                .setSpent(decimal(Integer.toString(spent)))
                .setRequests(spent)
                .setPercent(decimal(Integer.toString(spent)))
                .setAsOf(NOON.plusSeconds(spent))
                .setUpdatedAt(NOON.plusSeconds(spent))
                .build();
    }

    /** A forecast of 120 USD for a project, made so many hours after noon. */
    public static Forecast forecast(@Nullable String tenant, String project, int hours) {
        return Forecast.newBuilder()
                .setSeries(tenant + "/USD/project/" + project)
                .setTenant(tenant)
                .setDimension("project")
                .setValue(project)
                .setHorizon(ForecastHorizon.MONTH_END)
                .setPeriodStart(JULY)
                .setPeriodEnd(AUGUST)
                .setSpent(decimal("50"))
                .setExpected(decimal("120"))
                .setLow80(decimal("110"))
                .setHigh80(decimal("130"))
                .setLow95(decimal("100"))
                .setHigh95(decimal("140"))
                .setCurrency("USD")
                .setHistoryDays(90)
                .setColdStart(false)
                .setMethod("bank/1")
                .setForecastAt(NOON.plusSeconds(3_600L * hours))
                .setRecordedAt(NOON.plusSeconds(3_600L * hours + 1))
                .build();
    }
}
