package io.costops.ingest;

import io.costops.ingest.budgets.BudgetDesk;
import io.costops.ingest.budgets.BudgetStateReader;
import io.costops.ingest.http.HttpConfig;
import io.costops.ingest.http.HttpDoor;
import io.costops.ingest.http.KafkaRawTopic;
import io.costops.ingest.http.NormaliserCheck;
import io.costops.ingest.normalise.Normaliser;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs usage-ingest until it is told to end (SIGTERM). */
public final class IngestMain {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int EXIT_USAGE = 2;

    private IngestMain() {}

    public static void main(String[] arguments) throws Exception {
        logAsConfigured();
        if (Arrays.asList(arguments).contains("--help")) {
            Configurations.describe(IngestConfiguration.class).forEach(System.out::println);
            Configurations.describe(HttpConfig.class).forEach(System.out::println);
            return;
        }
        try {
            run(
                    Configurations.read(IngestConfiguration.class, part(arguments, false), System.getenv()),
                    Configurations.read(HttpConfig.class, part(arguments, true), System.getenv()));
        } catch (ConfigurationException e) {
            System.err.println("usage-ingest: " + e.getMessage());
            System.exit(EXIT_USAGE);
        }
    }

    /** The options of the HTTP door, or all others. */
    static String[] part(String[] arguments, boolean http) {
        List<String> part = new ArrayList<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (arguments[i].startsWith("--http.") == http) {
                part.addAll(Arrays.asList(arguments).subList(i, Math.min(i + 2, arguments.length)));
            }
        }
        return part.toArray(new String[0]);
    }

    private static void run(IngestConfiguration configuration, HttpConfig http) throws Exception {
        Logger log = LoggerFactory.getLogger(IngestMain.class);
        log.info("usage-ingest starts with {} and {}", configuration, http);
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new ProcessorMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        IngestMetrics metrics = new IngestMetrics(registry);
        Properties properties = StreamProperties.of(configuration);
        Normaliser normaliser = new Normaliser();
        SupervisedStream stream = new SupervisedStream(
                () -> {
                    SchemaRegistry schemas = new ConfluentSchemaRegistry(configuration.schemaRegistryUrl());
                    return new KafkaStreamsRun(
                            UsageIngest.topology(normaliser, schemas, metrics, Clock.systemUTC()),
                            properties,
                            registry);
                },
                FIRST_PAUSE,
                LONGEST_PAUSE,
                metrics::countRestart);
        LedgerMetrics ledger = new LedgerMetrics(registry);
        SupervisedStream booked = new SupervisedStream(
                () -> new LedgerMetricsRun(
                        LedgerMetricsRun.consumer(configuration),
                        new ConfluentSchemaRegistry(configuration.schemaRegistryUrl()),
                        ledger),
                FIRST_PAUSE,
                LONGEST_PAUSE,
                () -> {});
        BudgetDesk budgets = new BudgetDesk(Clock.systemUTC());
        Properties kafka = new Properties();
        kafka.setProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, configuration.kafkaBootstrap());
        // Its thread is a daemon and has nothing to finish: it needs no end in order.
        BudgetStateReader unused = BudgetStateReader.start(
                budgets, kafka, () -> new ConfluentSchemaRegistry(configuration.schemaRegistryUrl()));
        HttpDoor door = HttpDoor.open(
                http,
                new NormaliserCheck(normaliser, Clock.systemUTC()),
                KafkaRawTopic.connect(configuration.kafkaBootstrap(), http, registry),
                registry,
                () -> stream.isReady() ? Map.of() : Map.of("stream", "it is not running"),
                budgets,
                Clock.systemUTC());
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endInOrder(door, stream, booked, main), "shutdown"));
        if (configuration.ledgerMetrics()) {
            Thread counting = new Thread(() -> runQuietly(booked), "ledger-metrics");
            counting.setDaemon(true);
            counting.start();
        }
        stream.run();
        log.info("usage-ingest has ended");
    }

    /**
     * The JVM halts when its hooks return: this one waits until the door has answered what it took, and the stream has
     * committed or aborted.
     */
    private static void endInOrder(HttpDoor door, SupervisedStream stream, SupervisedStream booked, Thread main) {
        Thread closing = new Thread(door::close, "shutdown-http");
        closing.start();
        booked.stop();
        stream.stop();
        try {
            main.join(Duration.ofSeconds(25).toMillis());
            closing.join(Duration.ofSeconds(25).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void runQuietly(SupervisedStream stream) {
        try {
            stream.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Before the first logger is made: our own configuration, unless the operator names another. */
    private static void logAsConfigured() {
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "io/costops/ingest/logback.xml");
        }
    }
}
