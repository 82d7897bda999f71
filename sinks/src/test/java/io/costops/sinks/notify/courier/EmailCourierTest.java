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
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        assertThat(message.getContent().toString()).contains("Impact: 18.70 USD", "▁▁▂▁▁▁▂▁▄█");
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
    void goes_by_starttls_and_the_password_with_it(@TempDir Path directory) throws Exception {
        SSLContext before = SSLContext.getDefault();
        SSLContext own = certified(directory);
        SSLContext.setDefault(own);
        try (LoopbackSmtp secure = new LoopbackSmtp(own)) {
            Email email = new Email(
                    // A first handshake takes its time.
                    new ReceiverSettings.Common("receiver", Duration.ofSeconds(30), 600),
                    "127.0.0.1",
                    secure.port(),
                    Security.STARTTLS,
                    "costops@example.com",
                    List.of("finops@example.com"),
                    Optional.of(new Login("costops", new Secret(SECRET))));

            Answer answer = courier(email).deliver(Letter.to("receiver", TestAlerts.retryLoop()));

            assertThat(answer).isInstanceOf(Answer.Taken.class);
            assertThat(secure.messages()).hasSize(1);
            assertThat(secure.saidInTheClear())
                    .allSatisfy(line -> assertThat(line).matches("EHLO .*|STARTTLS"));
            String login = secure.saidUnderTls().stream()
                    .filter(line -> line.startsWith("AUTH PLAIN "))
                    .findFirst()
                    .orElseThrow();
            assertThat(new String(
                            Base64.getDecoder().decode(login.substring("AUTH PLAIN ".length())),
                            StandardCharsets.UTF_8))
                    .endsWith("\0costops\0" + SECRET);
        } finally {
            SSLContext.setDefault(before);
        }
    }

    /** A certificate for this machine that is its own authority, and the trust in it. */
    private static SSLContext certified(Path directory) throws Exception {
        Path file = directory.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "smtp",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "password",
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore store = KeyStore.getInstance(file.toFile(), "password".toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, "password".toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("smtp", store.getCertificate("smtp"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
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
