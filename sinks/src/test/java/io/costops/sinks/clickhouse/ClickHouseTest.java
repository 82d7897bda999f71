package io.costops.sinks.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException.Refused;
import io.costops.sinks.clickhouse.ClickHouseException.Unavailable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("ClickHouse over HTTP")
class ClickHouseTest {
    private final ClickHouse clickHouse = TestClickHouse.empty();

    @Test
    void answers_a_query_and_takes_settings() throws Exception {
        assertThat(clickHouse.query("SELECT 'é', 1 + 1")).isEqualTo("é\t2\n");
        assertThat(clickHouse.query("SELECT getSetting('max_threads')", Map.of("max_threads", "3")))
                .isEqualTo("3\n");
    }

    @Nested
    @DisplayName("refuses, and says why:")
    class Refuses {
        @Test
        void a_wrong_password() {
            ClickHouseAddress known = clickHouse.address();
            ClickHouse stranger = new ClickHouse(
                    new ClickHouseAddress(known.url(), known.user(), "guess", "costops", Duration.ofSeconds(10)));
            assertThatThrownBy(() -> stranger.query("SELECT 1"))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("costops@" + known.url() + "/costops")
                    .hasMessageContaining("Authentication failed")
                    .hasMessageNotContaining("guess");
        }

        @Test
        void a_statement_that_is_wrong() {
            assertThatThrownBy(() -> clickHouse.query("SELEKT 1"))
                    .isInstanceOfSatisfying(
                            Refused.class, refused -> assertThat(refused.code()).isEqualTo(62))
                    .hasMessageContaining("Syntax error");
        }

        /** The outcome is known before the status line is sent. */
        @Test
        void a_query_that_fails_midway() {
            assertThatThrownBy(() -> clickHouse.query("SELECT throwIf(number = 3000000) FROM numbers(4000000)"))
                    .isInstanceOf(Refused.class);
        }
    }

    @Nested
    @DisplayName("may answer later")
    class Later {
        @Test
        void when_nobody_listens() throws IOException {
            URI url;
            try (ServerSocket free = new ServerSocket(0)) {
                url = URI.create("http://127.0.0.1:" + free.getLocalPort());
            }
            assertThatThrownBy(() -> at(url, Duration.ofSeconds(5)).query("SELECT 1"))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining(url.toString());
        }

        @Test
        void when_its_name_is_not_known() {
            assertThatThrownBy(() -> at(URI.create("http://no-such-host.invalid:8123"), Duration.ofSeconds(5))
                            .query("SELECT 1"))
                    .isInstanceOf(Unavailable.class);
        }

        @Test
        void when_it_takes_the_request_and_stays_silent() throws Exception {
            CountDownLatch over = new CountDownLatch(1);
            try (Loopback server = new Loopback(exchange -> {
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            })) {
                assertThatThrownBy(
                                () -> at(server.url(), Duration.ofMillis(200)).query("SELECT 1"))
                        .isInstanceOf(Unavailable.class);
                over.countDown();
            }
        }

        @Test
        void when_it_hangs_up() throws Exception {
            try (Loopback server = new Loopback(HttpExchange::close)) {
                assertThatThrownBy(() -> at(server.url(), Duration.ofSeconds(5)).query("SELECT 1"))
                        .isInstanceOf(Unavailable.class);
            }
        }

        @ParameterizedTest(name = "HTTP {0}, code {1}: {2}")
        @CsvSource({
            "500, 252, true", // TOO_MANY_PARTS
            "500, 241, true", // MEMORY_LIMIT_EXCEEDED
            "500, 202, true", // TOO_MANY_SIMULTANEOUS_QUERIES
            "500, 242, true", // TABLE_IS_READ_ONLY
            "500, 999, true", // KEEPER_EXCEPTION
            "500, 243, true", // NOT_ENOUGH_SPACE
            "500, 60, false", // UNKNOWN_TABLE
            "403, 497, false", // ACCESS_DENIED
            "400, 117, false", // INCORRECT_DATA
            "500, 0, false",
            "404, 0, false",
            "429, 0, true",
            "502, 0, true",
            "503, 0, true",
            "504, 0, true"
        })
        void by_what_it_answers(int status, int code, boolean later) throws Exception {
            try (Loopback server = new Loopback(exchange -> {
                if (code != 0) {
                    exchange.getResponseHeaders().add("X-ClickHouse-Exception-Code", String.valueOf(code));
                }
                byte[] body =
                        "Code: %d. DB::Exception: the reason".formatted(code).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            })) {
                assertThatThrownBy(() -> at(server.url(), Duration.ofSeconds(5)).query("SELECT 1"))
                        .isInstanceOf(later ? Unavailable.class : Refused.class)
                        .hasMessageContaining("the reason");
            }
        }
    }

    @Test
    void a_call_ends_at_once_when_its_thread_is_interrupted() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        try (Loopback server = new Loopback(exchange -> {
            asked.countDown();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })) {
            Thread caller = new Thread(() -> {
                try {
                    at(server.url(), Duration.ofHours(1)).query("SELECT 1");
                } catch (ClickHouseException | InterruptedException e) {
                    outcome.set(e);
                }
            });
            caller.start();
            asked.await();
            caller.interrupt();
            caller.join();
            assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
            over.countDown();
        }
    }

    @Test
    void an_address_that_makes_no_sense_is_refused_with_the_fix() {
        assertThatThrownBy(() -> address("tcp://h:9000", "u", "d")).hasMessageContaining("must be http://host:8123");
        assertThatThrownBy(() -> address("http://u:p@h:8123", "u", "d")).hasMessageContaining("no credentials");
        assertThatThrownBy(() -> address("http://h:8123", "", "d")).hasMessageContaining("user is empty");
        assertThatThrownBy(() -> address("http://h:8123", "u", "d; DROP")).hasMessageContaining("database 'd; DROP'");
    }

    @Test
    void an_address_never_prints_the_password() {
        assertThat(clickHouse.address().toString())
                .doesNotContain(TestClickHouse.PASSWORD)
                .startsWith("costops@http://127.0.0.1:");
    }

    private static ClickHouseAddress address(String url, String user, String database) {
        return new ClickHouseAddress(URI.create(url), user, "secret", database, Duration.ofSeconds(1));
    }

    private static ClickHouse at(URI url, Duration timeout) {
        return new ClickHouse(new ClickHouseAddress(url, "u", "p", "costops", timeout));
    }

    /** A server of one answer. */
    private static final class Loopback implements AutoCloseable {
        private final HttpServer server;

        private interface Answer {
            void to(HttpExchange exchange) throws IOException;
        }

        private Loopback(Answer answer) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", answer::to);
            server.start();
        }

        private URI url() {
            return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
