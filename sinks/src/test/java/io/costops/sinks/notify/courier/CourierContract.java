package io.costops.sinks.notify.courier;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.Routing;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every kind of receiver promises, against a server that does as it is told. */
abstract class CourierContract {
    /** Short, since some of these servers never answer. */
    static final Duration TIMEOUT = Duration.ofMillis(700);

    static final ReceiverSettings.Common COMMON = new ReceiverSettings.Common("receiver", TIMEOUT, 600);
    static final String SECRET = "s3cr3t-of-the-receiver";

    /** Of a receiver at the server. */
    abstract ReceiverSettings settings();

    /** Of a receiver where no server listens. */
    abstract ReceiverSettings settingsOfNobody();

    abstract void serverTakes();

    abstract void serverHangs();

    /** The message is wrong; the server says so and repeats the secret in its answer. */
    abstract void serverRefuses();

    abstract void serverFails();

    /** Too many messages. */
    abstract void serverThrottles();

    /** The messages that came. */
    abstract int received();

    final Answer deliver(Alert alert) throws InterruptedException {
        return courier(settings()).deliver(Letter.to("receiver", alert));
    }

    static Courier courier(ReceiverSettings settings) {
        Routing routing = new Routing(Map.of(settings.name(), settings), List.of(), Optional.empty());
        return Objects.requireNonNull(Couriers.of(routing, Clock.systemUTC()).get(settings.name()));
    }

    @Test
    void a_message_that_is_taken_is_delivered_once() throws Exception {
        serverTakes();
        assertThat(deliver(TestAlerts.retryLoop())).isInstanceOf(Answer.Taken.class);
        assertThat(received()).isEqualTo(1);
    }

    @Test
    void every_step_of_an_incident_can_be_told() throws Exception {
        serverTakes();
        for (AlertAction action : AlertAction.values()) {
            assertThat(deliver(TestAlerts.step(1, action))).isInstanceOf(Answer.Taken.class);
        }
    }

    @Test
    void a_server_that_hangs_costs_no_more_than_the_timeout_and_is_tried_again() throws Exception {
        serverHangs();
        long begun = System.nanoTime();
        assertThat(deliver(TestAlerts.retryLoop())).isInstanceOf(Answer.Later.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(TIMEOUT.plusSeconds(10));
    }

    @Test
    void a_refused_message_is_not_tried_again_and_no_secret_is_repeated() throws Exception {
        serverRefuses();
        Answer answer = deliver(TestAlerts.retryLoop());
        assertThat(answer).isInstanceOf(Answer.Refused.class);
        assertThat(answer.status()).isBetween(400, 599);
        assertThat(answer.said()).doesNotContain(SECRET).isNotBlank();
    }

    @Test
    void a_server_in_trouble_is_tried_again() throws Exception {
        serverFails();
        Answer answer = deliver(TestAlerts.retryLoop());
        assertThat(answer).isInstanceOf(Answer.Later.class);
        assertThat(answer.status()).isNotNull();
    }

    @Test
    void a_server_that_has_had_enough_is_tried_again() throws Exception {
        serverThrottles();
        assertThat(deliver(TestAlerts.retryLoop())).isInstanceOfAny(Answer.Throttled.class, Answer.Later.class);
    }

    @Test
    void a_server_that_is_away_is_tried_again() throws Exception {
        Answer answer = courier(settingsOfNobody()).deliver(Letter.to("receiver", TestAlerts.retryLoop()));
        assertThat(answer).isInstanceOf(Answer.Later.class);
        assertThat(answer.status()).isNull();
        assertThat(answer.said()).doesNotContain(SECRET);
    }

    @Test
    void a_hostile_tenant_is_told_of_like_any_other() throws Exception {
        serverTakes();
        String hostile = "<!channel> & \"`\r\nBcc: x@y.example\r\n.\r\n\u202E💸\u0000";
        Alert alert = TestAlerts.of(hostile, hostile);
        alert.setTitle(hostile);
        assertThat(deliver(alert)).isInstanceOf(Answer.Taken.class);
        assertThat(received()).isEqualTo(1);
    }

    @Test
    void no_text_form_shows_a_secret() {
        assertThat(settings().toString()).doesNotContain(SECRET);
    }
}
