package io.costops.sinks;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.AlertPoint;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.CostFactor;
import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.schemas.avro.RootCauseShare;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Alerts as the watch writes them. */
public final class TestAlerts {
    public static final Instant NOON = Instant.parse("2026-07-14T12:00:00Z");

    private TestAlerts() {}

    /** A retry loop of acme's chatbot, just opened. */
    public static Alert retryLoop() {
        List<AlertPoint> recent = new ArrayList<>();
        double[] actual = {0.8, 0.9, 1.1, 0.9, 1.0, 0.8, 1.2, 0.9, 6.5, 14.2};
        for (int i = 0; i < actual.length; i++) {
            recent.add(new AlertPoint(NOON.plusSeconds(60L * (i - actual.length)), actual[i], 1.0));
        }
        return Alert.newBuilder()
                .setIncidentId("acme/chatbot/gpt-4o/cost/2026-07-14T11:58:00Z")
                .setSequence(0)
                .setAction(AlertAction.OPENED)
                .setCategory(AlertCategory.ANOMALY)
                .setSeverity(AlertSeverity.CRITICAL)
                .setCause("retry_loop")
                .setRecordedAt(NOON.plusSeconds(5))
                .setStartedAt(NOON.minusSeconds(120))
                .setWindowStart(NOON.minusSeconds(60))
                .setWindowEnd(NOON)
                .setTenant("acme")
                .setScope(Map.of("project", "chatbot", "model", "gpt-4o"))
                .setMetric("cost")
                .setActual(decimal("14.2"))
                .setExpected(decimal("1.0"))
                .setExpectedLow(decimal("0.6"))
                .setExpectedHigh(decimal("1.5"))
                .setImpact(decimal("18.7"))
                .setTitle("Cost of chatbot on gpt-4o is 14 times what was expected")
                .setExplanation(
                        "Since 11:58 UTC requests fail and are sent again: 62 % are retries. Stop the caller of key-7.")
                .setRootCauses(List.of(new RootCauseShare("api_key_id", "key-7", decimal("97.5"), decimal("18.23"))))
                .setCostFactors(
                        List.of(new CostFactor("requests", decimal("18.9")), new CostFactor("cache", decimal("-0.2"))))
                .setRecent(recent)
                .setQuery("SELECT api_key_id, sum(billed_cost) FROM costops.ledger WHERE tenant = 'acme' GROUP BY ALL")
                .setDetector("rsr/1")
                .build();
    }

    /** The same incident, some steps on. */
    public static Alert step(int sequence, AlertAction action) {
        Alert alert = retryLoop();
        alert.setSequence(sequence);
        alert.setAction(action);
        alert.setRecordedAt(alert.getRecordedAt().plusSeconds(60L * sequence));
        if (action == AlertAction.RESOLVED) {
            alert.setResolvedAt(NOON.plusSeconds(60L * sequence));
        }
        return alert;
    }

    public static Alert of(@Nullable String tenant, String incident) {
        Alert alert = retryLoop();
        alert.setTenant(tenant);
        alert.setIncidentId(incident);
        return alert;
    }

    public static AlertDelivery delivery(
            @Nullable String tenant, String incident, String receiver, int revision, DeliveryOutcome outcome) {
        return AlertDelivery.newBuilder()
                .setIncidentId(incident)
                .setSequence(0)
                .setTenant(tenant)
                .setReceiver(receiver)
                .setKind("slack")
                .setRoutes(List.of("all"))
                .setRevision(revision)
                .setOutcome(outcome)
                .setAttempts(revision)
                .setMessage("ok")
                .setRecordedAt(NOON.plusSeconds(revision))
                .setQueuedAt(NOON)
                .build();
    }

    /** At the scale of the records. */
    public static BigDecimal decimal(String value) {
        return new BigDecimal(value).setScale(30);
    }
}
