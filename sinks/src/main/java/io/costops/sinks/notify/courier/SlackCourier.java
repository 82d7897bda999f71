package io.costops.sinks.notify.courier;

import io.costops.sinks.notify.config.Link;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.message.SlackMessage;
import java.net.URI;
import java.util.Map;
import java.util.Optional;

/** Writes into a Slack channel. Slack knows no repeat from a first message: each step is a message of its own. */
final class SlackCourier implements Courier {
    private final Slack settings;
    private final Optional<Link> link;
    private final HttpPost http;
    private final URI url;
    private final Mask mask;

    SlackCourier(Slack settings, Optional<Link> link, HttpPost http) {
        this.settings = settings;
        this.link = link;
        this.http = http;
        this.url = URI.create(settings.url().reveal());
        this.mask = Mask.ofAddress(url);
    }

    @Override
    public Answer deliver(Letter letter) throws InterruptedException {
        return http.send(
                url,
                Map.of(),
                SlackMessage.of(letter.alert(), link),
                settings.common().timeout(),
                mask);
    }
}
