package io.costops.infra.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Slack and PagerDuty on this machine, for the alerts about one tenant. */
final class Receivers implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK = 200;
    private static final int ACCEPTED = 202;

    private final HttpServer server;
    private final List<JsonNode> slack = new CopyOnWriteArrayList<>();
    private final List<JsonNode> pagerDuty = new CopyOnWriteArrayList<>();

    Receivers() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receive("/slack", slack, OK);
        receive("/pagerduty", pagerDuty, ACCEPTED);
        server.start();
    }

    private void receive(String path, List<JsonNode> messages, int status) {
        server.createContext(path, exchange -> {
            try (exchange) {
                messages.add(JSON.readTree(exchange.getRequestBody().readAllBytes()));
                exchange.sendResponseHeaders(status, -1);
            }
        });
    }

    /** The notifier's file that leads here, and its secrets beside it. */
    Path routes(Path directory, String tenant) {
        String address = "http://127.0.0.1:" + server.getAddress().getPort();
        try {
            Files.createDirectories(directory);
            Path url = Files.writeString(directory.resolve("slack-url"), address + "/slack/secret");
            Path key = Files.writeString(directory.resolve("pagerduty-key"), "secret");
            return Files.writeString(directory.resolve("notify.json"), """
                    {"receivers": {
                       "finops": {"kind": "slack", "url": {"file": "%s"}},
                       "on-call": {"kind": "pagerduty", "url": "%s/pagerduty", "routing_key": {"file": "%s"}}},
                     "routes": [{"name": "all", "tenants": ["%s"], "receivers": ["finops", "on-call"]}]}
                    """.formatted(url, address, key, tenant));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first line of each Slack message. */
    List<String> slack() {
        return slack.stream()
                .map(message -> message.at("/blocks/0/text/text").asText())
                .toList();
    }

    /** What each event asks PagerDuty to do, and the incident's key. */
    List<String> pagerDuty() {
        return pagerDuty.stream()
                .map(event -> event.get("event_action").asText() + " "
                        + event.get("dedup_key").asText())
                .toList();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
