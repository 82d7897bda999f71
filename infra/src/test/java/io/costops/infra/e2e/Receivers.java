package io.costops.infra.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Slack and PagerDuty on this machine: a channel and a service for each tenant that is asked for. */
final class Receivers implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK = 200;
    private static final int ACCEPTED = 202;

    private final HttpServer server;
    private final Map<String, List<JsonNode>> slack = new LinkedHashMap<>();
    private final Map<String, List<JsonNode>> pagerDuty = new LinkedHashMap<>();

    Receivers(String... tenants) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        for (int i = 0; i < tenants.length; i++) {
            slack.put(tenants[i], receive("/slack/" + i + "/", OK));
            pagerDuty.put(tenants[i], receive("/pagerduty/" + i + "/", ACCEPTED));
        }
        server.start();
    }

    private List<JsonNode> receive(String path, int status) {
        List<JsonNode> messages = new CopyOnWriteArrayList<>();
        server.createContext(path, exchange -> {
            try (exchange) {
                messages.add(JSON.readTree(exchange.getRequestBody().readAllBytes()));
                exchange.sendResponseHeaders(status, -1);
            }
        });
        return messages;
    }

    /** The notifier's file that leads here, and its secrets beside it. */
    Path routes(Path directory) {
        String address = "http://127.0.0.1:" + server.getAddress().getPort();
        ObjectNode file = JSON.createObjectNode();
        ObjectNode receivers = file.putObject("receivers");
        ArrayNode routes = file.putArray("routes");
        try {
            Files.createDirectories(directory);
            Path key = Files.writeString(directory.resolve("pagerduty-key"), "secret");
            int number = 0;
            for (String tenant : slack.keySet()) {
                Path url = Files.writeString(
                        directory.resolve("slack-url-" + number), address + "/slack/" + number + "/secret");
                receivers
                        .putObject("finops-" + number)
                        .put("kind", "slack")
                        .putObject("url")
                        .put("file", url.toString());
                receivers
                        .putObject("on-call-" + number)
                        .put("kind", "pagerduty")
                        .put("url", address + "/pagerduty/" + number + "/")
                        .putObject("routing_key")
                        .put("file", key.toString());
                ObjectNode route = routes.addObject().put("name", "all-of-" + number);
                route.putArray("tenants").add(tenant);
                route.putArray("receivers").add("finops-" + number).add("on-call-" + number);
                number++;
            }
            return Files.writeString(directory.resolve("notify.json"), file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first line of each Slack message about a tenant. */
    List<String> slack(String tenant) {
        return slackMessages(tenant).stream()
                .map(message -> message.at("/blocks/0/text/text").asText())
                .toList();
    }

    List<JsonNode> slackMessages(String tenant) {
        return messages(slack, tenant);
    }

    private static List<JsonNode> messages(Map<String, List<JsonNode>> of, String tenant) {
        List<JsonNode> messages = of.get(tenant);
        if (messages == null) {
            throw new IllegalArgumentException("nothing is received for " + tenant + ", but for " + of.keySet());
        }
        return messages;
    }

    /** What each event about a tenant asks PagerDuty to do, and the incident's key. */
    List<String> pagerDuty(String tenant) {
        return messages(pagerDuty, tenant).stream()
                .map(event -> event.get("event_action").asText() + " "
                        + event.get("dedup_key").asText())
                .toList();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
