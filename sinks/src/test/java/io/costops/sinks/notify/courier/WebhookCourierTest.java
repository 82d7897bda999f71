package io.costops.sinks.notify.courier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.schemas.config.Secret;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.ReceiverSettings.Webhook;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A webhook")
class WebhookCourierTest extends HttpCourierContract {
    @Override
    ReceiverSettings settings() {
        return new Webhook(
                COMMON, new Secret(server.uri("/hook?token=" + SECRET).toString()), new Secret(SECRET));
    }

    @Override
    ReceiverSettings settingsOfNobody() {
        return new Webhook(COMMON, new Secret(nobody().toString()), new Secret(SECRET));
    }

    /** As the receiver checks it, without any code of ours. */
    private static String signed(String id, String timestamp, String body) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return "v1,"
                + Base64.getEncoder()
                        .encodeToString(
                                mac.doFinal((id + "." + timestamp + "." + body).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void can_tell_that_a_message_is_ours_and_new() throws Exception {
        Instant before = Instant.now();
        deliver(TestAlerts.retryLoop());
        LoopbackHttp.Request request = server.requests().take();
        String id = request.header("webhook-id");
        String timestamp = request.header("webhook-timestamp");
        assertThat(Long.parseLong(timestamp))
                .isBetween(before.getEpochSecond(), Instant.now().getEpochSecond());
        assertThat(request.header("webhook-signature")).isEqualTo(signed(id, timestamp, request.body()));
    }

    @Test
    void can_tell_a_repeat_by_its_id() throws Exception {
        serverFails();
        deliver(TestAlerts.retryLoop());
        serverTakes();
        deliver(TestAlerts.retryLoop());
        assertThat(server.requests().take().header("webhook-id"))
                .isEqualTo(server.requests().take().header("webhook-id"))
                .isEqualTo("acme/chatbot/gpt-4o/cost/2026-07-14T11:58:00Z/0/receiver");
    }

    @Test
    void is_told_everything_with_exact_amounts() throws Exception {
        deliver(TestAlerts.retryLoop());
        JsonNode document = new ObjectMapper().readTree(server.requests().take().body());
        assertThat(document.get("type").textValue()).isEqualTo("cost.alert.opened");
        assertThat(document.get("timestamp").textValue()).isEqualTo("2026-07-14T12:00:05Z");
        JsonNode data = document.get("data");
        assertThat(data.get("impact").textValue()).isEqualTo("18.7");
        assertThat(data.get("tenant").textValue()).isEqualTo("acme");
        assertThat(data.get("recent")).hasSize(10);
        assertThat(data.get("resolved_at").isNull()).isTrue();
    }

    /** Example of the specification, so that its libraries can check our messages. */
    @Test
    void finds_the_signature_of_standard_webhooks() {
        assertThat(new WebhookSignature(new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
                        .of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
