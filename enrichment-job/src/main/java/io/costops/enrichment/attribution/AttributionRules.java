package io.costops.enrichment.attribution;

import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.usage.UsageRules.Violation;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** What every attribution rule must satisfy, whether a file was put or someone published to the topic. */
public final class AttributionRules {
    private static final Instant MIN_TIME = Instant.EPOCH;
    private static final Instant MAX_TIME = Instant.parse("9999-12-31T23:59:59Z");

    private AttributionRules() {}

    /** The first thing that is wrong with a rule; empty if it may enter the book. */
    public static Optional<Violation> violation(AttributionRule rule) {
        return Optional.ofNullable(firstViolation(rule));
    }

    private static @Nullable Violation firstViolation(AttributionRule rule) {
        if (!isName(rule.getRuleId(), UsageRules.MAX_ID_LENGTH)) {
            return broken(
                    "rule_id",
                    "rule_id must have 1 to " + UsageRules.MAX_ID_LENGTH
                            + " characters, none of them a control character");
        }
        if (!isSane(rule.getEffectiveFrom())) {
            return broken("effective_from", "effective_from must be a time from 1970 to 9999: check its unit");
        }
        if (!isSane(rule.getRecordedAt())) {
            return broken("recorded_at", "recorded_at must be a time from 1970 to 9999: check its unit");
        }
        Violation match = match(rule.getMatch());
        if (match != null) {
            return match;
        }
        if (rule.getPrecedence() == AttributionPrecedence.UNKNOWN) {
            return broken("precedence", "precedence must be EVENT_WINS or RULE_WINS");
        }
        Violation dimensions = dimensions(rule.getDimensions());
        if (dimensions != null) {
            return dimensions;
        }
        Violation tags = tags(rule.getTags());
        if (tags != null) {
            return tags;
        }
        if (!rule.getDeleted() && setsNothing(rule)) {
            return broken("dimensions", "the rule sets nothing: name at least one dimension or tag");
        }
        return null;
    }

    private static @Nullable Violation match(Map<String, String> match) {
        if (match.size() > UsageRules.MAX_TAGS) {
            return broken("match", "match has more than " + UsageRules.MAX_TAGS + " conditions");
        }
        for (String name : match.keySet().stream().sorted().toList()) {
            String field = "match." + name;
            if (Condition.named(name).isEmpty()) {
                return broken(
                        UsageRules.hasControlCharacter(field) ? "match" : field,
                        "a condition must name provider, model, tags.NAME or a dimension: " + dimensionNames());
            }
            String value = match.get(name);
            if (value == null || !isName(value, UsageRules.MAX_TAG_VALUE_LENGTH)) {
                return broken(field, field + " must be the exact value that the event has");
            }
        }
        return null;
    }

    private static @Nullable Violation dimensions(Dimensions dimensions) {
        for (Schema.Field dimension : Dimensions.getClassSchema().getFields()) {
            Object value = dimensions.get(dimension.pos());
            String field = "dimensions." + dimension.name();
            if (value instanceof String text && !isName(text, maxLength(dimension))) {
                return broken(
                        field,
                        field + " must have 1 to " + maxLength(dimension)
                                + " characters, none of them a control character; leave it null to keep the event's");
            }
            if (value instanceof Long number && number < 0) {
                return broken(field, field + " must be 0 or more");
            }
        }
        return null;
    }

    /** As long as a tenant's name may be; the others as an event's. */
    private static int maxLength(Schema.Field dimension) {
        return dimension.name().equals("tenant") ? 256 : UsageRules.MAX_NAME_LENGTH;
    }

    private static @Nullable Violation tags(Map<String, String> tags) {
        if (tags.size() > UsageRules.MAX_TAGS) {
            return broken("tags", "more than " + UsageRules.MAX_TAGS + " tags: set fewer");
        }
        for (String name : tags.keySet().stream().sorted().toList()) {
            if (!isName(name, UsageRules.MAX_TAG_KEY_LENGTH)) {
                return broken(
                        "tags",
                        "a tag's name must have 1 to " + UsageRules.MAX_TAG_KEY_LENGTH
                                + " characters, none of them a control character");
            }
            String value = tags.get(name);
            if (value == null
                    || value.length() > UsageRules.MAX_TAG_VALUE_LENGTH
                    || UsageRules.hasControlCharacter(value)) {
                return broken(
                        "tags." + name,
                        "a tag's value must have at most " + UsageRules.MAX_TAG_VALUE_LENGTH
                                + " characters, none of them a control character");
            }
        }
        return null;
    }

    private static boolean setsNothing(AttributionRule rule) {
        return rule.getTags().isEmpty()
                && Dimensions.getClassSchema().getFields().stream()
                        .allMatch(field -> rule.getDimensions().get(field.pos()) == null);
    }

    private static boolean isName(String text, int maxLength) {
        return !text.isBlank() && text.length() <= maxLength && !UsageRules.hasControlCharacter(text);
    }

    private static boolean isSane(Instant time) {
        return !time.isBefore(MIN_TIME) && !time.isAfter(MAX_TIME);
    }

    private static String dimensionNames() {
        return Dimensions.getClassSchema().getFields().stream()
                .map(Schema.Field::name)
                .collect(Collectors.joining(", "));
    }

    private static Violation broken(String field, String message) {
        return new Violation(RejectReason.INVALID_ATTRIBUTION, field, message);
    }
}
