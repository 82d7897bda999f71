package io.costops.sinks.notify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.lane.PostOffice;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * What operators and their tools ask a running notifier.
 *
 * <p>For the machine itself or a network of one's own: there is no login here, and nothing secret.
 */
final class OperatorPages implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService threads;

    /** @param isReady whether alerts are taken at this moment */
    OperatorPages(
            NotifierConfiguration configuration,
            Routing routing,
            PostOffice office,
            NotifierMetrics metrics,
            Releases releases,
            PrometheusMeterRegistry registry,
            BooleanSupplier isReady)
            throws IOException {
        server = HttpServer.create(new InetSocketAddress(configuration.httpHost(), configuration.httpPort()), 0);
        threads = Executors.newFixedThreadPool(2, task -> {
            Thread thread = new Thread(task, "operator-pages");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        get("/healthz", exchange -> answer(exchange, OK, TEXT, "alive\n"));
        get(
                "/readyz",
                exchange -> answer(
                        exchange,
                        isReady.getAsBoolean() ? OK : UNAVAILABLE,
                        TEXT,
                        isReady.getAsBoolean() ? "ready\n" : "the stream is not running\n"));
        get(
                "/metrics",
                exchange -> answer(exchange, OK, "text/plain; version=0.0.4; charset=utf-8", registry.scrape()));
        get(
                "/status",
                exchange -> answer(
                        exchange, OK, "application/json", status(routing, office, metrics, isReady.getAsBoolean())));
        server.createContext("/release/", exchange -> release(exchange, routing, releases));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** What waits for whom, and who can't be reached. */
    private static String status(Routing routing, PostOffice office, NotifierMetrics metrics, boolean ready) {
        ObjectNode status = JSON.createObjectNode();
        status.put("ready", ready);
        status.put("routes", routing.routes().size());
        ArrayNode receivers = status.putArray("receivers");
        routing.receivers().forEach((name, settings) -> {
            NotifierMetrics.Backlog backlog = metrics.backlog(name);
            receivers
                    .addObject()
                    .put("name", name)
                    .put("kind", settings.kind())
                    .put("waiting", backlog.waiting().get())
                    .put("refused", backlog.refused().get())
                    .put("failing", office.isBroken(name));
        });
        return status.toString();
    }

    /** {@code POST /release/NAME}: what that receiver refused is tried once more. */
    private static void release(HttpExchange exchange, Routing routing, Releases releases) throws IOException {
        String receiver = exchange.getRequestURI().getPath().substring("/release/".length());
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, METHOD_NOT_ALLOWED, TEXT, "POST, please\n");
        } else if (!routing.receivers().containsKey(receiver)) {
            answer(exchange, NOT_FOUND, TEXT, "there is no such receiver\n");
        } else {
            releases.ask(receiver);
            answer(exchange, OK, TEXT, "what " + receiver + " refused is tried once more\n");
        }
    }

    private void get(String path, HttpHandler handler) {
        server.createContext(path, exchange -> {
            if (!exchange.getRequestURI().getPath().equals(path)) {
                answer(exchange, NOT_FOUND, TEXT, "no such page\n");
            } else if (!exchange.getRequestMethod().equals("GET")) {
                answer(exchange, METHOD_NOT_ALLOWED, TEXT, "GET, please\n");
            } else {
                handler.handle(exchange);
            }
        });
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        try (exchange) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
