package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.await;
import static io.costops.ingest.http.TestDoor.envelope;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.ingest.http.RawTopic.Delivery;
import io.costops.ingest.http.RawTopic.Failure;
import io.costops.ingest.http.TestDoor.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The door answers")
class DoorAcksTest {
    private static final String TWO = "[" + envelope("a", 1) + "," + envelope("b", 2) + "]";

    @Test
    void not_before_kafka_has_acknowledged_every_element() {
        try (TestDoor door = TestDoor.openWithLateKafka()) {
            CompletableFuture<Answer> answer = door.postLater("/v1/usage", TWO);
            await("both are sent", () -> door.records().size() == 2);
            assertThat(door.kafka.completeNext()).isTrue();
            assertThat(answer).isNotDone();
            assertThat(door.kafka.completeNext()).isTrue();
            assertThat(answer.join().status()).isEqualTo(202);
        }
    }

    @Test
    void others_while_one_waits() {
        try (TestDoor door = TestDoor.openWithLateKafka()) {
            CompletableFuture<Answer> one = door.postLater("/v1/usage", TWO);
            await("both are sent", () -> door.records().size() == 2);
            assertThat(door.get("/healthz").status()).isEqualTo(200);
            assertThat(one).isNotDone();
            assertThat(door.kafka.completeNext()).isTrue();
            assertThat(door.kafka.completeNext()).isTrue();
            assertThat(one.join().status()).isEqualTo(202);
        }
    }

    @Test
    void with_503_and_how_many_are_certain_when_one_fails() {
        try (TestDoor door = TestDoor.openWithLateKafka()) {
            CompletableFuture<Answer> waiting = door.postLater("/v1/usage", TWO);
            await("both are sent", () -> door.records().size() == 2);
            door.kafka.completeNext();
            door.kafka.errorNext(new TimeoutException("expired"));
            Answer answer = waiting.join();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("Retry-After")).isEqualTo("5");
            assertThat(answer.body().path("detail").textValue())
                    .contains("1 of 2 elements are written for certain")
                    .contains("Idempotency-Key");
            assertThat(door.metrics.scrape())
                    .contains("costops_http_elements_total{outcome=\"undelivered\",route=\"/v1/usage\"} 1.0")
                    .contains("costops_http_producer_errors_total{reason=\"not_in_time\"} 1.0");
        }
    }

    @Test
    void with_503_in_time_when_kafka_does_not_answer_at_all_and_holds_the_memory_until_it_does() {
        try (TestDoor door = TestDoor.openWithLateKafka("http.ack.timeout", "100ms")) {
            Answer answer = door.post("/v1/usage", "application/json", TWO);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body().path("type").textValue()).endsWith("not-acknowledged");
            assertThat(door.metrics.scrape()).doesNotContain("costops_http_memory_used_bytes 0.0");
            door.kafka.completeNext();
            door.kafka.completeNext();
            await("memory given back", () -> door.metrics.scrape().contains("costops_http_memory_used_bytes 0.0"));
        }
    }

    @Test
    void with_503_and_when_to_come_again_while_the_broker_is_away() {
        try (TestDoor door = TestDoor.openWithoutBroker("http.ack.timeout", "2s")) {
            Answer answer = door.post("/v1/usage", "application/json", TWO);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("Retry-After")).isEqualTo("5");
            assertThat(answer.body().path("detail").textValue())
                    .contains("0 of 2 elements are written for certain")
                    .contains("Send the whole request again");
            assertThat(door.get("/readyz/door").status()).isEqualTo(503);
            await("memory given back", () -> door.metrics.scrape().contains("costops_http_memory_used_bytes 0.0"));
        }
    }

    @Test
    void in_the_words_of_otlp_so_that_an_exporter_tries_again() {
        try (TestDoor door = TestDoor.openWithLateKafka()) {
            String span = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" + OtlpDoorTest.span("chat", 5) + "]}]}]}";
            CompletableFuture<Answer> waiting = door.postLater("/v1/traces", span);
            await("it is sent", () -> door.records().size() == 1);
            door.kafka.errorNext(new TimeoutException("expired"));
            Answer answer = waiting.join();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("Retry-After")).isEqualTo("5");
            assertThat(answer.body().path("code").intValue()).isEqualTo(14);
        }
    }

    @Test
    void the_requests_under_way_when_it_stops_and_is_no_longer_ready() {
        TestDoor door = TestDoor.openWithLateKafka();
        CompletableFuture<Answer> waiting = door.postLater("/v1/usage", TWO);
        await("both are sent", () -> door.records().size() == 2);
        CompletableFuture<Void> stop = CompletableFuture.runAsync(door::close);
        assertThat(waiting).isNotDone();
        door.kafka.completeNext();
        door.kafka.completeNext();
        assertThat(waiting.join().status()).isEqualTo(202);
        stop.join();
        assertThat(door.kafka.closed()).isTrue();
    }

    @Nested
    @DisplayName("through a topic that")
    class Topic {
        private final List<Delivery> deliveries = new ArrayList<>();

        @Test
        void stops_trying_after_the_first_failure_of_a_request() {
            MockProducer<byte[], byte[]> producer = TestDoor.producer(true);
            producer.sendException = new TimeoutException("no metadata");
            KafkaRawTopic topic = new KafkaRawTopic(() -> producer, Map::of);
            topic.write(messages(3), deliveries::add);
            assertThat(deliveries).containsExactly(new Delivery(0, 3, Optional.of(Failure.NOT_IN_TIME)));
            assertThat(producer.history()).isEmpty();
        }

        @Test
        void says_what_an_operator_must_mend() {
            MockProducer<byte[], byte[]> producer = TestDoor.producer(false);
            KafkaRawTopic topic = new KafkaRawTopic(() -> producer, Map::of);
            topic.write(messages(1), deliveries::add);
            producer.errorNext(new TopicAuthorizationException("usage.raw"));
            topic.write(messages(1), deliveries::add);
            producer.errorNext(new RecordTooLargeException("x"));
            assertThat(deliveries)
                    .extracting(delivery -> delivery.failure().orElseThrow())
                    .containsExactly(Failure.NOT_ALLOWED, Failure.TOO_LARGE);
        }

        @Test
        void replaces_a_producer_that_can_do_no_more() {
            MockProducer<byte[], byte[]> broken = TestDoor.producer(true);
            broken.sendException = new KafkaException("fatal error state");
            MockProducer<byte[], byte[]> fresh = TestDoor.producer(true);
            List<Producer<byte[], byte[]>> producers = new ArrayList<>(List.of(broken, fresh));
            KafkaRawTopic topic = new KafkaRawTopic(() -> producers.remove(0), Map::of);
            topic.write(messages(1), deliveries::add);
            assertThat(deliveries.get(0).failed()).isEqualTo(1);
            await("a new producer took over", () -> {
                topic.write(messages(1), deliveries::add);
                return !fresh.history().isEmpty();
            });
            assertThat(broken.closed()).isTrue();
        }

        @Test
        void waits_for_all_replicas_and_writes_once() {
            try (Producer<byte[], byte[]> producer = KafkaRawTopic.producer(
                    Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:9"), Duration.ofSeconds(10), 1 << 20)) {
                assertThat(producer).isNotNull();
            }
        }

        private List<RawTopic.Message> messages(int count) {
            List<RawTopic.Message> messages = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                messages.add(new RawTopic.Message(
                        new RawEnvelope("{}".getBytes(StandardCharsets.UTF_8), Optional.empty()), "request/" + i));
            }
            return messages;
        }
    }
}
