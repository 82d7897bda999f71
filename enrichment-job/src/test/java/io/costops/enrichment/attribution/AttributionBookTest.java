package io.costops.enrichment.attribution;

import static io.costops.enrichment.attribution.TestRules.rule;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("attribution")
class AttributionBookTest {
    private static final Instant NOON = Instant.parse("2026-08-01T12:00:00Z");

    private final AttributionBook book = new AttributionBook();

    @Nested
    @DisplayName("of an event that a rule matches")
    class Matching {
        @Test
        void fills_what_the_event_leaves_open() {
            book.add(rule("key-7")
                    .when("api_key_id", "key-7")
                    .set("tenant", "acme")
                    .set("team", "ml")
                    .rule());

            Attributed attributed = book.attribute(event(Map.of("api_key_id", "key-7", "project", "chat")));

            assertThat(attributed.dimensions())
                    .isEqualTo(dimensions(
                            Map.of("api_key_id", "key-7", "project", "chat", "tenant", "acme", "team", "ml")));
            assertThat(attributed.revision()).isEqualTo("key-7@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
        }

        @Test
        void needs_every_condition_to_hold() {
            book.add(rule("r")
                    .when("api_key_id", "key-7")
                    .when("provider", "openai")
                    .when("model", "gpt-4o")
                    .when("tags.stage", "eu")
                    .set("team", "ml")
                    .rule());
            UsageEvent event = event(Map.of("api_key_id", "key-7"));
            event.setTags(Map.of("stage", "eu"));

            assertThat(book.attribute(event).dimensions().getTeam()).isEqualTo("ml");
            event.setTags(Map.of("stage", "us"));
            assertThat(book.attribute(event).dimensions().getTeam()).isNull();
            event.setTags(Map.of("stage", "eu"));
            event.setModel("gpt-4o-mini");
            assertThat(book.attribute(event).dimensions().getTeam()).isNull();
        }

        @Test
        void compares_values_exactly() {
            book.add(rule("r").when("project", "Chat").set("team", "ml").rule());

            assertThat(book.attribute(event(Map.of("project", "chat"))).revision())
                    .isNull();
        }

        @Test
        void takes_a_rule_without_conditions_for_every_event() {
            book.add(rule("default").set("environment", "prod").rule());

            assertThat(book.attribute(event(Map.of())).dimensions().getEnvironment())
                    .isEqualTo("prod");
        }

        @Test
        void matches_a_number_by_its_digits() {
            book.add(rule("first-step")
                    .when("agent_step", "0")
                    .set("team", "agents")
                    .rule());
            UsageEvent event = event(Map.of());
            event.getDimensions().setAgentStep(0L);

            assertThat(book.attribute(event).dimensions().getTeam()).isEqualTo("agents");
        }

        @Test
        void never_looks_at_what_another_rule_set() {
            book.add(rule("a").when("api_key_id", "key-7").set("team", "ml").rule());
            book.add(rule("b").when("team", "ml").set("cost_center", "42").rule());

            assertThat(book.attribute(event(Map.of("api_key_id", "key-7")))
                            .dimensions()
                            .getCostCenter())
                    .isNull();
        }

        @Test
        void leaves_the_event_as_it_is() {
            book.add(rule("r").ruleWins().set("team", "ml").tag("a", "rule").rule());
            UsageEvent event = event(Map.of("team", "own"));
            UsageEvent before = UsageEvent.newBuilder(event).build();

            book.attribute(event);

            assertThat(event).isEqualTo(before);
        }

        @Test
        void gives_the_event_its_own_values_where_no_rule_matches() {
            UsageEvent event = event(Map.of("team", "own"));

            assertThat(book.attribute(event)).isEqualTo(new Attributed(event.getDimensions(), event.getTags(), null));
        }
    }

    @Nested
    @DisplayName("where both the event and a rule name a value")
    class Precedence {
        @Test
        void keeps_the_events_if_the_event_wins() {
            book.add(rule("r")
                    .set("team", "rule")
                    .tag("a", "rule")
                    .tag("b", "rule")
                    .rule());
            UsageEvent event = event(Map.of("team", "own"));
            event.setTags(Map.of("a", "own"));

            Attributed attributed = book.attribute(event);

            assertThat(attributed.dimensions().getTeam()).isEqualTo("own");
            assertThat(attributed.tags()).isEqualTo(Map.of("a", "own", "b", "rule"));
        }

