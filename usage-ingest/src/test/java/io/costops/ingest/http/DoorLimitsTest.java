package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.await;
import static io.costops.ingest.http.TestDoor.envelope;
import static io.costops.ingest.http.TestDoor.gzip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.ingest.http.TestDoor.Answer;
import io.costops.schemas.config.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The door's limits")
class DoorLimitsTest {
    private static final String JSON = "application/json";
    private static final int MIB = 1024 * 1024;

    @Nested
    @DisplayName("on a body")
    class OnABody {
        @Test
        void of_a_hundred_megabytes_are_told_by_its_declared_length_before_it_is_read() throws IOException {
            try (TestDoor door = TestDoor.open();
                    Client client = new Client(door)) {
                client.send(head(
                        "POST /v1/usage",
                        "Content-Type: application/json",
                        "Expect: 100-continue",
                        "Content-Length: 104857600"));
                assertThat(client.readAll()).startsWith("HTTP/1.1 413").contains("8388608 bytes");
            }
        }

        @Test
        void of_a_hundred_megabytes_are_told_to_a_client_that_sends_it_all_before_it_listens() throws IOException {
            try (TestDoor door = TestDoor.open();
                    Client client = new Client(door)) {
                client.send(head("POST /v1/usage", "Content-Type: application/json", "Content-Length: 104857600"));
                byte[] chunk = new byte[MIB];
                for (int i = 0; i < 100; i++) {
                    client.send(chunk);
                }
                assertThat(client.readAll()).startsWith("HTTP/1.1 413");
                assertThat(door.records()).isEmpty();
            }
        }

        @Test
        void of_a_hundred_megabytes_without_a_declared_length_hold_no_more_than_the_limit_in_memory() {
            try (TestDoor door = TestDoor.open()) {
                AtomicLong peak = new AtomicLong();
                Stream<byte[]> chunks = IntStream.range(0, 1_600).mapToObj(i -> {
                    peak.accumulateAndGet((long) gauge(door, "costops_http_memory_used_bytes"), Math::max);
                    byte[] chunk = new byte[64 * 1024];
                    Arrays.fill(chunk, (byte) ' ');
                    return chunk;
                });
                Iterator<byte[]> iterator = chunks.iterator();
                Answer answer = door.send(HttpRequest.newBuilder(door.uri("/v1/usage"))
                        .header("Content-Type", JSON)
                        .POST(HttpRequest.BodyPublishers.ofByteArrays(() -> iterator)));
                assertThat(answer.status()).isEqualTo(413);
                assertThat(peak.get()).isBetween(1L, 8L * MIB);
                await("memory given back", () -> gauge(door, "costops_http_memory_used_bytes") == 0);
            }
        }

        @Test
        void of_a_gzip_bomb_are_on_what_comes_out_of_it() {
            byte[] bomb = gzip(new byte[100 * MIB]);
            assertThat(bomb.length).isLessThan(MIB);
            try (TestDoor door = TestDoor.open()) {
                Answer answer = door.post("/v1/usage", JSON, bomb, "Content-Encoding", "gzip");
                assertThat(answer.status()).isEqualTo(413);
                assertThat(answer.body().path("detail").textValue()).contains("16777216");
                assertThat(gauge(door, "costops_http_memory_used_bytes")).isZero();
            }
        }

        @Test
        void count_what_headers_say_once_for_each_element_that_it_stands_with() {
            String elements =
                    "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n".repeat(1_000);
            String[] headers = new String[20];
            for (int i = 0; i < headers.length; i += 2) {
                headers[i] = "X-CostOps-Tag-t" + i;
                headers[i + 1] = "v".repeat(500);
            }
            try (TestDoor door = TestDoor.open(
                    "http.body.limit", "1048576", "http.inflated.limit", "1048576", "http.memory.limit", "4194304")) {
                Answer answer = door.post("/v1/usage/openai.chat", "application/x-ndjson", elements, headers);
                assertThat(answer.status()).isEqualTo(413);
                assertThat(answer.body().path("detail").textValue()).contains("fewer at a time");
                assertThat(door.records()).isEmpty();
                assertThat(gauge(door, "costops_http_memory_used_bytes")).isZero();
            }
        }

