package io.costops.sinks.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.ledger.TestRows;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The views of alerts")
class AlertViewsTest {
    private final ClickHouse clickHouse = TestClickHouse.emptied(AlertViewsTest.class);

    private static Alert step(int sequence, AlertAction action, AlertSeverity severity) {
        Alert alert = TestAlerts.step(sequence, action);
        alert.setIncidentId("i");
        alert.setSeverity(severity);
        return alert;
    }

    private void delivered(String receiver, DeliveryOutcome... outcomes) {
        for (int revision = 0; revision < outcomes.length; revision++) {
            TestRows.insertDeliveries(
                    clickHouse, List.of(TestAlerts.delivery("acme", "i", receiver, revision, outcomes[revision])));
        }
    }

    private String delivery() {
        return TestClickHouse.row(clickHouse, "SELECT delivery FROM db.alerts");
    }

    @Test
    void show_what_became_of_each_steps_notifications() {
        TestRows.insertAlerts(clickHouse, List.of(step(0, AlertAction.OPENED, AlertSeverity.ERROR)));
        assertThat(delivery()).isEqualTo("none");
        delivered("finops", DeliveryOutcome.QUEUED, DeliveryOutcome.FAILED);
        delivered("on-call", DeliveryOutcome.QUEUED, DeliveryOutcome.DELIVERED);
        assertThat(delivery()).isEqualTo("pending");
        assertThat(
                        TestClickHouse.rows(
                                clickHouse,
                                "SELECT d.receiver, d.outcome, d.attempts FROM db.alerts ARRAY JOIN deliveries AS d ORDER BY 1"))
                .containsExactly("finops\tfailed\t1", "on-call\tdelivered\t1");
        TestRows.insertDeliveries(
                clickHouse, List.of(TestAlerts.delivery("acme", "i", "finops", 2, DeliveryOutcome.DELIVERED)));
        assertThat(delivery()).isEqualTo("delivered");
        delivered("mail", DeliveryOutcome.QUEUED, DeliveryOutcome.REFUSED);
        assertThat(delivery()).isEqualTo("undelivered");
    }

    @Test
    void show_why_nobody_was_told() {
        Alert silenced = step(0, AlertAction.OPENED, AlertSeverity.ERROR);
        silenced.setSuppressed("silenced");
        TestRows.insertAlerts(clickHouse, List.of(silenced));
        assertThat(delivery()).isEqualTo("suppressed");
        assertThat(TestClickHouse.row(clickHouse, "SELECT suppressed, state FROM db.incidents"))
                .isEqualTo("silenced\topen");
    }

    @Test
    void show_each_incident_as_it_stands() {
        TestRows.insertAlerts(
                clickHouse,
                List.of(
                        step(0, AlertAction.OPENED, AlertSeverity.WARNING),
                        step(1, AlertAction.ESCALATED, AlertSeverity.CRITICAL)));
        String query = "SELECT state, steps, severity, peak_severity, opened_at, recorded_at, title FROM db.incidents";
        assertThat(TestClickHouse.row(clickHouse, query))
                .isEqualTo("open\t2\tcritical\tcritical\t2026-07-14 12:00:05.000000\t2026-07-14 12:01:05.000000\t"
                        + "Cost of chatbot on gpt-4o is 14 times what was expected");
        TestRows.insertAlerts(clickHouse, List.of(step(2, AlertAction.ACKNOWLEDGED, AlertSeverity.CRITICAL)));
        assertThat(TestClickHouse.row(clickHouse, "SELECT state FROM db.incidents"))
                .isEqualTo("acknowledged");
        TestRows.insertAlerts(clickHouse, List.of(step(3, AlertAction.RESOLVED, AlertSeverity.INFO)));
        assertThat(TestClickHouse.row(clickHouse, "SELECT state, severity, peak_severity FROM db.incidents"))
                .isEqualTo("resolved\tinfo\tcritical");
        TestRows.insertAlerts(clickHouse, List.of(step(4, AlertAction.REOPENED, AlertSeverity.ERROR)));
        assertThat(TestClickHouse.row(clickHouse, "SELECT state, steps FROM db.incidents"))
                .isEqualTo("open\t5");
    }

    @Test
    void list_the_anomalies_among_them() {
        Alert budget = TestAlerts.of("acme", "budget");
        budget.setCategory(AlertCategory.BUDGET);
        TestRows.insertAlerts(clickHouse, List.of(TestAlerts.of("acme", "anomaly"), budget));
        assertThat(TestClickHouse.rows(clickHouse, "SELECT incident_id, impact FROM db.anomalies"))
                .containsExactly("anomaly\t18.7");
    }

    @Test
    void keep_incidents_of_two_tenants_apart() {
        TestRows.insertAlerts(clickHouse, List.of(TestAlerts.of("acme", "i"), TestAlerts.of("globex", "i")));
        assertThat(TestClickHouse.rows(clickHouse, "SELECT tenant, steps FROM db.incidents ORDER BY tenant"))
                .containsExactly("acme\t1", "globex\t1");
    }
}