        @Test
        void takes_the_rules_if_the_rule_wins() {
            book.add(rule("r").ruleWins().set("team", "rule").tag("a", "rule").rule());
            UsageEvent event = event(Map.of("team", "own"));
            event.setTags(Map.of("a", "own"));

            Attributed attributed = book.attribute(event);

            assertThat(attributed.dimensions().getTeam()).isEqualTo("rule");
            assertThat(attributed.tags()).isEqualTo(Map.of("a", "rule"));
        }

        @Test
        void names_no_rule_that_set_nothing() {
            book.add(rule("r").set("team", "rule").rule());

            assertThat(book.attribute(event(Map.of("team", "own"))).revision()).isNull();
        }
    }

    @Nested
    @DisplayName("where several rules match")
    class SeveralRules {
        @Test
        void lets_each_set_another_dimension_and_names_them_all() {
            book.add(rule("b").set("team", "ml").rule());
            book.add(rule("a").set("cost_center", "42").rule());

            Attributed attributed = book.attribute(event(Map.of()));

            assertThat(attributed.dimensions()).isEqualTo(dimensions(Map.of("team", "ml", "cost_center", "42")));
            assertThat(attributed.revision())
                    .isEqualTo("a@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z,"
                            + "b@2026-01-01T00:00:00Z#2026-01-01T00:00:00Z");
        }

        @Test
        void prefers_the_higher_priority_then_more_conditions_then_the_smaller_id() {
            UsageEvent event = event(Map.of("project", "chat", "api_key_id", "key-7"));
            book.add(rule("c").set("team", "by-id-c").rule());
            book.add(rule("b").set("team", "by-id-b").rule());
            assertThat(book.attribute(event).dimensions().getTeam()).isEqualTo("by-id-b");

            book.add(rule("z")
                    .when("project", "chat")
                    .set("team", "by-conditions")
                    .rule());
            assertThat(book.attribute(event).dimensions().getTeam()).isEqualTo("by-conditions");

            book.add(rule("y").priority(1).set("team", "by-priority").rule());
            assertThat(book.attribute(event).dimensions().getTeam()).isEqualTo("by-priority");
        }

        @Test
        void lets_the_strongest_decide_even_that_the_event_keeps_its_value() {
            book.add(rule("strong").priority(9).set("team", "strong").rule());
            book.add(rule("weak").ruleWins().set("team", "weak").rule());

            assertThat(book.attribute(event(Map.of("team", "own"))).dimensions().getTeam())
                    .isEqualTo("own");
            assertThat(book.attribute(event(Map.of())).dimensions().getTeam()).isEqualTo("strong");
        }
    }

    @Nested
    @DisplayName("over time")
    class Time {
        @Test
        void goes_by_the_revision_that_holds_at_the_events_time() {
            book.add(rule("r").from("2026-08-01T12:00:00Z").set("team", "new").rule());
            book.add(rule("r").from("2026-07-01T00:00:00Z").set("team", "old").rule());

            assertThat(teamAt("2026-06-30T23:59:59Z")).isEqualTo("none");
            assertThat(teamAt("2026-08-01T11:59:59.999999Z")).isEqualTo("old");
            assertThat(teamAt("2026-08-01T12:00:00Z")).isEqualTo("new");
        }

        @Test
        void forgets_a_condition_that_a_later_revision_changed() {
            book.add(rule("r").when("api_key_id", "key-7").set("team", "ml").rule());
            book.add(rule("r")
                    .from("2026-07-01T00:00:00Z")
                    .when("api_key_id", "key-8")
                    .set("team", "ml")
                    .rule());

            assertThat(book.attribute(event(Map.of("api_key_id", "key-7"))).revision())
                    .isNull();
            assertThat(book.attribute(event(Map.of("api_key_id", "key-8")))
                            .dimensions()
                            .getTeam())
                    .isEqualTo("ml");
        }

        @Test
        void ends_with_a_deletion() {
            book.add(rule("r").set("team", "ml").rule());
            book.add(rule("r").from("2026-08-01T12:00:00Z").deleted().rule());

            assertThat(teamAt("2026-08-01T11:59:59Z")).isEqualTo("ml");
            assertThat(teamAt("2026-08-01T12:00:00Z")).isEqualTo("none");
        }

