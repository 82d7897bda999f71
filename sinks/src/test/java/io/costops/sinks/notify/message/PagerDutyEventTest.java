package io.costops.sinks.notify.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.RootCauseShare;
import io.costops.schemas.config.Secret;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.Link;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A PagerDuty event")
class PagerDutyEventTest {
    private static final Secret KEY = new Secret("R0UT1NGK3Y");

    private static JsonNode event(Alert alert) throws Exception {
        return new ObjectMapper()
                .readTree(PagerDutyEvent.of(
                        alert, KEY, Optional.of(new Link("Dashboard", "https://grafana.example.com/?i={incident}"))));
    }

    @Test
    void opens_an_incident_known_by_ours() throws Exception {
        JsonNode event = event(TestAlerts.retryLoop());
        assertThat(event.get("routing_key").textValue()).isEqualTo("R0UT1NGK3Y");
        assertThat(event.get("event_action").textValue()).isEqualTo("trigger");
        assertThat(event.get("dedup_key").textValue()).isEqualTo("acme/chatbot/gpt-4o/cost/2026-07-14T11:58:00Z");
        assertThat(event.at("/links/0/href").textValue())
                .isEqualTo("https://grafana.example.com/?i=acme%2Fchatbot%2Fgpt-4o%2Fcost%2F2026-07-14T11%3A58%3A00Z");
        JsonNode payload = event.get("payload");
        assertThat(payload.get("summary").textValue())
                .isEqualTo("Critical: Cost of chatbot on gpt-4o is 14 times what was expected · tenant acme · cost"
                        + " 14.20 USD, expected 1.00 USD (0.60 USD to 1.50 USD) · impact 18.70 USD");
        assertThat(payload.get("source").textValue()).isEqualTo("costops/acme");
        assertThat(payload.get("severity").textValue()).isEqualTo("critical");
        assertThat(payload.get("timestamp").textValue()).isEqualTo("2026-07-14T12:00:05Z");
        assertThat(payload.get("class").textValue()).isEqualTo("retry_loop");
        assertThat(payload.at("/custom_details/root_causes/0").textValue())
                .isEqualTo("api_key_id key-7 explains 97.5 % (18.23 USD)");
        assertThat(payload.at("/custom_details/sql").textValue()).startsWith("SELECT api_key_id");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "OPENED, trigger",
        "ESCALATED, trigger",
        "RENOTIFIED, trigger",
        "REOPENED, trigger",
        "ACKNOWLEDGED, acknowledge",
        "RESOLVED, resolve"
    })
    void follows_the_incidents_life(AlertAction action, String expected) throws Exception {
        assertThat(event(TestAlerts.step(1, action)).get("event_action").textValue())
                .isEqualTo(expected);
    }

    @Test
    void has_one_of_the_four_severities() throws Exception {
        for (AlertSeverity severity : AlertSeverity.values()) {
            Alert alert = TestAlerts.retryLoop();
            alert.setSeverity(severity);
            assertThat(event(alert).at("/payload/severity").textValue()).isIn("critical", "error", "warning", "info");
        }
    }

    @Test
    void is_cut_to_what_pagerduty_takes() throws Exception {
        String endless = "💸<&>\"\\".repeat(50_000);
        Alert alert = TestAlerts.of(endless, endless);
        alert.setTitle(endless);
        alert.setExplanation(endless);
        alert.setQuery(endless);
        alert.setRootCauses(
                Collections.nCopies(500, new RootCauseShare(endless, endless, TestAlerts.decimal("1"), null)));
        JsonNode event = event(alert);
        assertThat(event.at("/payload/summary").textValue()).hasSizeLessThanOrEqualTo(1_024);
        assertThat(event.get("dedup_key").textValue()).hasSizeLessThanOrEqualTo(255);
        assertThat(event.toString().getBytes(StandardCharsets.UTF_8).length).isLessThan(512 * 1024);
    }

    @Test
    void keeps_long_incidents_apart() {
        String id = "x".repeat(300);
        assertThat(PagerDutyEvent.dedupKey(id + "1")).isNotEqualTo(PagerDutyEvent.dedupKey(id + "2"));
    }

    @Test
    void says_what_can_be_done_while_the_incident_lasts() throws Exception {
        String id = "0123456789abcdef0123456789abcdef";

        assertThat(event(TestAlerts.of("acme", id))
                        .at("/payload/custom_details/what_can_be_done/0")
                        .asText())
                .isEqualTo("Take it on: costops alerts ack 0123456789ab");
    }
}
