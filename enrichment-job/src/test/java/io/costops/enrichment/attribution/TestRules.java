package io.costops.enrichment.attribution;

import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.UsageEvent;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Attribution rules, a line each. */
public final class TestRules {
    private final String id;
    private final Map<String, String> match = new HashMap<>();
    private final Dimensions dimensions = Dimensions.newBuilder().build();
    private final Map<String, String> tags = new HashMap<>();
    private Instant effectiveFrom = Instant.parse("2026-01-01T00:00:00Z");
    private Instant recordedAt = Instant.parse("2026-01-01T00:00:00Z");
    private int priority;
    private boolean deleted;
    private AttributionPrecedence precedence = AttributionPrecedence.EVENT_WINS;

    private TestRules(String id) {
        this.id = id;
    }

    public static TestRules rule(String id) {
        return new TestRules(id);
    }

    public TestRules when(String condition, String value) {
        match.put(condition, value);
        return this;
    }

    public TestRules set(String dimension, @Nullable Object value) {
        dimensions.put(dimension, value);
        return this;
    }

    public TestRules tag(String name, String value) {
        tags.put(name, value);
        return this;
    }

    public TestRules from(String time) {
        effectiveFrom = Instant.parse(time);
        return this;
    }

    public TestRules recorded(String time) {
        recordedAt = Instant.parse(time);
        return this;
    }

    public TestRules priority(int newPriority) {
        priority = newPriority;
        return this;
    }

    public TestRules deleted() {
        deleted = true;
        return this;
    }

    public TestRules ruleWins() {
        return precedence(AttributionPrecedence.RULE_WINS);
    }

    public TestRules precedence(AttributionPrecedence newPrecedence) {
        precedence = newPrecedence;
        return this;
    }

    public AttributionRule rule() {
        return AttributionRule.newBuilder()
                .setRuleId(id)
                .setEffectiveFrom(effectiveFrom)
                .setRecordedAt(recordedAt)
                .setDeleted(deleted)
                .setPriority(priority)
                .setMatch(match)
                .setPrecedence(precedence)
                .setDimensions(dimensions)
                .setTags(tags)
                .build();
    }

    /** The rule that decides, found by trying all: of each id the newest revision by the event's time. */
    static Optional<AttributionRule> strongest(List<AttributionRule> rules, UsageEvent event) {
        Map<String, AttributionRule> current = new HashMap<>();
        rules.stream()
                .filter(rule -> !rule.getEffectiveFrom().isAfter(event.getEventTime()))
                .sorted(Comparator.comparing(AttributionRule::getEffectiveFrom))
                .forEach(rule -> current.put(rule.getRuleId(), rule));
        return current.values().stream()
                .filter(rule -> !rule.getDeleted() && matches(rule, event))
                .min(Comparator.comparing(AttributionRule::getPriority)
                        .thenComparing(rule -> rule.getMatch().size())
                        .reversed()
                        .thenComparing(AttributionRule::getRuleId));
    }

    private static boolean matches(AttributionRule rule, UsageEvent event) {
        return rule.getMatch().entrySet().stream().allMatch(condition -> {
            Object value = condition.getKey().startsWith("tags.")
                    ? event.getTags().get(condition.getKey().substring(5))
                    : event.getDimensions().get(condition.getKey());
            return Objects.equals(value, condition.getValue());
        });
    }
}
