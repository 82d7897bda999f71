package io.costops.sinks.notify;

import io.costops.schemas.config.Option;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Options of the notifier; whom it tells of what stands in the file of {@code routes}. */
record NotifierConfiguration(
        @Option("Kafka's bootstrap servers, host:port with commas between")
        String kafkaBootstrap,

        @Option("file of further properties of the Kafka clients, for example security.protocol")
        Optional<Path> kafkaProperties,

        @Option("URL of the schema registry") URI schemaRegistryUrl,
        @Option("directory for the state of Kafka Streams") Path stateDir,

        @Option("file of receivers and routes, JSON; without it nobody is told, which the table alerts shows")
        Optional<Path> routes,

        @Option(
                value = "name of the consumer group and prefix of the transactional ids",
                byDefault = "costops-notifier")
        String applicationId,

        @Option(
                "name of this instance that stays over restarts, unlike any other's: back after a crash, it goes on at once")
        Optional<String> instanceId,

        @Option(
                value = "longest time until what was delivered is recorded: a crash before may deliver it twice",
                byDefault = "100ms")
        Duration commitInterval,

        @Option(value = "how long what can't be delivered is kept and tried again", byDefault = "7d")
        Duration keep,

        @Option(value = "address that the operator's pages listen on", byDefault = "127.0.0.1")
        String httpHost,

        @Option(value = "port of the operator's pages: /healthz, /readyz, /status, /metrics", byDefault = "8085")
        int httpPort) {
    NotifierConfiguration {
        if (commitInterval.isNegative() || commitInterval.isZero()) {
            throw new IllegalArgumentException("option --commit.interval must be longer than 0");
        }
        if (keep.compareTo(Duration.ofMinutes(1)) < 0) {
            throw new IllegalArgumentException("option --keep must be at least 1m, but is " + keep);
        }
        if (httpPort < 0 || httpPort > 65_535) {
            throw new IllegalArgumentException("option --http.port must be between 0 and 65535, but is " + httpPort);
        }
    }
}
