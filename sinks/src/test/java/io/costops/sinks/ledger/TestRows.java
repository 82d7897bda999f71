package io.costops.sinks.ledger;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.sinks.clickhouse.ClickHouse;
import java.util.List;

/** Puts rows into the tables by the way that the job takes. */
public final class TestRows {
    private TestRows() {}

    public static void insertEntries(ClickHouse clickHouse, List<LedgerEntry> entries) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(LedgerRows.format(), entries));
    }

    public static void insertRejected(ClickHouse clickHouse, List<RejectedUsage> rejected) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(RejectedRows.format(), rejected));
    }

    public static void insertAlerts(ClickHouse clickHouse, List<Alert> alerts) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(AlertRows.format(), alerts));
    }

    public static void insertBudgets(ClickHouse clickHouse, List<BudgetState> states) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(BudgetRows.format(), states));
    }

    public static void insertForecasts(ClickHouse clickHouse, List<Forecast> forecasts) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(ForecastRows.format(), forecasts));
    }

    public static void insertDeliveries(ClickHouse clickHouse, List<AlertDelivery> deliveries) {
        SinkHarness.commit(clickHouse, SinkHarness.seal(DeliveryRows.format(), deliveries));
    }
}
