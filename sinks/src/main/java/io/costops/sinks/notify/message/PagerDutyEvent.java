package io.costops.sinks.notify.message;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.config.Secret;
import io.costops.sinks.notify.config.Link;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An alert as an event of PagerDuty's Events API v2.
 *
 * <p>The incident's id is the key by which PagerDuty joins the steps and drops what comes twice.
 */
public final class PagerDutyEvent {
    static final int MOST_SUMMARY = 1_024;
    static final int MOST_KEY = 255;
    static final int MOST_DETAIL = 4_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    private PagerDutyEvent() {}

    /** The body of the request. */
    public static String of(Alert alert, Secret routingKey, Optional<Link> link) {
        Story story = new Story(alert);
        ObjectNode event = JSON.createObjectNode();
        event.put("routing_key", routingKey.reveal());
        event.put("event_action", action(alert.getAction()));
        event.put("dedup_key", dedupKey(alert.getIncidentId()));
        event.put("client", "CostOps");
        link.ifPresent(found -> found.of(alert).ifPresent(address -> {
            event.put("client_url", address);
            event.putArray("links").addObject().put("href", address).put("text", found.text());
        }));
        ObjectNode payload = event.putObject("payload");
        payload.put("summary", PlainText.cut(story.summary(), MOST_SUMMARY));
        payload.put("source", "costops/" + story.tenant());
        payload.put("severity", severity(alert.getSeverity()));
        payload.put("timestamp", alert.getRecordedAt().toString());
        payload.put("component", PlainText.line(alert.getMetric(), Story.MOST_NAME));
        payload.put("group", story.tenant());
        payload.put(
                "class",
                alert.getCause() == null
                        ? alert.getCategory().name().toLowerCase(Locale.ROOT)
                        : PlainText.line(alert.getCause(), Story.MOST_NAME));
        details(payload.putObject("custom_details"), story);
        return event.toString();
    }

    private static void details(ObjectNode details, Story story) {
        story.facts()
                .forEach(fact -> details.put(
                        fact.label().toLowerCase(Locale.ROOT).replace(' ', '_'),
                        PlainText.cut(fact.value(), MOST_DETAIL)));
        if (!story.explanation().isEmpty()) {
            details.put("explanation", PlainText.cut(story.explanation(), MOST_DETAIL));
        }
        list(details, "root_causes", story.rootCauses());
        list(details, "cost_factors", story.costFactors());
        String chart = story.chart();
        if (chart != null) {
            details.put("chart", chart);
        }
        String query = story.query();
        if (query != null) {
            details.put("sql", PlainText.cut(query, MOST_DETAIL));
        }
        list(
                details,
                "what_can_be_done",
                story.commands().stream()
                        .map(command -> command.label() + ": " + command.value())
                        .toList());
        details.put("provenance", story.provenance());
    }

    private static void list(ObjectNode details, String key, List<String> items) {
        if (!items.isEmpty()) {
            ArrayNode array = details.putArray(key);
            items.forEach(item -> array.add(PlainText.cut(item, MOST_DETAIL)));
        }
    }

    private static String action(AlertAction action) {
        return switch (action) {
            case OPENED, ESCALATED, RENOTIFIED, REOPENED -> "trigger";
            // An update of what lasts: PagerDuty adds it to the open incident.
            case UNKNOWN -> "trigger";
            case ACKNOWLEDGED -> "acknowledge";
            case RESOLVED -> "resolve";
        };
    }

    private static String severity(AlertSeverity severity) {
        return switch (severity) {
            case INFO, WARNING, ERROR, CRITICAL -> severity.name().toLowerCase(Locale.ROOT);
            case UNKNOWN -> "error";
        };
    }

    /** Too long a key would be refused; its hash is as good. */
    static String dedupKey(String incidentId) {
        if (incidentId.length() <= MOST_KEY) {
            return incidentId;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(incidentId.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
