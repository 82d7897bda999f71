package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("a file of attribution rules")
class RuleFileTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final String RULE = """
            {"rule_id": "chatbot", "effective_from": "2026-07-01T00:00:00Z", "priority": 5,
             "match": {"api_key_id": "key-7", "tags.team": "ml"}, "precedence": "rule_wins",
             "dimensions": {"tenant": "acme", "cost_center": "AC-410"}, "tags": {"owner": "jo"}}
            """;

    @Nested
    @DisplayName("that is right")
    class Right {
        @Test
        void gives_every_field_of_the_rule() {
            AttributionRule rule = only(read(RULE, null));

            assertThat(rule.getRuleId()).isEqualTo("chatbot");
            assertThat(rule.getEffectiveFrom()).isEqualTo(Instant.parse("2026-07-01T00:00:00Z"));
            assertThat(rule.getRecordedAt()).isEqualTo(NOW);
            assertThat(rule.getPriority()).isEqualTo(5);
            assertThat(rule.getMatch()).containsEntry("api_key_id", "key-7").containsEntry("tags.team", "ml");
            assertThat(rule.getPrecedence()).isEqualTo(AttributionPrecedence.RULE_WINS);
            assertThat(rule.getDimensions().getTenant()).isEqualTo("acme");
            assertThat(rule.getDimensions().getCostCenter()).isEqualTo("AC-410");
            assertThat(rule.getDimensions().getProject()).isNull();
            assertThat(rule.getTags()).containsEntry("owner", "jo");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {"[%s, %s]", "%s%s"})
        void may_be_an_array_or_one_object_after_another(String form) {
            String file = form.formatted(RULE, RULE.replace("chatbot", "search"));

            assertThat(read(file, null).rules())
                    .extracting(AttributionRule::getRuleId)
                    .containsExactly("chatbot", "search");
        }

        @Test
        void takes_the_moment_that_is_given_for_rules_without_one() {
            String file = RULE.replace("\"effective_from\": \"2026-07-01T00:00:00Z\",", "");

            assertThat(only(read(file, NOW)).getEffectiveFrom()).isEqualTo(NOW);
        }

        @Test
        void fills_gaps_only_where_no_precedence_is_given() {
            String file = RULE.replace("\"precedence\": \"rule_wins\",", "");

            assertThat(only(read(file, null)).getPrecedence()).isEqualTo(AttributionPrecedence.EVENT_WINS);
        }
    }

    @Nested
    @DisplayName("that is wrong")
    class Wrong {
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "\"rule_id\": \"chatbot\"|\"rule_id\": \"\"|rule_id is missing",
                    "2026-07-01T00:00:00Z|July|effective_from must be a time",
                    "\"priority\": 5|\"priority\": \"high\"|priority must be a whole number",
                    "rule_wins|always|precedence must be event_wins",
                    "\"cost_center\"|\"cost_centre\"|dimensions.cost_centre is no dimension",
                    "\"priority\"|\"prio\"|prio is no field of a rule",
                    "\"jo\"|7|tags.owner must be a text",
                    "\"priority\": 5|\"deleted\": \"yes\"|deleted must be true or false"
                })
        void names_the_rule_the_field_and_the_fix(String right, String wrong, String message) {
            RuleFile.Rules rules = read(RULE.replace(right, wrong), null);

            assertThat(rules.rules()).isEmpty();
            assertThat(rules.errors())
                    .singleElement()
                    .asString()
                    .startsWith("rule 1")
                    .contains(message);
        }

        @Test
        void lists_every_error_of_the_file() {
            RuleFile.Rules rules = read("[{\"rule_id\": \"a\"}, 7, " + RULE + "]", null);

            assertThat(rules.errors()).hasSize(2);
            assertThat(rules.rules()).hasSize(1);
        }

        @Test
        void names_the_place_where_it_is_no_json() {
            assertThat(read(RULE + "\n{\"rule_id\" \"x\"}", null).errors())
                    .singleElement()
                    .asString()
                    .startsWith("the file is not JSON at line 5");
        }

        @Test
        void says_so_when_it_is_empty() {
            assertThat(read(" ", null).errors()).containsExactly("the file holds no rule");
        }

        @Test
        void refuses_a_field_that_stands_twice() {
            assertThat(read("{\"rule_id\": \"a\", \"rule_id\": \"b\"}", null).errors())
                    .singleElement()
                    .asString()
                    .contains("Duplicate field 'rule_id'");
        }
    }

    private static AttributionRule only(RuleFile.Rules rules) {
        assertThat(rules.errors()).isEmpty();
        assertThat(rules.rules()).hasSize(1);
        return rules.rules().get(0);
    }

    private static RuleFile.Rules read(String file, @Nullable Instant effectiveFrom) {
        try {
            return new RuleFile(effectiveFrom, NOW)
                    .read(new ByteArrayInputStream(file.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
