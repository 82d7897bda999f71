package io.costops.enrichment.attribution;

import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.UsageEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** A revision of a rule with what is worked out from it once. */
final class CompiledRule {
    /** Of rules that set the same dimension the first one holds. */
    static final Comparator<CompiledRule> STRONGEST_FIRST = Comparator.comparingInt(
                    (CompiledRule rule) -> rule.rule.getPriority())
            .thenComparingInt(rule -> rule.tests.size())
            .reversed()
            .thenComparing(rule -> rule.rule.getRuleId());

    private final AttributionRule rule;
    private final List<Test> tests;
    private final List<Setting> settings;
    private final boolean overwrites;
    private @Nullable String id;

    /** An event's fact must have that very value. */
    record Test(Condition condition, String value) {
        boolean holds(UsageEvent event) {
            return value.equals(condition.valueOf(event));
        }
    }

    /**
     * A dimension's value.
     *
     * @param position place of the dimension in its record
     */
    record Setting(int position, Object value) {}

    private CompiledRule(AttributionRule rule, List<Test> tests, List<Setting> settings) {
        this.rule = rule;
        this.tests = tests;
        this.settings = settings;
        this.overwrites = rule.getPrecedence() == AttributionPrecedence.RULE_WINS;
    }

    /**
     * Prepares a rule.
     *
     * @throws IllegalArgumentException if it breaks {@link AttributionRules}
     */
    static CompiledRule of(AttributionRule rule) {
        List<Test> tests = new ArrayList<>();
        for (Map.Entry<String, String> match : rule.getMatch().entrySet()) {
            Condition condition = Condition.named(match.getKey())
                    .orElseThrow(() -> new IllegalArgumentException("no event has a " + match.getKey()));
            tests.add(new Test(condition, match.getValue()));
        }
        tests.sort(Comparator.comparingInt((Test test) -> test.condition().selectivity())
                .thenComparing(test -> test.condition().name()));
        List<Setting> settings = new ArrayList<>();
        for (Schema.Field field : Dimensions.getClassSchema().getFields()) {
            Object value = rule.getDimensions().get(field.pos());
            if (value != null) {
                settings.add(new Setting(field.pos(), value));
            }
        }
        return new CompiledRule(rule, List.copyOf(tests), List.copyOf(settings));
    }

    AttributionRule rule() {
        return rule;
    }

    /** {@code rule@effective_from#recorded_at}. */
    String id() {
        String made = id;
        if (made == null) {
            made = rule.getRuleId() + "@" + rule.getEffectiveFrom() + "#" + rule.getRecordedAt();
            id = made;
        }
        return made;
    }

    /** The condition that the rule is found by; null if it holds for every event. */
    @Nullable
    Test mostSelective() {
        return tests.isEmpty() ? null : tests.get(0);
    }

    boolean matches(UsageEvent event) {
        for (int i = 0; i < tests.size(); i++) {
            if (!tests.get(i).holds(event)) {
                return false;
            }
        }
        return true;
    }

    List<Setting> settings() {
        return settings;
    }

    Map<String, String> tags() {
        return rule.getTags();
    }

    /** True if the rule's value replaces the event's own; false if it only fills a gap. */
    boolean overwrites() {
        return overwrites;
    }
}