        @Test
        void takes_a_correction_recorded_later_and_not_one_recorded_earlier() {
            assertThat(book.add(rule("r")
                            .recorded("2026-03-01T00:00:00Z")
                            .when("project", "x")
                            .set("team", "b")
                            .rule()))
                    .isTrue();
            assertThat(book.add(rule("r")
                            .recorded("2026-02-01T00:00:00Z")
                            .set("team", "a")
                            .rule()))
                    .isFalse();
            assertThat(book.add(rule("r")
                            .recorded("2026-04-01T00:00:00Z")
                            .set("team", "c")
                            .rule()))
                    .isTrue();
            assertThat(book.add(rule("r")
                            .recorded("2026-04-01T00:00:00Z")
                            .set("team", "c")
                            .rule()))
                    .isFalse();

            assertThat(book.size()).isEqualTo(1);
            assertThat(teamAt("2026-08-01T12:00:00Z")).isEqualTo("c");
        }

        private String teamAt(String time) {
            UsageEvent event = event(Map.of());
            event.setEventTime(Instant.parse(time));
            String team = book.attribute(event).dimensions().getTeam();
            return team == null ? "none" : team;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @DisplayName("by the index is that of trying every rule, in whatever order they came")
    void the_index_changes_nothing(long seed) {
        Random random = new Random(seed);
        List<AttributionRule> rules = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            rules.add(randomRule(random, i));
        }
        List<AttributionRule> shuffled = new ArrayList<>(rules);
        shuffled.addAll(rules.subList(0, 50));
        Collections.shuffle(shuffled, random);
        rules.forEach(book::add);
        AttributionBook other = new AttributionBook();
        shuffled.forEach(other::add);

        assertThat(other.rules()).isEqualTo(book.rules());
        for (int i = 0; i < 500; i++) {
            UsageEvent event = randomEvent(random);
            Attributed attributed = book.attribute(event);
            assertThat(other.attribute(event)).isEqualTo(attributed);
            assertThat(attributed.dimensions().getTeam())
                    .isEqualTo(TestRules.strongest(book.rules(), event)
                            .map(rule -> rule.getDimensions().getTeam())
                            .orElse(null));
        }
    }

    private static AttributionRule randomRule(Random random, int i) {
        TestRules rule = rule("r" + random.nextInt(150))
                .from("2026-0" + (1 + random.nextInt(9)) + "-01T00:00:00Z")
                .recorded("2026-01-01T00:%02d:%02dZ".formatted(i / 60, i % 60))
                .priority(random.nextInt(3))
                .set("team", "t" + i);
        if (random.nextInt(3) > 0) {
            rule.when("api_key_id", "k" + random.nextInt(5));
        }
        if (random.nextInt(3) == 0) {
            rule.when("project", "p" + random.nextInt(3));
        }
        if (random.nextInt(4) == 0) {
            rule.when("tags.stage", "s" + random.nextInt(2));
        }
        return random.nextInt(8) == 0 ? rule.deleted().rule() : rule.rule();
    }

    private static UsageEvent randomEvent(Random random) {
        Map<String, String> values = new HashMap<>();
        values.put("api_key_id", "k" + random.nextInt(6));
        if (random.nextBoolean()) {
            values.put("project", "p" + random.nextInt(4));
        }
        UsageEvent event = event(values);
        if (random.nextBoolean()) {
            event.setTags(Map.of("stage", "s" + random.nextInt(3)));
        }
        event.setEventTime(Instant.parse("2025-12-15T00:00:00Z").plusSeconds(random.nextInt(300) * 86_400L));
        return event;
    }

    private static UsageEvent event(Map<String, String> values) {
        return UsageEvent.newBuilder()
                .setEventId("event-1")
                .setStatus(UsageStatus.BILLABLE)
                .setSourceKind("canonical")
                .setProvider("openai")
                .setModel("gpt-4o")
                .setEventTime(NOON)
                .setReceivedAt(NOON)
                .setDimensions(dimensions(values))
                .build();
    }

    private static Dimensions dimensions(Map<String, String> values) {
        Dimensions dimensions = Dimensions.newBuilder().build();
        values.forEach(dimensions::put);
        return dimensions;
    }
}
