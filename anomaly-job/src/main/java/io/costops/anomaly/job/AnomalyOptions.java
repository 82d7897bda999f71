package io.costops.anomaly.job;

import io.costops.schemas.config.Option;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The job's configuration, read once at its start. */
public record AnomalyOptions(
        @Option("Kafka's bootstrap servers, host:port separated by commas")
        String kafkaBootstrap,

        @Option("file of further properties of the Kafka clients, for example security.protocol")
        Optional<Path> kafkaProperties,

        @Option("URL of the schema registry") URI schemaRegistryUrl,

        @Option(
                value = "Kafka consumer group, and prefix of the transactional ids: one for each running job",
                byDefault = "costops-anomaly")
        String groupId,

        @Option("time between checkpoints; without it the cluster's execution.checkpointing.interval, else 1s")
        Optional<Duration> checkpointInterval,

        @Option("tasks of each step; without it the cluster's parallelism")
        Optional<Integer> parallelism,

        @Option(value = "length of the windows that are judged: whole seconds that divide an hour", byDefault = "1m")
        Duration window,

        @Option(value = "how long a window waits for usage that comes out of order", byDefault = "20s")
        Duration outOfOrder,

        @Option(
                value = "usage that was received so long after it happened is history: it teaches and alarms nobody",
                byDefault = "1h")
        Duration allowedLateness,

        @Option(
                value = "without usage for so long a partition no longer holds the others up, and the end of the"
                        + " stream follows the clock",
                byDefault = "15s")
        Duration idleness,

        @Option(value = "how long a new series is only learned from", byDefault = "3d")
        Duration coldStart,

        @Option("cost within 24 hours above which a new series opens an incident while it is only learned from")
        Optional<String> coldStartCap,

        @Option(value = "incidents of less impact are listed and nobody is notified, in money", byDefault = "5")
        String minimumImpact,

        @Option(value = "the same as percent of the series' mean day; the larger holds", byDefault = "1")
        String minimumImpactPercentOfDay,

        @Option(value = "steps of incidents about a time longer ago than this notify nobody", byDefault = "6h")
        Duration backlog,

        @Option(
                value = "Kafka's transaction timeout: longer than the longest outage, and at most the broker's"
                        + " transaction.max.timeout.ms",
                byDefault = "167h")
        Duration transactionTimeout) {

    private static final Duration MAX_TRANSACTION_TIMEOUT = Duration.ofMillis(Integer.MAX_VALUE);

    public AnomalyOptions {
        require(!kafkaBootstrap.isBlank(), "kafka.bootstrap must name a server");
        require(!groupId.isBlank(), "group.id must not be empty");
        checkpointInterval.ifPresent(interval ->
                require(interval.compareTo(Duration.ofMillis(10)) >= 0, "checkpoint.interval must be at least 10ms"));
        parallelism.ifPresent(tasks -> require(tasks >= 1, "parallelism must be at least 1"));
        require(
                window.toSeconds() > 0
                        && window.equals(Duration.ofSeconds(window.toSeconds()))
                        && 3_600 % window.toSeconds() == 0,
                "window must be whole seconds that divide an hour, such as 1m or 5m, but is " + window);
        require(!outOfOrder.isNegative(), "out.of.order must not be negative");
        require(isPositive(allowedLateness), "allowed.lateness must be above 0");
        require(isPositive(idleness), "idleness must be above 0");
        require(!coldStart.isNegative(), "cold.start must not be negative");
        coldStartCap.ifPresent(cap -> amount("cold.start.cap", cap));
        amount("minimum.impact", minimumImpact);
        amount("minimum.impact.percent.of.day", minimumImpactPercentOfDay);
        require(isPositive(backlog), "backlog must be above 0");
        require(
                isPositive(transactionTimeout) && transactionTimeout.compareTo(MAX_TRANSACTION_TIMEOUT) <= 0,
                "transaction.timeout must be above 0 and at most " + MAX_TRANSACTION_TIMEOUT.toDays() + "d");
    }

    public Optional<BigDecimal> coldStartCapAmount() {
        return coldStartCap.map(BigDecimal::new);
    }

    public BigDecimal minimumImpactAmount() {
        return new BigDecimal(minimumImpact);
    }

    public BigDecimal minimumImpactPercent() {
        return new BigDecimal(minimumImpactPercentOfDay);
    }

    private static boolean isPositive(Duration duration) {
        return !duration.isNegative() && !duration.isZero();
    }

    private static void amount(String key, String text) {
        boolean amount;
        try {
            amount = new BigDecimal(text).signum() >= 0;
        } catch (NumberFormatException e) {
            amount = false;
        }
        require(amount, key + " must be a decimal of at least 0, but is '" + text + "'");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
