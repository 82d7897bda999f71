package io.costops.sinks.notify.courier;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.config.Secret;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.ReceiverSettings.Email;
import io.costops.sinks.notify.config.ReceiverSettings.Login;
import io.costops.sinks.notify.config.ReceiverSettings.Security;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("E-mail")
class EmailCourierTest extends CourierContract {
    private final LoopbackSmtp server = new LoopbackSmtp();

    @AfterEach
    void closeServer() throws IOException {
        server.close();
    }

    private static Email email(int port, Optional<Login> login) {
        return new Email(
                COMMON,
                "127.0.0.1",
                port,
                Security.NONE,
                "costops@example.com",
                List.of("finops@example.com", "ops@example.com"),
                login);
    }

    @Override
    ReceiverSettings settings() {
        return email(server.port(), Optional.empty());
    }

    @Override
    ReceiverSettings settingsOfNobody() {
        return email(HttpCourierContract.nobody().getPort(), Optional.of(new Login("u", new Secret(SECRET))));
    }

    @Override
    void serverTakes() {
        server.replyToMessage("250 taken");
    }

    @Override
    void serverHangs() {
        server.replyToRecipient("");
    }

    @Override
    void serverRefuses() {
        server.replyToMessage("554 no thanks");
    }

    @Override
    void serverFails() {
        server.replyToMessage("451 try again");
    }

    @Override
    void serverThrottles() {
        server.replyToRecipient("450 too many messages");
    }

    @Override
    int received() {
        return server.messages().size();
    }

    private MimeMessage received(Alert alert) throws Exception {
        assertThat(deliver(alert)).isInstanceOf(Answer.Taken.class);
        return new MimeMessage(
                null, new ByteArrayInputStream(server.messages().take().getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void is_one_text_to_everybody() throws Exception {
        MimeMessage message = received(TestAlerts.retryLoop());
        assertThat(message.getFrom()[0]).hasToString("costops@example.com");
        assertThat(message.getAllRecipients())
                .extracting(Object::toString)
                .containsExactly("finops@example.com", "ops@example.com");
        assertThat(message.getSubject()).startsWith("[CostOps] Critical: Cost of chatbot");
        assertThat(message.getContent().toString()).contains("Impact: 18.7 USD", "▁▁▂▁▁▁▂▁▄█");
        assertThat(message.getHeader("Auto-Submitted")).containsExactly("auto-generated");
    }

    @Test
    void of_the_same_step_has_the_same_id_and_of_one_incident_stands_in_one_thread() throws Exception {
        MimeMessage first = received(TestAlerts.retryLoop());
        MimeMessage again = received(TestAlerts.retryLoop());
        MimeMessage end = received(TestAlerts.step(1, AlertAction.RESOLVED));
        assertThat(again.getMessageID()).isEqualTo(first.getMessageID());
        assertThat(end.getMessageID()).isNotEqualTo(first.getMessageID());
        assertThat(end.getHeader("References")).isEqualTo(first.getHeader("References"));
    }

    @Test
    void carries_no_header_that_a_tenant_made_up() throws Exception {
        Alert alert = TestAlerts.of("acme\r\nBcc: spy@example.com", "i\r\nBcc: spy@example.com");
        alert.setTitle("x\r\nBcc: spy@example.com");
        MimeMessage message = received(alert);
        assertThat(message.getHeader("Bcc")).isNull();
        assertThat(message.getAllRecipients()).hasSize(2);
    }

    @Test
    void to_a_recipient_whom_the_server_does_not_know_is_refused() throws Exception {
        server.replyToRecipient("550 who?");
        assertThat(deliver(TestAlerts.retryLoop()).status()).isEqualTo(550);
    }

    @Test
    void is_not_sent_in_the_clear_where_tls_was_asked_for() throws Exception {
        Email secure = new Email(
                COMMON,
                "127.0.0.1",
                server.port(),
                Security.STARTTLS,
                "costops@example.com",
                List.of("finops@example.com"),
                Optional.of(new Login("u", new Secret(SECRET))));
        assertThat(courier(secure).deliver(Letter.to("receiver", TestAlerts.retryLoop())))
                .isNotInstanceOf(Answer.Taken.class);
        assertThat(server.messages()).isEmpty();
    }
}
