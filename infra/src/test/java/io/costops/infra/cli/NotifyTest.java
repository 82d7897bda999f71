package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("costops notify")
class NotifyTest {
    private static final String SECRET = "verysecret";

    @TempDir
    Path directory;

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private HttpServer server;
    private int status = 200;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                received.add(exchange.getRequestURI().getPath() + " "
                        + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                byte[] answer = "heard".getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Path routes() throws IOException {
        String address = "http://127.0.0.1:" + server.getAddress().getPort();
        Path slack = Files.writeString(directory.resolve("slack"), address + "/slack/" + SECRET);
        Path pagerDuty = Files.writeString(directory.resolve("pagerduty"), SECRET);
        return Files.writeString(directory.resolve("notify.json"), """
                {"receivers": {
                   "finops": {"kind": "slack", "url": {"file": "%s"}},
                   "on-call": {"kind": "pagerduty", "url": "%s/pagerduty", "routing_key": {"file": "%s"}},
                   "spare": {"kind": "slack", "url": {"file": "%s"}}},
                 "routes": [{"name": "all", "severities": ["error", "critical"], "receivers": ["finops", "on-call"]}]}
                """.formatted(slack, address, pagerDuty, slack));
    }

    private int costops(String... arguments) {
        return Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @Test
    void test_tells_each_receiver_of_a_route_and_leaves_no_incident_open() throws Exception {
        assertThat(costops("notify", "test", "--route", "all", "--routes", routes().toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .hasSize(4)
                .anyMatch(line -> line.matches("on-call +pagerduty +resolved +delivered +200 +heard"));
        assertThat(out.toString()).doesNotContain(SECRET);
        assertThat(received.take()).startsWith("/slack/").contains("Test of the notifier");
        assertThat(received.take()).startsWith("/pagerduty ").contains("\"trigger\"");
        assertThat(received.take()).startsWith("/pagerduty ").contains("\"resolve\"");
        assertThat(received).isEmpty();
    }

    @Test
    void test_fails_when_a_receiver_does_not_take_it() throws Exception {
        status = 403;
        assertThat(costops("notify", "test", "--receiver", "finops", "--json", "--routes", routes().toString()))
                .isEqualTo(1);
        assertThat(out.toString())
                .contains("\"outcome\":\"refused\",\"status\":403,\"message\":\"heard\"")
                .doesNotContain(SECRET);
    }

    @Test
    void test_names_the_routes_that_there_are() throws Exception {
        assertThat(costops("notify", "test", "--route", "nobody", "--routes", routes().toString()))
                .isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("no route nobody; there are [all]");
    }

    @Test
    void check_shows_who_is_told_of_what() throws Exception {
        assertThat(costops("notify", "check", "--routes", routes().toString())).isZero();
        assertThat(out.toString())
                .contains("all: severity critical or error -> finops, on-call", "no route leads to spare")
                .doesNotContain(SECRET);
    }

    @Test
    void check_names_the_key_that_is_wrong() throws Exception {
        Path wrong = Files.writeString(directory.resolve("wrong.json"), "{\"receivers\": {}, \"routs\": []}");
        assertThat(costops("notify", "check", "--routes", wrong.toString())).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("wrong.json: unknown key routs");
    }

    @Test
    void says_where_the_file_was_sought() {
        assertThat(costops("notify", "check", "--data-dir", directory.toString()))
                .isEqualTo(1);
        assertThat(err.toString())
                .hasLineCount(1)
                .contains("--routes", directory.resolve("notify.json").toString());
    }

    @Test
    void retry_needs_a_running_notifier() {
        assertThat(costops("notify", "retry", "finops", "--data-dir", directory.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("./costops up");
    }
}
