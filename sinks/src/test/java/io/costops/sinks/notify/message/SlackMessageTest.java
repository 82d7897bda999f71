package io.costops.sinks.notify.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertPoint;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.CostFactor;
import io.costops.schemas.avro.RootCauseShare;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.Link;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A Slack message")
class SlackMessageTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Optional<Link> LINK = Optional.of(
            new Link("Dashboard", "https://grafana.example.com/d/costops?tenant={tenant}&incident={incident}"));

    private static JsonNode rendered(Alert alert) throws Exception {
        return JSON.readTree(SlackMessage.of(alert, LINK));
    }

    /** Everything that a reader sees. */
    private static List<String> texts(JsonNode message) {
        return textNodes(message).stream()
                .map(node -> node.get("text").textValue())
                .toList();
    }

    private static List<JsonNode> textNodes(JsonNode node) {
        List<JsonNode> found = new ArrayList<>();
        if (node.path("text").isTextual()) {
            found.add(node);
        }
        node.forEach(child -> found.addAll(textNodes(child)));
        return found;
    }

    @Test
    void of_a_budget_tells_what_was_spent_of_which_limit() throws Exception {
        List<String> texts = texts(rendered(ofBudget(AlertCategory.BUDGET)));

        assertThat(texts)
                .contains("*Spent:* 361.23 USD", "*Limit:* 500.00 USD", "*Budget:* chatbot, over 70 %")
                .anyMatch(text -> text.startsWith("*Period since:*"))
                .noneMatch(text -> text.matches("(?s)\\*(Expected|Actual|Impact|Over the limit|Likely cause):.*"));
        assertThat(texts.get(0)).endsWith("tenant acme · spent 361.23 USD · limit 500.00 USD");
    }

    @Test
    void of_a_forecast_tells_its_interval_beside_it_and_not_beside_the_limit() throws Exception {
        Alert forecast = ofBudget(AlertCategory.FORECAST);
        forecast.setActual(TestAlerts.decimal("640"));
        forecast.setExpectedLow(TestAlerts.decimal("560"));
        forecast.setExpectedHigh(TestAlerts.decimal("810"));

        assertThat(texts(rendered(forecast)))
                .contains("*Forecast:* 640.00 USD (560.00 USD to 810.00 USD)", "*Limit:* 500.00 USD");
    }

    @Test
    void leaves_out_factors_that_are_the_rounding_of_estimates() throws Exception {
        Alert alert = TestAlerts.retryLoop();
        alert.setCostFactors(List.of(
                new CostFactor("requests", TestAlerts.decimal("25.03")),
                new CostFactor("price_per_token", TestAlerts.decimal("0.00000124")),
                new CostFactor("cache", TestAlerts.decimal("0"))));

        assertThat(texts(rendered(alert))).contains("*The change by its factors*\n• requests +25.03 USD");
    }

    private static Alert ofBudget(AlertCategory category) {
        Alert alert = TestAlerts.retryLoop();
        alert.setCategory(category);
        alert.setSeverity(AlertSeverity.WARNING);
        alert.setCause("budget");
        alert.setMetric(category == AlertCategory.BUDGET ? "spend_of_budget" : "forecast_of_budget");
        alert.setActual(TestAlerts.decimal("361.234567"));
        alert.setExpected(TestAlerts.decimal("500"));
        alert.setExpectedLow(null);
        alert.setExpectedHigh(null);
        alert.setImpact(TestAlerts.decimal("0"));
        alert.setBudgetId("chatbot");
        alert.setThresholdPercent(TestAlerts.decimal("70"));
        return alert;
    }

    @Test
    void of_a_retry_loop_reads_like_the_sample() throws Exception {
        try (InputStream sample = SlackMessageTest.class.getResourceAsStream("slack-retry-loop.json")) {
            assertThat(rendered(TestAlerts.retryLoop()).toPrettyString())
                    .isEqualTo(JSON.readTree(sample).toPrettyString());
        }
    }

    @Test
    void of_the_end_says_since_when_and_until_when() throws Exception {
        JsonNode message = rendered(TestAlerts.step(3, AlertAction.RESOLVED));
        assertThat(message.get("text").textValue()).startsWith("✅ Resolved: Cost of chatbot");
        assertThat(texts(message)).contains("*Since:* 2026-07-14 11:58 UTC until 2026-07-14 12:03 UTC");
    }

    @Test
    void of_what_lasts_says_what_one_can_do_about_it() throws Exception {
        Alert alert = TestAlerts.retryLoop();
        alert.setIncidentId("0123456789abcdef0123456789abcdef");
        assertThat(texts(rendered(alert))).contains("""
                        • Take it on: `costops alerts ack 0123456789ab`
                        • It was planned: `costops alerts feedback 0123456789ab planned`
                        • Silence it: `costops alerts silence --incident 0123456789ab --for PT4H`\
                        """);

        alert.setAction(AlertAction.RESOLVED);
        assertThat(texts(rendered(alert))).noneMatch(text -> text.contains("costops alerts"));
    }

    @Test
    void of_an_alert_that_knows_next_to_nothing_is_whole() throws Exception {
        Alert bare = Alert.newBuilder()
                .setIncidentId("i")
                .setSequence(0)
                .setRecordedAt(TestAlerts.NOON)
                .setStartedAt(TestAlerts.NOON)
                .setWindowStart(TestAlerts.NOON)
                .setWindowEnd(TestAlerts.NOON)
                .setMetric("unpriced_requests")
                .setTitle("")
                .build();
        JsonNode message = rendered(bare);
        assertThat(message.get("text").textValue()).isEqualTo("❔ Update, unknown:  · tenant all tenants together");
        assertThat(texts(message)).allSatisfy(text -> assertThat(text).isNotBlank());
    }

    @Nested
    @DisplayName("about texts that others chose")
    class Hostile {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "<!channel>",
                    "<!here|x>",
                    "<@U012AB3CD>",
                    "<https://evil.example|click>",
                    "a&b<c>d",
                    "@channel",
                    "@Everyone",
                    "`code`",
                    "```\nend",
                    "a\nb\r\u2028c",
                    "\u202Etxet",
                    "{\"blocks\":[]}"
                })
        void mentions_nobody_and_breaks_no_layout(String tenant) throws Exception {
            Alert alert = TestAlerts.of(tenant, "incident of " + tenant);
            alert.setTitle(tenant);
            alert.setExplanation(tenant);
            alert.setQuery("SELECT '" + tenant + "'");
            alert.setScope(Map.of(tenant, tenant));
            alert.setRootCauses(List.of(new RootCauseShare(tenant, tenant, TestAlerts.decimal("1"), null)));
            JsonNode message = JSON.readTree(SlackMessage.of(alert, Optional.empty()));

            for (JsonNode node : textNodes(message)) {
                JsonNode text = node.get("text");
                if (node.path("type").asText().equals("plain_text")) {
                    assertThat(text.textValue()).doesNotContain("\n", "\u202E", "\u2028");
                    continue;
                }
                assertThat(text.textValue())
                        .doesNotContain("<", ">", "\u202E", "\u2028", "\r")
                        .doesNotContainPattern("&(?!(amp|lt|gt);)")
                        .satisfies(shown -> assertThat(shown.split("```", -1).length % 2)
                                .as("code blocks are closed")
                                .isEqualTo(1));
                if (!text.textValue().contains("```")) {
                    assertThat(text.textValue())
                            .doesNotContain("`")
                            .doesNotContainPattern("(?i)@(channel|here|everyone)");
                }
            }
            assertThat(message.get("text").textValue()).doesNotContain("\n");
        }

        @Test
        void keep_what_they_say() throws Exception {
            Alert alert = TestAlerts.of("R&D <eu>", "i");
            assertThat(texts(rendered(alert))).contains("*Tenant:* R&amp;D &lt;eu&gt;");
        }
    }

    @Nested
    @DisplayName("about more than Slack takes")
    class Endless {
        @ParameterizedTest
        @ValueSource(strings = {"x", "&", "<", "💸", "`", "\n"})
        void is_cut_and_never_refused(String character) throws Exception {
            String endless = character.repeat(40_000);
            Alert alert = TestAlerts.of(endless, endless);
            alert.setTitle(endless);
            alert.setExplanation(endless);
            alert.setQuery(endless + ";");
            alert.setMetric(endless);
            alert.setCause(endless);
            alert.setBudgetId(endless);
            alert.setDetector(endless);
            Map<String, String> scope = new HashMap<>();
            for (int i = 0; i < 100; i++) {
                scope.put(i + endless, endless);
            }
            alert.setScope(scope);
            alert.setRootCauses(Collections.nCopies(
                    500, new RootCauseShare(endless, endless, TestAlerts.decimal("1"), TestAlerts.decimal("1"))));
            alert.setCostFactors(Collections.nCopies(500, new CostFactor(endless, TestAlerts.decimal("1"))));
            alert.setRecent(Collections.nCopies(500, new AlertPoint(TestAlerts.NOON, 1.0, 1e308)));

            JsonNode message = rendered(alert);

            assertThat(message.get("blocks")).hasSizeLessThanOrEqualTo(50);
            assertThat(message.toString().length()).isLessThan(40_000);
            assertThat(texts(message).stream().mapToInt(String::length).sum()).isLessThan(13_000);
            for (JsonNode block : message.get("blocks")) {
                if (block.get("type").textValue().equals("header")) {
                    assertThat(block.get("text").get("text").textValue()).hasSizeLessThanOrEqualTo(150);
                } else if (block.has("text")) {
                    assertThat(block.get("text").get("text").textValue()).hasSizeLessThanOrEqualTo(3_000);
                }
                if (block.has("fields")) {
                    assertThat(block.get("fields")).hasSizeLessThanOrEqualTo(10);
                    block.get("fields")
                            .forEach(field ->
                                    assertThat(field.get("text").textValue()).hasSizeLessThanOrEqualTo(2_000));
                }
            }
            // Characters outside of the basic plane are whole or gone.
            assertThat(texts(message))
                    .allSatisfy(text -> assertThat(new String(
                                    text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                                    java.nio.charset.StandardCharsets.UTF_8))
                            .isEqualTo(text));
        }
    }
}
