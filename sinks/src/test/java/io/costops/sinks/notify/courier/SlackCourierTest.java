package io.costops.sinks.notify.courier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.schemas.config.Secret;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Slack")
class SlackCourierTest extends HttpCourierContract {
    @Override
    ReceiverSettings settings() {
        return new Slack(
                COMMON, new Secret(server.uri("/services/T0/B0/" + SECRET).toString()));
    }

    @Override
    ReceiverSettings settingsOfNobody() {
        return new Slack(COMMON, new Secret(nobody().toString()));
    }

    @Test
    void is_sent_blocks_and_a_text_for_where_blocks_are_not_shown() throws Exception {
        deliver(TestAlerts.retryLoop());
        LoopbackHttp.Request request = server.requests().take();
        assertThat(request.headers()).containsEntry("Content-Type", "application/json; charset=utf-8");
        JsonNode message = new ObjectMapper().readTree(request.body());
        assertThat(message.get("text").textValue()).isNotBlank();
        assertThat(message.get("blocks")).isNotEmpty();
    }
}
