package io.costops.sinks.notify.courier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.config.Secret;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("PagerDuty")
class PagerDutyCourierTest extends HttpCourierContract {
    @Override
    ReceiverSettings settings() {
        return new PagerDuty(COMMON, server.uri("/v2/enqueue"), new Secret(SECRET));
    }

    @Override
    ReceiverSettings settingsOfNobody() {
        return new PagerDuty(COMMON, nobody(), new Secret(SECRET));
    }

    @Override
    void serverTakes() {
        server.behave(LoopbackHttp.answer(202, "{\"status\":\"success\"}"));
    }

    @Test
    void hears_of_the_end_by_the_same_keys_as_of_the_beginning() throws Exception {
        serverTakes();
        deliver(TestAlerts.retryLoop());
        deliver(TestAlerts.step(4, AlertAction.RESOLVED));
        JsonNode trigger = new ObjectMapper().readTree(server.requests().take().body());
        JsonNode resolve = new ObjectMapper().readTree(server.requests().take().body());
        assertThat(trigger.get("event_action").textValue()).isEqualTo("trigger");
        assertThat(resolve.get("event_action").textValue()).isEqualTo("resolve");
        assertThat(resolve.get("dedup_key")).isEqualTo(trigger.get("dedup_key"));
        assertThat(resolve.get("routing_key")).isEqualTo(trigger.get("routing_key"));
    }
}
