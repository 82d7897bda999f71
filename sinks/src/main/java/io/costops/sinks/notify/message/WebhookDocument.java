package io.costops.sinks.notify.message;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertPoint;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An alert as a JSON document for programs: every field of it, amounts as exact decimal texts.
 *
 * <p>Its outline, {@code type}, {@code timestamp} and {@code data}, is that of Standard Webhooks
 * (https://www.standardwebhooks.com).
 */
public final class WebhookDocument {
    private static final ObjectMapper JSON = new ObjectMapper();

    private WebhookDocument() {}

    public static String of(Alert alert) {
        ObjectNode document = JSON.createObjectNode();
        document.put("type", "cost.alert." + word(alert.getAction()));
        document.put("timestamp", alert.getRecordedAt().toString());
        ObjectNode data = document.putObject("data");
        data.put("incident_id", alert.getIncidentId());
        data.put("sequence", alert.getSequence());
        data.put("action", word(alert.getAction()));
        data.put("category", word(alert.getCategory()));
        data.put("severity", word(alert.getSeverity()));
        data.put("cause", alert.getCause());
        data.put("tenant", alert.getTenant());
        ObjectNode scope = data.putObject("scope");
        new TreeMap<>(alert.getScope()).forEach(scope::put);
        data.put("metric", alert.getMetric());
        data.put("actual", decimal(alert.getActual()));
        data.put("expected", decimal(alert.getExpected()));
        data.put("expected_low", decimal(alert.getExpectedLow()));
        data.put("expected_high", decimal(alert.getExpectedHigh()));
        data.put("impact", decimal(alert.getImpact()));
        data.put("currency", alert.getCurrency());
        data.put("budget_id", alert.getBudgetId());
        data.put("threshold_percent", decimal(alert.getThresholdPercent()));
        data.put("started_at", alert.getStartedAt().toString());
        data.put("window_start", alert.getWindowStart().toString());
        data.put("window_end", alert.getWindowEnd().toString());
        data.put(
                "resolved_at",
                alert.getResolvedAt() == null ? null : alert.getResolvedAt().toString());
        data.put("recorded_at", alert.getRecordedAt().toString());
        data.put("title", alert.getTitle());
        data.put("explanation", alert.getExplanation());
        ArrayNode causes = data.putArray("root_causes");
        alert.getRootCauses()
                .forEach(cause -> causes.addObject()
                        .put("dimension", cause.getDimension())
                        .put("value", cause.getValue())
                        .put("share_percent", decimal(cause.getSharePercent()))
                        .put("impact", decimal(cause.getImpact())));
        ArrayNode factors = data.putArray("cost_factors");
        alert.getCostFactors()
                .forEach(factor -> factors.addObject()
                        .put("factor", factor.getFactor())
                        .put("impact", decimal(factor.getImpact())));
        ArrayNode recent = data.putArray("recent");
        for (AlertPoint point : alert.getRecent()) {
            recent.addObject()
                    .put("window_start", point.getWindowStart().toString())
                    .put("actual", finite(point.getActual()))
                    .put("expected", finite(point.getExpected()));
        }
        data.put("query", alert.getQuery());
        data.put("detector", alert.getDetector());
        return document.toString();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String decimal(@Nullable BigDecimal value) {
        if (value == null) {
            return null;
        }
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }

    /** JSON has no NaN. */
    private static @Nullable Double finite(@Nullable Double value) {
        return value == null || !Double.isFinite(value) ? null : value;
    }
}
