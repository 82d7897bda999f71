package io.costops.sinks.notify;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.config.RoutingFile;
import io.costops.sinks.notify.courier.Couriers;
import io.costops.sinks.notify.lane.PostOffice;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the notifier until it is told to end (SIGTERM). It ends with 1 when its stream fails; whoever supervises it starts
 * it again, and it goes on where its last transaction stands.
 */
public final class NotifierMain {
    private static final int EXIT_FAILURE = 1;
    private static final int EXIT_USAGE = 2;
    private static final Duration FINISH = Duration.ofSeconds(12);
    private static final Duration CLOSE = Duration.ofSeconds(10);

    private NotifierMain() {}

    public static void main(String[] arguments) throws Exception {
        if (Arrays.asList(arguments).contains("--help")) {
            Configurations.describe(NotifierConfiguration.class).forEach(System.out::println);
            return;
        }
        boolean sound;
        try {
            NotifierConfiguration configuration =
                    Configurations.read(NotifierConfiguration.class, arguments, System.getenv());
            Routing routing = configuration
                    .routes()
                    .map(file -> RoutingFile.read(file, System.getenv()))
                    .orElseGet(Routing::none);
            sound = run(configuration, routing);
        } catch (ConfigurationException e) {
            System.err.println("notifier: " + e.getMessage());
            System.exit(EXIT_USAGE);
            return;
        }
        if (!sound) {
            System.exit(EXIT_FAILURE);
        }
    }

    /** Returns whether it ended because it was told to. */
    private static boolean run(NotifierConfiguration configuration, Routing routing) throws Exception {
        Logger log = LoggerFactory.getLogger(NotifierMain.class);
        log.info(
                "the notifier starts with {}; receivers {}, {} routes",
                configuration,
                routing.receivers().keySet(),
                routing.routes().size());
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new ProcessorMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        NotifierMetrics metrics = new NotifierMetrics(registry);
        Releases releases = new Releases();
        AtomicInteger unrecorded = new AtomicInteger();
        Clock clock = Clock.systemUTC();
        AtomicBoolean told = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        PostOffice office = new PostOffice(routing.receivers().values(), Couriers.of(routing, clock), clock);
        KafkaStreams streams = new KafkaStreams(
                Notifier.topology(new Notifier.Surroundings(
                        routing,
                        new ConfluentSchemaRegistry(configuration.schemaRegistryUrl()),
                        office,
                        releases,
                        metrics,
                        clock,
                        configuration.keep(),
                        unrecorded)),
                properties(configuration));
        KafkaStreamsMetrics streamsMetrics = new KafkaStreamsMetrics(streams);
        streamsMetrics.bindTo(registry);
        streams.setUncaughtExceptionHandler(failure -> {
            log.error("the stream fails", failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            log.info("the stream is {}", now);
            if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
                ended.countDown();
            }
        });
        CountDownLatch done = new CountDownLatch(1);
        Thread ending = new Thread(
                () -> {
                    told.set(true);
                    ended.countDown();
                    awaitQuietly(done);
                },
                "shutdown");
        Runtime.getRuntime().addShutdownHook(ending);
        try (OperatorPages pages = new OperatorPages(
                configuration,
                routing,
                office,
                metrics,
                releases,
                registry,
                () -> streams.state() == KafkaStreams.State.RUNNING)) {
            log.info("the operator's pages are at {}:{}", configuration.httpHost(), pages.port());
            streams.start();
            ended.await();
            endInOrder(office, streams, unrecorded);
        } finally {
            office.close();
            streamsMetrics.close();
            done.countDown();
        }
        log.info("the notifier has ended");
        return told.get();
    }

    /**
     * What is under way is answered and recorded before the stream closes: an orderly restart delivers nothing twice.
     */
    private static void endInOrder(PostOffice office, KafkaStreams streams, AtomicInteger unrecorded)
            throws InterruptedException {
        if (streams.state() == KafkaStreams.State.RUNNING) {
            office.finish(FINISH);
            long deadline = System.nanoTime() + CLOSE.toNanos();
            while (unrecorded.get() > 0 && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
        streams.close(CLOSE);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(FINISH.plus(CLOSE).plus(CLOSE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static Properties properties(NotifierConfiguration configuration) {
        Properties properties = new Properties();
        configuration.kafkaProperties().ifPresent(file -> {
            try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                properties.load(reader);
            } catch (IOException e) {
                throw new ConfigurationException("option --kafka.properties: can't read the file " + file);
            }
        });
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, configuration.applicationId());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, configuration.kafkaBootstrap());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, configuration.stateDir().toString());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        // An alert is taken, its notifications are stored and their fates are written in one transaction.
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                configuration.commitInterval().toMillis());
        // The stream looks up from polling so often: answers are recorded no later.
        properties.put(StreamsConfig.POLL_MS_CONFIG, Outbox.RECORDING.toMillis());
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
        // A store's change holds an alert of the topic's full size, and more.
        properties.put(
                StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                2 * Topics.COST_ALERTS.maxMessageBytes());
        properties.put(StreamsConfig.topicPrefix("max.message.bytes"), 2 * Topics.COST_ALERTS.maxMessageBytes());
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        // A member that died is given up after this: its notifications wait so long. One that comes back by its name
        // goes
        // on at once.
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
        configuration
                .instanceId()
                .ifPresent(name ->
                        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), name));
        return properties;
    }
}