        @Test
        void take_one_of_exactly_the_limit() {
            String padded =
                    envelope("a", 1) + " ".repeat(4_096 - envelope("a", 1).length());
            try (TestDoor door = TestDoor.open("http.body.limit", "4096", "http.inflated.limit", "4096")) {
                assertThat(door.post("/v1/usage", JSON, padded).status()).isEqualTo(202);
                assertThat(door.post("/v1/usage", JSON, padded + " ").status()).isEqualTo(413);
                byte[] zipped = gzip(padded.getBytes(StandardCharsets.UTF_8));
                assertThat(door.post("/v1/usage", JSON, zipped, "Content-Encoding", "gzip")
                                .status())
                        .isEqualTo(202);
                byte[] larger = gzip((padded + " ").getBytes(StandardCharsets.UTF_8));
                assertThat(door.post("/v1/usage", JSON, larger, "Content-Encoding", "gzip")
                                .status())
                        .isEqualTo(413);
            }
        }

        @Test
        void end_one_that_stops_coming() throws IOException {
            try (TestDoor door = TestDoor.open("http.body.timeout", "200ms");
                    Client client = new Client(door)) {
                client.send(head("POST /v1/usage", "Content-Type: application/json", "Content-Length: 100") + "{");
                assertThat(client.readAll()).startsWith("HTTP/1.1 408").contains("body-timeout");
                assertThat(gauge(door, "costops_http_memory_used_bytes")).isZero();
            }
        }

        @Test
        void leave_nothing_behind_of_a_client_that_hangs_up() throws IOException {
            try (TestDoor door = TestDoor.open()) {
                try (Client client = new Client(door)) {
                    client.send(head("POST /v1/usage", "Content-Type: application/json", "Content-Length: 100000")
                            + "{\"source\":");
                    await("memory held", () -> gauge(door, "costops_http_memory_used_bytes") > 0);
                }
                await("memory given back", () -> gauge(door, "costops_http_memory_used_bytes") == 0);
                assertThat(door.records()).isEmpty();
            }
        }

        @Test
        void name_broken_chunks() throws IOException {
            try (TestDoor door = TestDoor.open();
                    Client client = new Client(door)) {
                client.send(head("POST /v1/usage", "Content-Type: application/json", "Transfer-Encoding: chunked")
                        + "zz\r\n{}\r\n");
                assertThat(client.readAll()).startsWith("HTTP/1.1 400").contains("application/problem+json");
            }
        }
    }

    @Nested
    @DisplayName("on a head")
    class OnAHead {
        @Test
        void end_one_that_comes_byte_by_byte() throws IOException {
            try (TestDoor door = TestDoor.open("http.head.timeout", "300ms");
                    Client client = new Client(door)) {
                client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
                // Each byte in time for the idle timeout, none for the head's.
                await("the connection closed", () -> !client.trySend("a"));
            }
        }

        @Test
        void leave_a_connection_alone_that_is_only_idle() throws IOException {
            try (TestDoor door = TestDoor.open("http.head.timeout", "1ms");
                    Client client = new Client(door)) {
                client.send(head("GET /healthz"));
                assertThat(client.readSome()).startsWith("HTTP/1.1 200");
                long answered = System.nanoTime();
                await("two looks at the connection", () -> System.nanoTime() - answered > 1_200_000_000L);
                client.send(head("GET /healthz"));
                assertThat(client.readSome()).startsWith("HTTP/1.1 200");
            }
        }

        @Test
        void refuse_one_that_is_too_large() throws IOException {
            try (TestDoor door = TestDoor.open();
                    Client client = new Client(door)) {
                client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: " + "a".repeat(20_000) + "\r\n\r\n");
                assertThat(client.readAll()).startsWith("HTTP/1.1 431");
            }
        }

        @Test
        void refuse_what_smugglers_send() throws IOException {
            try (TestDoor door = TestDoor.open();
                    Client client = new Client(door)) {
                client.send(head(
                                "POST /v1/usage",
                                "Content-Type: application/json",
                                "Content-Length: 5",
                                "Transfer-Encoding: chunked")
                        + "0\r\n\r\n");
                assertThat(client.readAll()).startsWith("HTTP/1.1 400");
            }
        }
    }

