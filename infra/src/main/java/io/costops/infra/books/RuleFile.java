package io.costops.infra.books;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.enrichment.attribution.AttributionRules;
import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.usage.UsageRules.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Reads attribution rules from JSON: one object, an array, or an object a line.
 *
 * <pre>{@code
 * {"rule_id": "chatbot", "effective_from": "2026-07-01T00:00:00Z", "match": {"api_key_id": "key-7"},
 *  "precedence": "event_wins", "dimensions": {"tenant": "acme", "team": "ml", "cost_center": "AC-410"}}
 * }</pre>
 */
public final class RuleFile {
    private static final Set<String> FIELDS =
            Set.of("rule_id", "effective_from", "deleted", "priority", "match", "precedence", "dimensions", "tags");
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final @Nullable Instant effectiveFrom;
    private final Instant recordedAt;

    /**
     * @param effectiveFrom for rules that don't say from when they hold; null: they must
     * @param recordedAt when the rules became known
     */
    public RuleFile(@Nullable Instant effectiveFrom, Instant recordedAt) {
        this.effectiveFrom = effectiveFrom;
        this.recordedAt = recordedAt;
    }

    /**
     * What a file holds. If there are errors, no rule of it should be put: the rules of a file belong together.
     *
     * @param errors one line each, naming the rule, the field and the fix
     */
    public record Rules(List<AttributionRule> rules, List<String> errors) {}

    public Rules read(InputStream in) throws IOException {
        List<AttributionRule> rules = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        int number = 0;
        try (JsonParser json = JSON.createParser(in)) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.START_ARRAY || token == JsonToken.END_ARRAY) {
                    continue;
                }
                number++;
                JsonNode node = json.readValueAsTree();
                try {
                    rules.add(rule(node));
                } catch (IllegalArgumentException e) {
                    errors.add("rule " + name(number, node) + ": " + e.getMessage());
                }
            }
        } catch (JsonProcessingException e) {
            errors.add("the file is not JSON at line " + e.getLocation().getLineNr() + ", column "
                    + e.getLocation().getColumnNr() + ": " + e.getOriginalMessage());
        }
        if (number == 0 && errors.isEmpty()) {
            errors.add("the file holds no rule");
        }
        return new Rules(rules, errors);
    }

    private static String name(int number, JsonNode node) {
        String id = node.path("rule_id").asText();
        return id.isBlank() ? Integer.toString(number) : number + " (" + id + ")";
    }

    /** Throws an IllegalArgumentException with the error, which the caller lists. */
    private AttributionRule rule(JsonNode node) {
        if (!node.isObject()) {
            throw new IllegalArgumentException("it must be a JSON object");
        }
        node.fieldNames().forEachRemaining(field -> {
            if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException(
                        field + " is no field of a rule; the fields are " + String.join(", ", new TreeSet<>(FIELDS)));
            }
        });
        AttributionRule rule = new AttributionRule(
                text(node, "rule_id"),
                effectiveFrom(node),
                recordedAt,
                flag(node, "deleted"),
                priority(node),
                texts(node, "match"),
                precedence(node),
                dimensions(node.path("dimensions")),
                texts(node, "tags"));
        Violation violation = AttributionRules.violation(rule).orElse(null);
        if (violation != null) {
            throw new IllegalArgumentException(violation.message());
        }
        return rule;
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw new IllegalArgumentException(field + " is missing: give it a text");
        }
        return value.asText();
    }

    private static boolean flag(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw new IllegalArgumentException(field + " must be true or false");
        }
        return value.asBoolean();
    }

    private static int priority(JsonNode node) {
        JsonNode value = node.path("priority");
        if (!value.isMissingNode() && !value.canConvertToInt()) {
            throw new IllegalArgumentException("priority must be a whole number; the higher one holds");
        }
        return value.asInt();
    }

    private Instant effectiveFrom(JsonNode node) {
        JsonNode value = node.path("effective_from");
        if (value.isMissingNode() && effectiveFrom != null) {
            return effectiveFrom;
        }
        try {
            return OffsetDateTime.parse(value.asText()).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "effective_from must be a time such as 2026-07-01T00:00:00Z; --effective-from sets it for all rules"
                            + " that have none");
        }
    }

    private static AttributionPrecedence precedence(JsonNode node) {
        String given = node.path("precedence").asText("event_wins").toUpperCase(Locale.ROOT);
        return Arrays.stream(AttributionPrecedence.values())
                .filter(value ->
                        value != AttributionPrecedence.UNKNOWN && value.name().equals(given))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "precedence must be event_wins (fill gaps only) or rule_wins (overwrite)"));
    }

    private static Map<String, String> texts(JsonNode node, String field) {
        JsonNode object = node.path(field);
        Map<String, String> texts = new HashMap<>();
        if (object.isMissingNode()) {
            return texts;
        }
        if (!object.isObject()) {
            throw new IllegalArgumentException(field + " must be an object of texts");
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new IllegalArgumentException(field + "." + entry.getKey() + " must be a text");
            }
            texts.put(entry.getKey(), entry.getValue().asText());
        }
        return texts;
    }

    private static Dimensions dimensions(JsonNode object) {
        Dimensions dimensions = new Dimensions();
        if (object.isMissingNode()) {
            return dimensions;
        }
        if (!object.isObject()) {
            throw new IllegalArgumentException("dimensions must be an object");
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            Schema.Field field = Dimensions.getClassSchema().getField(entry.getKey());
            if (field == null) {
                throw new IllegalArgumentException("dimensions." + entry.getKey() + " is no dimension; there are "
                        + String.join(
                                ", ",
                                Dimensions.getClassSchema().getFields().stream()
                                        .map(Schema.Field::name)
                                        .toList()));
            }
            JsonNode value = entry.getValue();
            boolean whole = field.name().equals("agent_step");
            if (whole ? !value.isIntegralNumber() : !value.isTextual()) {
                throw new IllegalArgumentException(
                        "dimensions." + entry.getKey() + " must be a " + (whole ? "whole number" : "text"));
            }
            dimensions.put(field.pos(), whole ? (Object) value.asLong() : value.asText());
        }
        return dimensions;
    }
}
