package io.costops.sinks.notify.courier;

import io.costops.sinks.notify.config.ReceiverSettings.Webhook;
import io.costops.sinks.notify.message.PlainText;
import io.costops.sinks.notify.message.WebhookDocument;
import java.net.URI;
import java.time.Clock;
import java.util.Map;

/**
 * Posts a signed document by the rules of Standard Webhooks.
 *
 * <p>{@code webhook-id} is the same for every attempt, {@code webhook-timestamp} is the attempt's time and
 * {@code webhook-signature} covers both and the body. A receiver that refuses old times and known ids can't be fed a
 * message twice, not even by who has read it on the way.
 */
final class WebhookCourier implements Courier {
    private static final int MOST_ID = 300;

    private final Webhook settings;
    private final HttpPost http;
    private final Clock clock;
    private final URI url;
    private final WebhookSignature signature;
    private final Mask mask;

    WebhookCourier(Webhook settings, HttpPost http, Clock clock) {
        this.settings = settings;
        this.http = http;
        this.clock = clock;
        this.url = URI.create(settings.url().reveal());
        this.signature = new WebhookSignature(settings.key());
        this.mask = Mask.ofAddress(url, settings.key());
    }

    @Override
    public Answer deliver(Letter letter) throws InterruptedException {
        String id = headerText(letter.id());
        long timestamp = clock.instant().getEpochSecond();
        String body = WebhookDocument.of(letter.alert());
        return http.send(
                url,
                Map.of(
                        "webhook-id", id,
                        "webhook-timestamp", Long.toString(timestamp),
                        "webhook-signature", signature.of(id, timestamp, body)),
                body,
                settings.common().timeout(),
                mask);
    }

    /**
     * A header takes visible ASCII only, and the signed text has points between its parts. What is changed for that is told
     * apart by a hash.
     */
    private static String headerText(String id) {
        String clean = PlainText.line(id, MOST_ID).replaceAll("[^\\x21-\\x7E]|\\.", "_");
        return clean.equals(id) ? id : clean + "-" + Integer.toHexString(id.hashCode());
    }
}
