package io.costops.enrichment.job;

import io.costops.schemas.config.Option;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The job's configuration, read once at its start. */
public record EnrichmentOptions(
        @Option("Kafka's bootstrap servers, host:port separated by commas")
        String kafkaBootstrap,

        @Option("file of further properties of the Kafka clients, for example security.protocol")
        Optional<Path> kafkaProperties,

        @Option("URL of the schema registry") URI schemaRegistryUrl,

        @Option(
                value = "Kafka consumer group, and prefix of the transactional ids: one for each running job",
                byDefault = "costops-enrichment")
        String groupId,

        @Option("time between checkpoints; without it the cluster's execution.checkpointing.interval, else 1s")
        Optional<Duration> checkpointInterval,

        @Option("tasks of each step; without it the cluster's parallelism")
        Optional<Integer> parallelism,

        @Option(
                value = "how long an event is remembered after its last entry, in time that the job runs",
                byDefault = "3d")
        Duration dedupWindow,

        @Option(
                value = "how long what stands for an event is held to correct it, in time that the job runs;"
                        + " at most dedup.window",
                byDefault = "24h")
        Duration positionHorizon,

        @Option(
                value = "Kafka's transaction timeout: longer than the longest outage, and at most the broker's"
                        + " transaction.max.timeout.ms",
                byDefault = "167h")
        Duration transactionTimeout) {

    private static final Duration MAX_TRANSACTION_TIMEOUT = Duration.ofMillis(Integer.MAX_VALUE);

    public EnrichmentOptions {
        require(!kafkaBootstrap.isBlank(), "kafka.bootstrap must name a server");
        require(!groupId.isBlank(), "group.id must not be empty");
        checkpointInterval.ifPresent(interval ->
                require(interval.compareTo(Duration.ofMillis(10)) >= 0, "checkpoint.interval must be at least 10ms"));
        parallelism.ifPresent(tasks -> require(tasks >= 1, "parallelism must be at least 1"));
        require(isPositive(positionHorizon), "position.horizon must be above 0");
        require(
                dedupWindow.compareTo(positionHorizon) >= 0,
                "dedup.window must be at least position.horizon, which is " + positionHorizon);
        require(
                isPositive(transactionTimeout) && transactionTimeout.compareTo(MAX_TRANSACTION_TIMEOUT) <= 0,
                "transaction.timeout must be above 0 and at most " + MAX_TRANSACTION_TIMEOUT.toDays() + "d");
    }

    private static boolean isPositive(Duration duration) {
        return !duration.isNegative() && !duration.isZero();
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
