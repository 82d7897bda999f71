package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.rowbinary.RowFormat;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The sink of alerts")
class AlertSinkTest extends SinkContract<Alert> {
    @Override
    RowFormat<Alert> format() {
        return AlertRows.format();
    }

    @Override
    Alert row(int number) {
        return TestAlerts.of("acme", "incident " + number);
    }

    @Override
    String textColumn() {
        return "title";
    }

    @Test
    void a_step_is_kept_whole() {
        SinkHarness.commit(clickHouse, SinkHarness.seal(format, List.of(TestAlerts.retryLoop())));

        assertThat(TestClickHouse.row(
                        clickHouse,
                        "SELECT incident_id, sequence, action, category, severity, cause, suppressed, resolved_at,"
                                + " tenant, scope['model'], metric, actual, expected_low, impact, budget_id,"
                                + " root_causes.value, root_causes.share_percent, cost_factors.impact,"
                                + " length(recent.actual), recent.actual[9], detector FROM db.alert_steps"))
                .isEqualTo("acme/chatbot/gpt-4o/cost/2026-07-14T11:58:00Z\t0\topened\tanomaly\tcritical\tretry_loop\t\t"
                        + "\\N\tacme\tgpt-4o\tcost\t14.2\t0.6\t18.7\t\t['key-7']\t[97.5]\t[18.9,-0.2]\t10\t6.5\trsr/1");
    }
}
