package io.costops.anomaly.alert;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** SQL, ready to run, that shows the usage behind an alert. What nobody named is the empty text; null: of all tenants. */
public final class LedgerQuery {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** The same calls as the detectors count for failed. */
    private static final String FAILED =
            Failures.OUTCOMES.stream().map(LedgerQuery::quoted).collect(Collectors.joining(", "));

    private LedgerQuery() {}

    /** What a scope used, minute by minute and place by place. */
    public static String usage(@Nullable String tenant, Map<String, String> scope, Instant from, Instant until) {
        return "SELECT toStartOfMinute(event_time) AS minute, project, model, api_key_id, sum(requests) AS requests,"
                + " countIf(lower(outcome) IN (" + FAILED + ")) AS errors, countIf(attempt > 1) AS retries,"
                + " sum(input_tokens + output_tokens) AS tokens, sum(effective_cost) AS cost"
                + " FROM costops.ledger WHERE " + where(tenant, scope, from, until)
                + " GROUP BY minute, project, model, api_key_id ORDER BY minute, cost DESC";
    }

    /** What of a model has no price. */
    public static String unpriced(@Nullable String tenant, String model, Instant from) {
        return "SELECT model, provider, source_kind, count() AS requests, sum(input_tokens) AS input_tokens,"
                + " sum(output_tokens) AS output_tokens, min(event_time) AS first, max(event_time) AS last,"
                + " any(reason) AS reason FROM costops.unpriced_usage WHERE "
                + (tenant == null ? "" : "tenant = " + quoted(tenant) + " AND ")
                + "model = " + quoted(model)
                + " AND event_time >= '" + TIME.format(from) + "' GROUP BY model, provider, source_kind";
    }

    private static String where(@Nullable String tenant, Map<String, String> scope, Instant from, Instant until) {
        StringBuilder where = new StringBuilder();
        if (tenant != null) {
            where.append("tenant = ").append(quoted(tenant)).append(" AND ");
        }
        new TreeMap<>(scope).forEach((dimension, value) -> {
            if (!dimension.equals("tenant")) {
                where.append(column(dimension))
                        .append(" = ")
                        .append(quoted(value))
                        .append(" AND ");
            }
        });
        return where.append("event_time >= '")
                .append(TIME.format(from))
                .append("' AND event_time < '")
                .append(TIME.format(until))
                .append('\'')
                .toString();
    }

    private static String column(String dimension) {
        return dimension.startsWith("tag:")
                ? "tags[" + quoted(dimension.substring("tag:".length())) + "]"
                : "`" + dimension.replaceAll("[^a-z_]", "") + "`";
    }

    /** ClickHouse reads backslashes as escapes. */
    static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
