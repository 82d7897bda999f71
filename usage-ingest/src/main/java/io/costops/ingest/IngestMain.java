package io.costops.ingest;

import io.costops.ingest.normalise.Normaliser;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.eclipse.jetty.server.Server;
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
            return;
        }
        IngestConfiguration configuration;
        try {
            configuration = Configurations.read(IngestConfiguration.class, arguments, System.getenv());
        } catch (ConfigurationException e) {
            System.err.println("usage-ingest: " + e.getMessage());
            System.exit(EXIT_USAGE);
            return;
        }
        run(configuration);
    }

    private static void run(IngestConfiguration configuration) throws Exception {
        Logger log = LoggerFactory.getLogger(IngestMain.class);
        log.info("usage-ingest starts with {}", configuration);
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
        Server server = new Server(new InetSocketAddress(configuration.httpHost(), configuration.httpPort()));
        server.setHandler(new StatusEndpoint(stream::isReady, registry));
        server.start();
        log.info("Status and metrics at {}", server.getURI());
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endInOrder(stream, main), "shutdown"));
        stream.run();
        server.stop();
        log.info("usage-ingest has ended");
    }

    /** The JVM halts when its hooks return: this one waits until the stream has committed or aborted. */
    private static void endInOrder(SupervisedStream stream, Thread main) {
        stream.stop();
        try {
            main.join(Duration.ofSeconds(25).toMillis());
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
