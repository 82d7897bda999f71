package io.costops.infra.ledger;

import io.costops.infra.platform.ClickHouseHttp;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Option;
import io.costops.schemas.config.Secret;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The adjuster as a process of its own. It may be killed at any time, and run several times over. */
public final class AdjusterMain {
    private static final Logger LOG = LoggerFactory.getLogger(AdjusterMain.class);

    /**
     * A ledger that was not seen for so long may lag behind by days, when it is back. What the job has booked and forgotten
     * since is not in it then, and nothing may be asked from it.
     */
    private static final Duration UNSEEN = Duration.ofHours(1);

    private static final Duration CATCH_UP = Duration.ofSeconds(5);

    private AdjusterMain() {}

    /** The process's configuration, read once at its start. */
    record Options(
            @Option("Kafka's bootstrap servers") String kafkaBootstrap,

            @Option("URL of the schema registry") URI schemaRegistryUrl,

            @Option("URL of ClickHouse's HTTP interface") URI clickhouseUrl,

            @Option(value = "ClickHouse user that reads every tenant's rows", byDefault = "costops")
            String clickhouseUser,

            @Option("password of that user") Secret clickhousePassword,

            @Option(value = "ClickHouse database", byDefault = "costops")
            String clickhouseDatabase,

            @Option(value = "how long to wait for new prices between two looks at the ledger", byDefault = "2s")
            Duration interval,

            @Option(value = "consumer group of the enrichment job", byDefault = "costops-enrichment")
            String jobGroup,

            @Option("file that is touched with each look, for a supervisor")
            Optional<Path> heartbeat) {}

    public static void main(String[] arguments) {
        Options options = Configurations.read(Options.class, arguments, System.getenv());
        SchemaRegistry registry = new ConfluentSchemaRegistry(options.schemaRegistryUrl());
        LedgerReader ledger = new LedgerReader(
                new ClickHouseHttp(
                        options.clickhouseUrl().toString(),
                        options.clickhouseUser(),
                        options.clickhousePassword().reveal()),
                options.clickhouseDatabase());
        try (PriceFeed prices = new PriceFeed(options.kafkaBootstrap(), registry);
                RequestTopic requests = new RequestTopic(options.kafkaBootstrap(), registry);
                JobHearing job = new JobHearing(options.kafkaBootstrap(), options.jobGroup())) {
            Adjuster adjuster = new Adjuster(ledger, requests::send, registry, Clock.systemUTC());
            LedgerTail tail = new LedgerTail(options.kafkaBootstrap(), registry, ledger);
            CurrentPrices current = prices.prices();
            Instant seen = Instant.EPOCH;
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    Optional<Instant> came = prices.poll(options.interval());
                    if (came.isPresent()) {
                        current = prices.prices();
                        adjuster.pricesChanged(came.get());
                    }
                    if (seen.plus(UNSEEN).isBefore(Instant.now())) {
                        tail.await(CATCH_UP);
                    }
                    adjuster.work(current, () -> job.hasHeard(job.ends(Topics.PRICES)));
                    seen = Instant.now();
                } catch (RuntimeException e) {
                    if (!Adjuster.passes(e)) {
                        throw e;
                    }
                    LOG.warn("will try again: {}", e.getMessage());
                }
                options.heartbeat().ifPresent(AdjusterMain::touch);
            }
        } catch (KafkaException e) {
            throw new IllegalStateException("Kafka at " + options.kafkaBootstrap() + " can't be used", e);
        }
    }

    private static void touch(Path heartbeat) {
        try {
            Files.writeString(heartbeat, Instant.now().toString());
        } catch (IOException e) {
            LOG.warn("can't touch {}: {}", heartbeat, e.getMessage());
        }
    }
}
