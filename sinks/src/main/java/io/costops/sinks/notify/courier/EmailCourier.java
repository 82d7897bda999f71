package io.costops.sinks.notify.courier;

import io.costops.schemas.config.Secret;
import io.costops.sinks.notify.config.Link;
import io.costops.sinks.notify.config.ReceiverSettings.Email;
import io.costops.sinks.notify.config.ReceiverSettings.Security;
import io.costops.sinks.notify.message.EmailText;
import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Date;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.jspecify.annotations.Nullable;

/**
 * Sends e-mail.
 *
 * <p>A message's id is made of the alert's, so that mailboxes that know repeats drop them; the steps of an incident refer to
 * its first and stand in one thread.
 */
final class EmailCourier implements Courier {
    private static final int TRANSIENT = 400;
    private static final int PERMANENT = 500;
    private static final int AUTHENTICATION_FAILED = 535;

    private final Email settings;
    private final Optional<Link> link;
    private final Clock clock;
    private final Session session;
    private final Mask mask;

    EmailCourier(Email settings, Optional<Link> link, Clock clock) {
        this.settings = settings;
        this.link = link;
        this.clock = clock;
        this.session = Session.getInstance(properties(settings));
        this.mask = Mask.of(
                settings.login().map(login -> new Secret[] {login.password()}).orElse(new Secret[0]));
    }

    private static Properties properties(Email settings) {
        String timeout = Long.toString(settings.common().timeout().toMillis());
        Properties properties = new Properties();
        properties.setProperty("mail.transport.protocol", "smtp");
        properties.setProperty("mail.smtp.host", settings.host());
        properties.setProperty("mail.smtp.port", Integer.toString(settings.port()));
        properties.setProperty("mail.smtp.connectiontimeout", timeout);
        properties.setProperty("mail.smtp.timeout", timeout);
        properties.setProperty("mail.smtp.writetimeout", timeout);
        properties.setProperty(
                "mail.smtp.auth", Boolean.toString(settings.login().isPresent()));
        properties.setProperty("mail.smtp.ssl.checkserveridentity", "true");
        properties.setProperty("mail.smtp.ssl.protocols", "TLSv1.3 TLSv1.2");
        properties.setProperty("mail.smtp.ssl.enable", Boolean.toString(settings.security() == Security.TLS));
        // Without the server's consent to TLS nothing is sent: a man in between could withhold it.
        boolean startTls = settings.security() == Security.STARTTLS;
        properties.setProperty("mail.smtp.starttls.enable", Boolean.toString(startTls));
        properties.setProperty("mail.smtp.starttls.required", Boolean.toString(startTls));
        return properties;
    }

    @Override
    public Answer deliver(Letter letter) throws InterruptedException {
        // The library's timeouts are for each read; a server that dribbles would hold us for as long as it likes.
        ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(task, "email-" + settings.name());
            made.setDaemon(true);
            return made;
        });
        try {
            Future<Answer> answer = thread.submit(() -> attempt(letter));
            return answer.get(settings.common().timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Answer.Later(
                    null, "not done within " + settings.common().timeout().toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IllegalStateException("an e-mail could not be made", e.getCause());
        } finally {
            thread.shutdownNow();
        }
    }

    private Answer attempt(Letter letter) {
        try (Transport transport = session.getTransport()) {
            MimeMessage message = message(letter);
            if (settings.login().isPresent()) {
                transport.connect(
                        settings.login().get().user(),
                        settings.login().get().password().reveal());
            } else {
                transport.connect();
            }
            transport.sendMessage(message, message.getAllRecipients());
            return new Answer.Taken(null, "the server took it");
        } catch (AuthenticationFailedException e) {
            return new Answer.Refused(AUTHENTICATION_FAILED, mask.of("login failed: " + e.getMessage()));
        } catch (MessagingException e) {
            return meaning(e);
        }
    }

    /** By the class of the reply (RFC 5321, section 4.2.1): 4xx may work later, 5xx won't. */
    private Answer meaning(MessagingException failure) {
        Integer status = status(failure);
        String said = mask.of(failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage());
        if (status != null && status >= PERMANENT) {
            return new Answer.Refused(status, said);
        }
        return new Answer.Later(status, said);
    }

    private static @Nullable Integer status(MessagingException failure) {
        Integer status = null;
        for (Exception cause = failure; cause instanceof MessagingException; ) {
            MessagingException messaging = (MessagingException) cause;
            int code = 0;
            if (messaging instanceof SMTPSendFailedException send) {
                code = send.getReturnCode();
            } else if (messaging instanceof SMTPAddressFailedException address) {
                code = address.getReturnCode();
            } else if (messaging instanceof SMTPSenderFailedException sender) {
                code = sender.getReturnCode();
            }
            // One recipient who can't be reached now is reason enough to try again.
            if (code >= TRANSIENT && (status == null || code < status)) {
                status = code;
            }
            cause = messaging.getNextException();
        }
        return status;
    }

    private MimeMessage message(Letter letter) throws MessagingException {
        EmailText text = EmailText.of(letter.alert(), link);
        String first = messageId(letter.alert().getIncidentId() + "/0");
        String own = messageId(letter.id());
        MimeMessage message = new MimeMessage(session) {
            @Override
            protected void updateMessageID() throws MessagingException {
                setHeader("Message-ID", own);
            }
        };
        message.setFrom(new InternetAddress(settings.from()));
        Address[] to = new Address[settings.to().size()];
        for (int i = 0; i < to.length; i++) {
            to[i] = new InternetAddress(settings.to().get(i));
        }
        message.setRecipients(Message.RecipientType.TO, to);
        message.setSubject(text.subject(), StandardCharsets.UTF_8.name());
        message.setSentDate(Date.from(clock.instant()));
        message.setHeader("References", first);
        message.setHeader("Auto-Submitted", "auto-generated");
        message.setText(text.body(), StandardCharsets.UTF_8.name());
        message.saveChanges();
        return message;
    }

    /** Any text may be in an incident's id: its bytes are written as digits. */
    private String messageId(String of) {
        String domain = settings.from().substring(settings.from().indexOf('@') + 1);
        byte[] bytes = of.getBytes(StandardCharsets.UTF_8);
        String digits = HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 300));
        return "<" + digits + "@" + domain + ">";
    }
}