    @Nested
    @DisplayName("on the rate of a key")
    class OnTheRate {
        @Test
        void say_when_to_come_again() {
            try (TestDoor door = TestDoor.open("http.rate", "1", "http.elements.limit", "3")) {
                String three = "[" + envelope("a", 1) + "," + envelope("b", 1) + "," + envelope("c", 1) + "]";
                assertThat(door.post("/v1/usage", JSON, three).status()).isEqualTo(202);
                Answer answer = door.post("/v1/usage", JSON, three);
                assertThat(answer.status()).isEqualTo(429);
                assertThat(Integer.parseInt(String.valueOf(answer.header("Retry-After"))))
                        .isBetween(1, 3);
                assertThat(door.records()).hasSize(3);
            }
        }
    }

    @Nested
    @DisplayName("on the memory of all requests")
    class OnMemory {
        @Test
        void refuse_what_does_not_fit_and_say_when_to_come_again() throws IOException {
            try (TestDoor door = TestDoor.open(
                            "http.body.limit",
                            "1048576",
                            "http.inflated.limit",
                            "1048576",
                            "http.memory.limit",
                            "4194304");
                    Client slow1 = new Client(door);
                    Client slow2 = new Client(door);
                    Client slow3 = new Client(door);
                    Client slow4 = new Client(door)) {
                for (Client slow : new Client[] {slow1, slow2, slow3, slow4}) {
                    slow.send(head("POST /v1/usage", "Content-Type: application/json", "Content-Length: 1048576"));
                    slow.send(new byte[900 * 1024]);
                }
                await("the memory is full", () -> gauge(door, "costops_http_memory_used_bytes") == 4_194_304);
                Answer answer = door.post("/v1/usage", JSON, envelope("a", 1));
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.header("Retry-After")).isEqualTo("1");
                assertThat(answer.body().path("type").textValue()).endsWith("busy");
                slow1.hangUp();
                await("a place is free", () -> gauge(door, "costops_http_memory_used_bytes") < 4_194_304);
                assertThat(door.post("/v1/usage", JSON, envelope("a", 1)).status())
                        .isEqualTo(202);
            }
        }

        @Test
        void must_let_the_largest_body_in() {
            assertThatThrownBy(() -> TestDoor.config(Map.of("http.memory.limit", "16777216")))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("http.memory.limit");
        }
    }

    @Test
    void on_connections_leave_the_others_waiting() throws IOException {
        try (TestDoor door = TestDoor.open("http.connections", "1");
                Client first = new Client(door)) {
            first.send(head("GET /healthz"));
            assertThat(first.readSome()).startsWith("HTTP/1.1 200");
            CompletableFuture<Answer> second = CompletableFuture.supplyAsync(() -> door.get("/healthz"));
            assertThat(second.isDone()).isFalse();
            first.hangUp();
            assertThat(second.join().status()).isEqualTo(200);
        }
    }

    private static double gauge(TestDoor door, String name) {
        return door.metrics
                .scrape()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static String head(String requestLine, String... fields) {
        return requestLine + " HTTP/1.1\r\nHost: x\r\n" + String.join("\r\n", fields)
                + (fields.length == 0 ? "\r\n" : "\r\n\r\n");
    }

    /** A client that may misbehave. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;

        Client(TestDoor door) throws IOException {
            this.socket = new Socket(InetAddress.getLoopbackAddress(), door.port());
            socket.setSoTimeout(30_000);
        }

        void send(String text) throws IOException {
            send(text.getBytes(StandardCharsets.UTF_8));
        }

        void send(byte[] bytes) throws IOException {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        }

        boolean trySend(String text) {
            try {
                send(text);
                return true;
            } catch (IOException e) {
                return false;
            }
        }

        String readSome() throws IOException {
            InputStream in = socket.getInputStream();
            byte[] bytes = new byte[8_192];
            int read = in.read(bytes);
            return new String(bytes, 0, Math.max(0, read), StandardCharsets.UTF_8);
        }

        /** Until the server closes. */
        String readAll() throws IOException {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }

        void hangUp() throws IOException {
            socket.close();
        }

        @Override
        public void close() throws IOException {
            hangUp();
        }
    }
}
