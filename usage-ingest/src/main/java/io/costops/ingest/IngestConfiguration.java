package io.costops.ingest;

import io.costops.schemas.config.Option;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What usage-ingest needs to run, but for its HTTP door: {@link io.costops.ingest.http.HttpConfig}.
 *
 * @param kafkaBootstrap addresses of the brokers
 * @param schemaRegistryUrl address of the schema registry
 * @param stateDir directory for what Kafka Streams keeps on disk
 * @param threads stream threads; more than the partitions of usage.raw are idle
 * @param applicationId name of the consumer group and prefix of the transactional ids
 * @param commitInterval how long usage waits at most for its transaction's commit
 * @param instanceId name of this instance among those of the group; one that comes back under its name goes on at once,
 *     one without a name only after the group's session time-out
 * @param ledgerMetrics whether what the ledger books is read for {@code /metrics}
 */
public record IngestConfiguration(
        @Option("Kafka's bootstrap addresses, host:port[,host:port...]")
        String kafkaBootstrap,

        @Option("address of the schema registry, Confluent's API")
        URI schemaRegistryUrl,

        @Option("directory for the state of Kafka Streams") Path stateDir,

        @Option(value = "stream threads", byDefault = "2") int threads,

        @Option(value = "name of the consumer group", byDefault = "usage-ingest")
        String applicationId,

        @Option(value = "longest time until a record's transaction is committed", byDefault = "100ms")
        Duration commitInterval,

        @Option(
                "name of this instance that stays over restarts, unlike any other's: back after a crash, it goes on at once")
        Optional<String> instanceId,

        @Option(value = "requests, tokens and dollars of the ledger in /metrics", byDefault = "true")
        boolean ledgerMetrics) {
    public IngestConfiguration {
        if (threads < 1) {
            throw new IllegalArgumentException("option --threads must be 1 or more, but is " + threads);
        }
        if (commitInterval.isNegative() || commitInterval.isZero()) {
            throw new IllegalArgumentException("option --commit.interval must be longer than 0");
        }
    }
}
