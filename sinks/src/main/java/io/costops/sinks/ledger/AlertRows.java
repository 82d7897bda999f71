package io.costops.sinks.ledger;

import static io.costops.sinks.rowbinary.Column.decimals;
import static io.costops.sinks.rowbinary.Column.int32;
import static io.costops.sinks.rowbinary.Column.nullableDecimal;
import static io.costops.sinks.rowbinary.Column.nullableDecimals;
import static io.costops.sinks.rowbinary.Column.nullableFloat64s;
import static io.costops.sinks.rowbinary.Column.nullableTime;
import static io.costops.sinks.rowbinary.Column.text;
import static io.costops.sinks.rowbinary.Column.textMap;
import static io.costops.sinks.rowbinary.Column.time;
import static io.costops.sinks.rowbinary.Column.times;
import static io.costops.sinks.rowbinary.Column.word;
import static io.costops.sinks.rowbinary.Column.words;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertPoint;
import io.costops.schemas.avro.CostFactor;
import io.costops.schemas.avro.RootCauseShare;
import io.costops.sinks.rowbinary.RowFormat;
import java.util.List;
import java.util.Locale;

/**
 * Alerts as rows of the table {@code alert_steps}; migration V020 says what each column means.
 *
 * <p>A word that this version doesn't know is written as {@code unknown}: the ledger, which the same job writes, must not
 * stop for it.
 */
final class AlertRows {
    static final String TABLE = "alert_steps";

    private AlertRows() {}

    static RowFormat<Alert> format() {
        return new RowFormat<>(
                TABLE,
                List.of(
                        text("incident_id", Alert::getIncidentId),
                        int32("sequence", Alert::getSequence),
                        word("action", alert -> lower(alert.getAction())),
                        word("category", alert -> lower(alert.getCategory())),
                        word("severity", alert -> lower(alert.getSeverity())),
                        word("cause", Alert::getCause),
                        word("suppressed", Alert::getSuppressed),
                        time("recorded_at", Alert::getRecordedAt),
                        time("started_at", Alert::getStartedAt),
                        time("window_start", Alert::getWindowStart),
                        time("window_end", Alert::getWindowEnd),
                        nullableTime("resolved_at", Alert::getResolvedAt),
                        word("tenant", Alert::getTenant),
                        textMap("scope", Alert::getScope),
                        word("metric", Alert::getMetric),
                        nullableDecimal("actual", Alert::getActual),
                        nullableDecimal("expected", Alert::getExpected),
                        nullableDecimal("expected_low", Alert::getExpectedLow),
                        nullableDecimal("expected_high", Alert::getExpectedHigh),
                        nullableDecimal("impact", Alert::getImpact),
                        word("currency", Alert::getCurrency),
                        text("budget_id", Alert::getBudgetId),
                        nullableDecimal("threshold_percent", Alert::getThresholdPercent),
                        text("title", Alert::getTitle),
                        text("explanation", Alert::getExplanation),
                        words("root_causes.dimension", Alert::getRootCauses, RootCauseShare::getDimension),
                        words("root_causes.value", Alert::getRootCauses, RootCauseShare::getValue),
                        decimals("root_causes.share_percent", Alert::getRootCauses, RootCauseShare::getSharePercent),
                        nullableDecimals("root_causes.impact", Alert::getRootCauses, RootCauseShare::getImpact),
                        words("cost_factors.factor", Alert::getCostFactors, CostFactor::getFactor),
                        decimals("cost_factors.impact", Alert::getCostFactors, CostFactor::getImpact),
                        times("recent.window_start", Alert::getRecent, AlertPoint::getWindowStart),
                        nullableFloat64s("recent.actual", Alert::getRecent, AlertPoint::getActual),
                        nullableFloat64s("recent.expected", Alert::getRecent, AlertPoint::getExpected),
                        text("query", Alert::getQuery),
                        word("detector", Alert::getDetector)),
                alert -> "step " + alert.getSequence() + " of incident " + alert.getIncidentId());
    }

    static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }
}
