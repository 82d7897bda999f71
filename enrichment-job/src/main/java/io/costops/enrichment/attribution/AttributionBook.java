package io.costops.enrichment.attribution;

import io.costops.enrichment.attribution.CompiledRule.Setting;
import io.costops.enrichment.attribution.CompiledRule.Test;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.UsageEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The attribution rules that are known: who pays for what, where the event itself doesn't say or isn't believed.
 *
 * <p>Rules look at the event as it came, never at what another rule set, so that their order doesn't matter. Every
 * rule is found by one of its conditions: tens of thousands of them, one for each API key, cost a look-up.
 *
 * <p>The order in which rules are added doesn't matter, and adding one twice changes nothing. Not safe for use by
 * several threads.
 */
public final class AttributionBook {
    /** For each rule id its revisions by effective time. */
    private final Map<String, TreeMap<Instant, CompiledRule>> revisionsByRule = new HashMap<>();

    /** For each condition that rules are found by, the rules of each value. */
    private final Map<Condition, Map<String, List<CompiledRule>>> index = new LinkedHashMap<>();

    private final List<CompiledRule> unconditional = new ArrayList<>();

    /**
     * Adds a rule's revision; false if the book already holds it or a later recorded one of the same time.
     *
     * @throws IllegalArgumentException if the rule breaks {@link AttributionRules}
     */
    public boolean add(AttributionRule rule) {
        CompiledRule added = CompiledRule.of(rule);
        TreeMap<Instant, CompiledRule> revisions =
                revisionsByRule.computeIfAbsent(rule.getRuleId(), id -> new TreeMap<>());
        CompiledRule held = revisions.get(rule.getEffectiveFrom());
        if (held != null) {
            if (!replaces(held.rule(), rule)) {
                return false;
            }
            candidates(held).remove(held);
        }
        revisions.put(rule.getEffectiveFrom(), added);
        candidates(added).add(added);
        return true;
    }

    /** The later recorded holds; the very same identity again is the topic's newest word. */
    private static boolean replaces(AttributionRule held, AttributionRule added) {
        int recorded = added.getRecordedAt().compareTo(held.getRecordedAt());
        return recorded > 0 || (recorded == 0 && !added.equals(held));
    }

    /** The rules that are found as this one is. */
    private List<CompiledRule> candidates(CompiledRule rule) {
        Test key = rule.mostSelective();
        if (key == null) {
            return unconditional;
        }
        return index.computeIfAbsent(key.condition(), condition -> new HashMap<>())
                .computeIfAbsent(key.value(), value -> new ArrayList<>());
    }

    /** Applies the rules that hold at the event's time; the event itself is left as it is. */
    public Attributed attribute(UsageEvent event) {
        List<CompiledRule> matching = matching(event);
        if (matching.isEmpty()) {
            return new Attributed(event.getDimensions(), event.getTags(), null);
        }
        matching.sort(CompiledRule.STRONGEST_FIRST);
        Draft draft = new Draft(event);
        for (CompiledRule rule : matching) {
            draft.apply(rule);
        }
        return draft.attributed();
    }

    private List<CompiledRule> matching(UsageEvent event) {
        List<CompiledRule> matching = new ArrayList<>();
        collect(unconditional, event, matching);
        for (Map.Entry<Condition, Map<String, List<CompiledRule>>> indexed : index.entrySet()) {
            String value = indexed.getKey().valueOf(event);
            if (value != null) {
                collect(indexed.getValue().getOrDefault(value, List.of()), event, matching);
            }
        }
        return matching;
    }

    private void collect(List<CompiledRule> candidates, UsageEvent event, List<CompiledRule> matching) {
        for (int i = 0; i < candidates.size(); i++) {
            CompiledRule candidate = candidates.get(i);
            if (!candidate.rule().getDeleted() && candidate.matches(event) && holdsAt(candidate, event)) {
                matching.add(candidate);
            }
        }
    }

    /** Whether it is the revision of its rule that holds at the event's time. */
    private boolean holdsAt(CompiledRule candidate, UsageEvent event) {
        TreeMap<Instant, CompiledRule> revisions =
                revisionsByRule.get(candidate.rule().getRuleId());
        if (revisions == null) {
            return false;
        }
        Map.Entry<Instant, CompiledRule> current = revisions.floorEntry(event.getEventTime());
        return current != null && current.getValue() == candidate;
    }

    /** Number of revisions held. */
    public int size() {
        return revisionsByRule.values().stream().mapToInt(Map::size).sum();
    }

    /** The revisions held, by rule and effective time. */
    public List<AttributionRule> rules() {
        return revisionsByRule.values().stream()
                .flatMap(revisions -> revisions.values().stream())
                .map(CompiledRule::rule)
                .sorted(Comparator.comparing(AttributionRule::getRuleId)
                        .thenComparing(AttributionRule::getEffectiveFrom))
                .toList();
    }

    /** An event's dimensions and tags while rules are applied to them, the strongest first. */
    private static final class Draft {
        private final UsageEvent event;
        private final Set<Integer> decidedDimensions = new HashSet<>();
        private final Set<String> decidedTags = new HashSet<>();
        private final Set<String> applied = new HashSet<>();
        private @Nullable Dimensions dimensions;
        private @Nullable Map<String, String> tags;

        Draft(UsageEvent event) {
            this.event = event;
        }

        /** A dimension is decided by the first rule that names it, even if the event's own value then stays. */
        void apply(CompiledRule rule) {
            for (Setting setting : rule.settings()) {
                boolean gap = event.getDimensions().get(setting.position()) == null;
                if (decidedDimensions.add(setting.position()) && (gap || rule.overwrites())) {
                    dimensions().put(setting.position(), setting.value());
                    applied.add(rule.id());
                }
            }
            for (Map.Entry<String, String> tag : rule.tags().entrySet()) {
                boolean gap = !event.getTags().containsKey(tag.getKey());
                if (decidedTags.add(tag.getKey()) && (gap || rule.overwrites())) {
                    tags().put(tag.getKey(), tag.getValue());
                    applied.add(rule.id());
                }
            }
        }

        private Dimensions dimensions() {
            Dimensions draft = dimensions;
            if (draft == null) {
                draft = new Dimensions();
                int fields = draft.getSchema().getFields().size();
                for (int i = 0; i < fields; i++) {
                    draft.put(i, event.getDimensions().get(i));
                }
                dimensions = draft;
            }
            return draft;
        }

        private Map<String, String> tags() {
            Map<String, String> draft = tags;
            if (draft == null) {
                draft = new HashMap<>(event.getTags());
                tags = draft;
            }
            return draft;
        }

        Attributed attributed() {
            return new Attributed(
                    dimensions == null ? event.getDimensions() : dimensions,
                    tags == null ? event.getTags() : tags,
                    applied.isEmpty() ? null : applied.stream().sorted().collect(Collectors.joining(",")));
        }
    }
}
