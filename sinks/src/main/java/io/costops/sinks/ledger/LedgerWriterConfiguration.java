package io.costops.sinks.ledger;

import io.costops.schemas.config.Option;
import io.costops.schemas.config.Secret;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.migrations.Deployment;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Options of the ledger writer. */
record LedgerWriterConfiguration(
        @Option("Kafka's bootstrap servers, host:port with commas between")
        String kafkaBootstrap,

        @Option("file of further properties of the Kafka consumer, for example security.protocol")
        Optional<Path> kafkaProperties,

        @Option(value = "consumer group under which the progress is shown", byDefault = "costops-ledger-writer")
        String kafkaGroup,

        @Option("URL of the schema registry") URI schemaRegistryUrl,
        @Option("URL of ClickHouse's HTTP interface") URI clickhouseUrl,

        @Option(value = "ClickHouse user that owns the tables", byDefault = "costops")
        String clickhouseUser,

        @Option("password of that user") Secret clickhousePassword,

        @Option(value = "ClickHouse database", byDefault = "costops")
        String clickhouseDatabase,

        @Option("ClickHouse cluster to make Replicated tables on; without it the tables are on one server")
        Optional<String> clickhouseCluster,

        @Option(value = "longest time of one request to ClickHouse", byDefault = "2m")
        Duration clickhouseTimeout,

        @Option(value = "how long to wait for ClickHouse at the start, before the job is submitted", byDefault = "2m")
        Duration clickhousePatience,

        @Option(value = "time between checkpoints; rows are visible after the next one", byDefault = "1s")
        Duration checkpointInterval,

        @Option(
                value =
                        "time between checkpoints while what is read was written more than 10 s ago, or one takes more than"
                                + " 3 s: fewer and larger inserts, so that the ledger catches up; without it 5 s, or"
                                + " checkpoint.interval where that is longer")
        Optional<Duration> checkpointIntervalDuringBacklog,

        @Option("number of parallel writers; without it the cluster's parallelism")
        Optional<Integer> parallelism,

        @Option(value = "most rows of a sealed batch", byDefault = "100000")
        int batchMaxRows,

        @Option(value = "most bytes of a sealed batch, before compression", byDefault = "67108864")
        long batchMaxBytes,

        @Option(
                value =
                        "without a checkpoint to restore: empty the tables beside the ledger and fill them again with what"
                                + " their topics still hold; the ledger itself is filled anew by costops rebuild",
                byDefault = "false")
        boolean refill) {
    private static final Duration DURING_BACKLOG = Duration.ofSeconds(5);

    LedgerWriterConfiguration {
        if (checkpointInterval.toMillis() < 10) {
            throw new IllegalArgumentException(
                    "checkpoint.interval must be at least 10ms, but is " + checkpointInterval);
        }
        Duration atLeast = checkpointInterval;
        checkpointIntervalDuringBacklog
                .filter(interval -> interval.compareTo(atLeast) < 0)
                .ifPresent(interval -> {
                    throw new IllegalArgumentException(
                            "checkpoint.interval.during.backlog must be checkpoint.interval (" + atLeast.toMillis()
                                    + "ms) or longer, but is " + interval.toMillis() + "ms");
                });
        parallelism.filter(writers -> writers < 1).ifPresent(writers -> {
            throw new IllegalArgumentException("parallelism must be 1 or more, but is " + writers);
        });
        // Fail at the start, with the option's name, and not on a task manager.
        address(clickhouseUrl, clickhouseUser, clickhousePassword, clickhouseDatabase, clickhouseTimeout);
        Deployment.on(clickhouseCluster);
        new BatchLimits(batchMaxRows, batchMaxBytes);
    }

    Duration intervalDuringBacklog() {
        return checkpointIntervalDuringBacklog.orElse(
                checkpointInterval.compareTo(DURING_BACKLOG) > 0 ? checkpointInterval : DURING_BACKLOG);
    }

    ClickHouseAddress address() {
        return address(clickhouseUrl, clickhouseUser, clickhousePassword, clickhouseDatabase, clickhouseTimeout);
    }

    Deployment deployment() {
        return Deployment.on(clickhouseCluster);
    }

    BatchLimits limits() {
        return new BatchLimits(batchMaxRows, batchMaxBytes);
    }

    private static ClickHouseAddress address(
            URI url, String user, Secret password, String database, Duration requestTimeout) {
        return new ClickHouseAddress(url, user, password.reveal(), database, requestTimeout);
    }
}
