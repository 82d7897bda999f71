package io.costops.sinks.notify.config;

import io.costops.schemas.config.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where notifications go, and how to be let in there. Nothing secret is part of any text form. */
public sealed interface ReceiverSettings {
    /** What every kind has. */
    Common common();

    /** The kind's name in the configuration, in metrics and in {@code alert.deliveries}. */
    String kind();

    /** Whether it holds an incident open by itself until it is told of the end. */
    default boolean holdsIncidents() {
        return false;
    }

    default String name() {
        return common().name();
    }

    /**
     * What every receiver has.
     *
     * @param name as routes name it
     * @param timeout longest time of one attempt
     * @param perMinute most messages a minute
     */
    record Common(String name, Duration timeout, int perMinute) {}

    /**
     * A Slack incoming webhook.
     *
     * @param url the webhook's address: whoever has it can write into the channel
     */
    record Slack(Common common, Secret url) implements ReceiverSettings {
        @Override
        public String kind() {
            return "slack";
        }
    }

    /**
     * PagerDuty's Events API v2.
     *
     * @param routingKey the integration key of the service
     */
    record PagerDuty(Common common, URI url, Secret routingKey) implements ReceiverSettings {
        @Override
        public String kind() {
            return "pagerduty";
        }

        @Override
        public boolean holdsIncidents() {
            return true;
        }
    }

    /**
     * Any HTTP endpoint that checks our signature.
     *
     * @param url secret, since many services carry a token in it
     * @param key signs each message
     */
    record Webhook(Common common, Secret url, Secret key) implements ReceiverSettings {
        @Override
        public String kind() {
            return "webhook";
        }

        @Override
        public boolean holdsIncidents() {
            return true;
        }
    }

    /**
     * People, by e-mail.
     *
     * @param login empty where the server takes mail without one
     */
    record Email(
            Common common,
            String host,
            int port,
            Security security,
            String from,
            List<String> to,
            Optional<Login> login)
            implements ReceiverSettings {
        public Email {
            to = List.copyOf(to);
        }

        @Override
        public String kind() {
            return "email";
        }
    }

    /** A user of an SMTP server. */
    record Login(String user, Secret password) {}

    /** How the connection to an SMTP server is protected. */
    enum Security {
        /** TLS from the first byte, usually port 465. */
        TLS,
        /** Begins in the clear and must change to TLS, usually port 587. */
        STARTTLS,
        /** In the clear: for a server on the same machine. */
        NONE
    }
}
