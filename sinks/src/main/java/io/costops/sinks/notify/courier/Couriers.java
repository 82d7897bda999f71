package io.costops.sinks.notify.courier;

import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.ReceiverSettings.Email;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.config.ReceiverSettings.Webhook;
import io.costops.sinks.notify.config.Routing;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;

/** A courier for each receiver. */
public final class Couriers {
    private Couriers() {}

    /** By the receiver's name. */
    public static Map<String, Courier> of(Routing routing, Clock clock) {
        HttpPost http = new HttpPost(clock);
        Map<String, Courier> couriers = new TreeMap<>();
        routing.receivers().forEach((name, settings) -> couriers.put(name, courier(settings, routing, http, clock)));
        return couriers;
    }

    private static Courier courier(ReceiverSettings settings, Routing routing, HttpPost http, Clock clock) {
        if (settings instanceof Slack slack) {
            return new SlackCourier(slack, routing.link(), http);
        } else if (settings instanceof PagerDuty pagerDuty) {
            return new PagerDutyCourier(pagerDuty, routing.link(), http);
        } else if (settings instanceof Webhook webhook) {
            return new WebhookCourier(webhook, http, clock);
        } else if (settings instanceof Email email) {
            return new EmailCourier(email, routing.link(), clock);
        }
        throw new IllegalStateException("no courier for " + settings.kind());
    }
}
