package io.costops.sinks.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Secret;
import io.costops.sinks.notify.config.ReceiverSettings.Common;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.courier.Couriers;
import io.costops.sinks.notify.lane.PostOffice;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The operator's pages")
class OperatorPagesTest {
    private static final String SECRET = "verysecret";

    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final Releases releases = new Releases();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final NotifierMetrics metrics = new NotifierMetrics(registry);
    private final HttpClient client = HttpClient.newHttpClient();
    private final Routing routing = new Routing(
            Map.of(
                    "finops",
                    new Slack(
                            new Common("finops", Duration.ofSeconds(1), 60),
                            new Secret("https://hooks.slack.com/" + SECRET))),
            List.of(),
            Optional.empty());
    private PostOffice office;
    private OperatorPages pages;

    @BeforeEach
    void open() throws Exception {
        Clock clock = Clock.systemUTC();
        office = new PostOffice(routing.receivers().values(), Couriers.of(routing, clock), clock);
        NotifierConfiguration configuration = Configurations.read(
                NotifierConfiguration.class,
                new String[] {
                    "--kafka.bootstrap", "unused:9092",
                    "--schema.registry.url", "http://unused",
                    "--state.dir", "unused",
                    "--http.port", "0"
                },
                Map.of());
        pages = new OperatorPages(configuration, routing, office, metrics, releases, registry, ready::get);
    }

    @AfterEach
    void close() {
        pages.close();
        office.close();
    }

    private HttpResponse<String> ask(String method, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + pages.port() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void are_ready_while_the_stream_runs() throws Exception {
        assertThat(ask("GET", "/readyz").statusCode()).isEqualTo(200);
        ready.set(false);
        assertThat(ask("GET", "/readyz").statusCode()).isEqualTo(503);
        assertThat(ask("GET", "/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void count_by_receiver_and_show_no_secret() throws Exception {
        metrics.count("finops", DeliveryOutcome.DELIVERED);
        metrics.backlog("finops").waiting().set(3);
        assertThat(ask("GET", "/metrics").body())
                .contains("costops_notifier_notifications_total{outcome=\"delivered\",receiver=\"finops\"} 1.0")
                .contains("costops_notifier_waiting{receiver=\"finops\"} 3.0")
                .doesNotContain(SECRET);
        assertThat(ask("GET", "/status").body())
                .isEqualTo("{\"ready\":true,\"routes\":0,\"receivers\":[{\"name\":\"finops\",\"kind\":\"slack\","
                        + "\"waiting\":3,\"refused\":0,\"failing\":false}]}");
    }

    @Test
    void take_the_ask_for_another_try() throws Exception {
        assertThat(ask("POST", "/release/finops").statusCode()).isEqualTo(200);
        assertThat(releases.asked("finops")).isEqualTo(1);
        assertThat(ask("POST", "/release/nobody").statusCode()).isEqualTo(404);
        assertThat(ask("GET", "/release/finops").statusCode()).isEqualTo(405);
        assertThat(ask("GET", "/statuses").statusCode()).isEqualTo(404);
    }
}
