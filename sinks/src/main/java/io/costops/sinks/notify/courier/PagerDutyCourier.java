package io.costops.sinks.notify.courier;

import io.costops.sinks.notify.config.Link;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import io.costops.sinks.notify.message.PagerDutyEvent;
import java.util.Map;
import java.util.Optional;

/** Opens, acknowledges and resolves incidents of PagerDuty; the same message twice is one there. */
final class PagerDutyCourier implements Courier {
    private final PagerDuty settings;
    private final Optional<Link> link;
    private final HttpPost http;
    private final Mask mask;

    PagerDutyCourier(PagerDuty settings, Optional<Link> link, HttpPost http) {
        this.settings = settings;
        this.link = link;
        this.http = http;
        this.mask = Mask.of(settings.routingKey());
    }

    @Override
    public Answer deliver(Letter letter) throws InterruptedException {
        return http.send(
                settings.url(),
                Map.of(),
                PagerDutyEvent.of(letter.alert(), settings.routingKey(), link),
                settings.common().timeout(),
                mask);
    }
}
