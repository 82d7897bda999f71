package io.costops.sinks.notify.courier;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.sinks.TestAlerts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every kind of receiver that speaks HTTP promises besides. */
abstract class HttpCourierContract extends CourierContract {
    final LoopbackHttp server = new LoopbackHttp();

    @AfterEach
    void closeServer() {
        server.close();
    }

    static URI nobody() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/" + SECRET);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    void serverTakes() {
        server.behave(LoopbackHttp.answer(200, "ok"));
    }

    @Override
    void serverHangs() {
        server.behave(LoopbackHttp.hang());
    }

    @Override
    void serverRefuses() {
        server.behave(LoopbackHttp.answer(400, "invalid: " + SECRET));
    }

    @Override
    void serverFails() {
        server.behave(LoopbackHttp.answer(500, "oops"));
    }

    @Override
    void serverThrottles() {
        server.behave(LoopbackHttp.answer(429, "slow down", "Retry-After", "7"));
    }

    @Override
    int received() {
        return server.requests().size();
    }

    private Optional<Duration> pauseAskedBy(String retryAfter) throws InterruptedException {
        server.behave(LoopbackHttp.answer(429, "", "Retry-After", retryAfter));
        Answer answer = deliver(TestAlerts.retryLoop());
        assertThat(answer).isInstanceOf(Answer.Throttled.class);
        return ((Answer.Throttled) answer).pause();
    }

    @Test
    void the_pause_that_a_server_asks_for_is_understood() throws Exception {
        assertThat(pauseAskedBy("7")).contains(Duration.ofSeconds(7));
        assertThat(pauseAskedBy("99999999999999999999999999")).contains(Duration.ofHours(1));
        assertThat(pauseAskedBy("soon")).isEmpty();
        assertThat(pauseAskedBy("-3")).isEmpty();
        String inTenMinutes = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plusSeconds(600).atZone(ZoneOffset.UTC));
        assertThat(pauseAskedBy(inTenMinutes))
                .hasValueSatisfying(
                        pause -> assertThat(pause).isBetween(Duration.ofSeconds(500), Duration.ofSeconds(600)));
    }

    @Test
    void the_pause_of_a_server_that_is_under_maintenance_is_kept() throws Exception {
        server.behave(LoopbackHttp.answer(503, "maintenance", "Retry-After", "120"));
        assertThat(deliver(TestAlerts.retryLoop()))
                .isEqualTo(new Answer.Throttled(503, "maintenance", Optional.of(Duration.ofMinutes(2))));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308})
    void a_redirect_is_not_followed(int status) throws Exception {
        try (LoopbackHttp elsewhere = new LoopbackHttp()) {
            server.behave(LoopbackHttp.answer(
                    status, "", "Location", elsewhere.uri("/").toString()));
            Answer answer = deliver(TestAlerts.retryLoop());
            assertThat(answer).isInstanceOf(Answer.Refused.class);
            assertThat(answer.said()).contains("redirect");
            assertThat(elsewhere.requests()).isEmpty();
        }
    }

    @Test
    void an_answer_that_begins_and_never_ends_costs_no_more_than_the_timeout() throws Exception {
        server.behave(LoopbackHttp.hangInTheBody());
        assertThat(deliver(TestAlerts.retryLoop())).isInstanceOf(Answer.Later.class);
    }

    @Test
    void of_an_endless_answer_the_beginning_is_read() throws Exception {
        server.behave(LoopbackHttp.endless(400));
        Answer answer = deliver(TestAlerts.retryLoop());
        assertThat(answer).isInstanceOf(Answer.Refused.class);
        assertThat(answer.said()).startsWith("xxx").hasSizeLessThanOrEqualTo(300);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 425, 500, 502, 503, 504})
    void these_are_tried_again(int status) throws Exception {
        server.behave(LoopbackHttp.answer(status, ""));
        assertThat(deliver(TestAlerts.retryLoop())).isInstanceOf(Answer.Later.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 410, 413})
    void these_are_not(int status) throws Exception {
        server.behave(LoopbackHttp.answer(status, ""));
        assertThat(deliver(TestAlerts.retryLoop())).isInstanceOf(Answer.Refused.class);
    }
}
