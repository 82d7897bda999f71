package io.costops.enrichment.attribution;

import static io.costops.enrichment.attribution.TestRules.rule;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules.Violation;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("an attribution rule")
class AttributionRulesTest {
    @Test
    void that_can_be_applied_is_taken() {
        assertThat(AttributionRules.violation(rule("r")
                        .when("api_key_id", "key-7")
                        .when("tags.stage", "eu")
                        .set("tenant", "acme")
                        .rule()))
                .isEmpty();
        assertThat(AttributionRules.violation(rule("r").tag("team", "").rule())).isEmpty();
        assertThat(AttributionRules.violation(rule("r").deleted().rule())).isEmpty();
    }

    @Test
    void names_the_field_that_is_wrong() {
        assertThat(field(rule(" ").set("team", "ml"))).isEqualTo("rule_id");
        assertThat(field(rule("r").from("1969-01-01T00:00:00Z").set("team", "ml")))
                .isEqualTo("effective_from");
        assertThat(field(rule("r").recorded("+10000-01-01T00:00:00Z").set("team", "ml")))
                .isEqualTo("recorded_at");
        assertThat(field(rule("r").when("region", "eu").set("team", "ml"))).isEqualTo("match.region");
        assertThat(field(rule("r").when("tags.", "eu").set("team", "ml"))).isEqualTo("match.tags.");
        assertThat(field(rule("r").when("project", "").set("team", "ml"))).isEqualTo("match.project");
        assertThat(field(rule("r").precedence(AttributionPrecedence.UNKNOWN).set("team", "ml")))
                .isEqualTo("precedence");
        assertThat(field(rule("r").set("team", ""))).isEqualTo("dimensions.team");
        assertThat(field(rule("r").set("tenant", "x".repeat(257)))).isEqualTo("dimensions.tenant");
        assertThat(field(rule("r").set("agent_step", -1L))).isEqualTo("dimensions.agent_step");
        assertThat(field(rule("r").tag("", "v"))).isEqualTo("tags");
        assertThat(field(rule("r").tag("a", "line\nbreak"))).isEqualTo("tags.a");
        assertThat(field(rule("r"))).isEqualTo("dimensions");
    }

    @Test
    void says_which_conditions_there_are() {
        Violation violation = AttributionRules.violation(
                        rule("r").when("apikey", "key-7").set("team", "ml").rule())
                .orElseThrow();

        assertThat(violation.reason()).isEqualTo(RejectReason.INVALID_ATTRIBUTION);
        assertThat(violation.message()).contains("api_key_id").contains("tags.NAME");
    }

    private static String field(TestRules rule) {
        return AttributionRules.violation(rule.rule()).orElseThrow().field();
    }
}
