package io.costops.ingest.http;

import io.costops.ingest.budgets.BudgetDesk;
import io.costops.ingest.keys.ApiKeyFile;
import io.costops.ingest.keys.ApiKeys;
import io.costops.schemas.config.ConfigurationException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes usage over HTTP and answers once Kafka holds it.
 *
 * <p>What it takes is bounded at every step: connections, heads, bodies, elements, their rate, and the memory of all
 * requests together.
 */
public final class HttpDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);
    private static final int MAX_HEAD_BYTES = 16 * 1024;
    private static final int SWEEP_MILLIS = 500;

    private final Server server;
    private final ServerConnector connector;
    private final RawTopic topic;
    private final SlowHeads slowHeads;
    private volatile boolean stopping;

    private HttpDoor(
            HttpConfig config,
            EnvelopeCheck check,
            RawTopic topic,
            PrometheusMeterRegistry metrics,
            Readiness readiness,
            BudgetDesk budgets,
            Clock clock) {
        Limits limits = config.limits();
        MemoryBudget budget = new MemoryBudget(config.httpMemoryLimit());
        this.topic = topic;
        QueuedThreadPool threads = new QueuedThreadPool(config.httpThreads(), Math.min(8, config.httpThreads()));
        threads.setName("http");
        this.server = new Server(threads);
        this.slowHeads = new SlowHeads(config.httpHeadTimeout());
        this.connector = connector(config, slowHeads);
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(config.httpConnections(), connector));
        server.setErrorHandler(new DoorErrors());
        server.setStopTimeout(config.httpStopTimeout().toMillis());
        Desk desk = new Desk(
                config,
                limits,
                budget,
                new RateLimits(config.httpRate(), limits.elements()),
                topic,
                new DoorMetrics(metrics, budget),
                server.getScheduler(),
                threads);
        Gauge.builder(
                        "costops.http.connections",
                        connector,
                        open -> open.getConnectedEndPoints().size())
                .description("Open connections")
                .register(metrics);
        Optional<ApiKeyFile> keys = config.httpKeysFile().map(file -> ApiKeyFile.open(file, clock));
        keys.ifPresent(file -> Gauge.builder("costops.http.keys.stale", file, one -> one.isStale() ? 1 : 0)
                .description("1 while the keys file can't be read and the keys read before are in force")
                .register(metrics));
        Admission admission = new Admission(check, limits);
        JsonBatch batch = new JsonBatch(limits, admission);
        Readiness doorReadiness = topic.readiness().and(this::stoppingReason);
        DoorHandler handler = new DoorHandler(
                desk,
                keys.map(ApiKeys.class::cast),
                List.of(
                        new UsageRoute(batch, admission),
                        new TracesRoute(limits, admission),
                        new EventsRoute(batch, admission)),
                new SourceRoute(batch, admission),
                metrics::scrape,
                doorReadiness,
                doorReadiness.and(readiness),
                slowHeads);
        server.setHandler(
                new GracefulHandler(new BudgetHandler(handler, budgets, keys.map(ApiKeys.class::cast), slowHeads)));
    }

    /**
     * Opens the door.
     *
     * @param check what the stream will make of an envelope
     * @param topic closed with the door
     * @param metrics of the whole process; the door shows them under {@code /metrics}
     * @param readiness of what stands behind the topic; the door takes usage without it
     * @param budgets what decisions go by
     * @throws ConfigurationException if the address can't be listened on, or keys or certificate can't be read
     */
    public static HttpDoor open(
            HttpConfig config,
            EnvelopeCheck check,
            RawTopic topic,
            PrometheusMeterRegistry metrics,
            Readiness readiness,
            BudgetDesk budgets,
            Clock clock) {
        HttpDoor door = new HttpDoor(config, check, topic, metrics, readiness, budgets, clock);
        door.start(config);
        return door;
    }

    /** Where it listens. */
    public URI address() {
        String scheme = connector.getProtocols().contains("ssl") ? "https" : "http";
        String host = connector.getHost();
        String shown = host == null || host.equals("0.0.0.0") ? "127.0.0.1" : host;
        return URI.create(
                scheme + "://" + (shown.contains(":") ? "[" + shown + "]" : shown) + ":" + connector.getLocalPort());
    }

    /** Takes no more requests, lets those under way come to their answer, and closes the topic. */
    @Override
    public void close() {
        stopping = true;
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("The HTTP door did not stop in good order", e);
        } finally {
            topic.close();
        }
    }

    private void start(HttpConfig config) {
        try {
            server.start();
            // Not before: the scheduler drops what it is given earlier.
            sweep();
        } catch (Exception e) {
            close();
            throw new ConfigurationException("the HTTP door can't listen on " + config.host() + ":" + config.httpPort()
                    + ": " + rootMessage(e) + "; set --http.host, --http.port or --http.tls.keystore");
        }
        if (config.httpKeysFile().isEmpty()) {
            LOG.warn(
                    "The HTTP door listens on {} for this machine only and asks for no API key: --http.keys.file is not set",
                    address());
        } else {
            LOG.info("The HTTP door listens on {}", address());
        }
    }

    private java.util.Map<String, String> stoppingReason() {
        return stopping ? java.util.Map.of("door", "it is stopping") : java.util.Map.of();
    }

    private void sweep() {
        server.getScheduler()
                .schedule(
                        () -> {
                            slowHeads.closeOverdue(System.nanoTime());
                            if (!stopping) {
                                sweep();
                            }
                        },
                        SWEEP_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private ServerConnector connector(HttpConfig config, SlowHeads slowHeads) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEAD_BYTES);
        HttpConnectionFactory plain = new HttpConnectionFactory(http);
        ServerConnector made;
        if (config.httpTlsKeystore().isPresent()) {
            SslContextFactory.Server tls = new SslContextFactory.Server();
            tls.setKeyStorePath(config.httpTlsKeystore().get().toString());
            tls.setKeyStoreType("PKCS12");
            tls.setKeyStorePassword(config.httpTlsPassword().orElseThrow().reveal());
            SecureRequestCustomizer secure = new SecureRequestCustomizer();
            // A client may reach the door under a name that the certificate doesn't bear, by its address for one.
            secure.setSniHostCheck(false);
            http.addCustomizer(secure);
            made = new ServerConnector(server, 1, 1, new SslConnectionFactory(tls, plain.getProtocol()), plain);
        } else {
            made = new ServerConnector(server, 1, 1, plain);
        }
        made.setHost(config.host());
        made.setPort(config.httpPort());
        made.setIdleTimeout(config.httpIdleTimeout().toMillis());
        made.addBean(slowHeads);
        return made;
    }

    private static String rootMessage(Throwable e) {
        @Nullable Throwable cause = e;
        String message = String.valueOf(e.getMessage());
        while (cause != null) {
            message = String.valueOf(cause.getMessage());
            cause = cause.getCause();
        }
        return message;
    }
}
