package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.platform.PlatformEvent.Kind;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** One platform through its life; the tests build on each other, for a start costs many seconds. */
@DisplayName("The local platform")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PlatformIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(200);

    @TempDir
    static Path directory;

    private static final BlockingQueue<PlatformEvent> EVENTS = new LinkedBlockingQueue<>();
    private static Platform platform;
    private static int schemaId;

    private static Platform start() {
        return Platform.builder(directory).onEvent(EVENTS::add).start();
    }

    @BeforeAll
    static void startPlatform() {
        platform = start();
    }

    @AfterAll
    static void closePlatform() {
        platform.close();
    }

    private static ClickHouseHttp clickHouse() {
        return platform.addresses().requireClickHouse().connect();
    }

    private static int registeredPriceSchema() {
        return new ConfluentSchemaRegistry(URI.create(platform.addresses().requireSchemaRegistry()))
                .register(Topics.PRICES.subject(), PriceRevision.getClassSchema());
    }

    private static long recordsIn(String topic) throws Exception {
        try (Admin admin =
                Admin.create(Map.of("bootstrap.servers", platform.addresses().requireKafka()))) {
            long records = 0;
            int partitions = admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .values()
                    .iterator()
                    .next()
                    .partitions()
                    .size();
            for (int partition = 0; partition < partitions; partition++) {
                TopicPartition place = new TopicPartition(topic, partition);
                records += admin.listOffsets(Map.of(place, OffsetSpec.latest()))
                        .partitionResult(place)
                        .get()
                        .offset();
            }
            return records;
        }
    }

    /** A chat completion as the provider reports it; the id makes it one charge however often it comes. */
    private static void publishCompletions(int... numbers) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", platform.addresses().requireKafka()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int number : numbers) {
                String envelope = """
                        {"source": "openai.chat", "tenant": "acme", "payload": {"id": "chatcmpl-%d",
                         "object": "chat.completion", "created": 1785542400, "model": "gpt-4o-2024-08-06",
                         "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}
                        """.formatted(number);
                producer.send(new ProducerRecord<>(Topics.USAGE_RAW.name(), envelope.getBytes(StandardCharsets.UTF_8)))
                        .get();
            }
        }
    }

    private static String inLedger() {
        return clickHouse()
                .query("SELECT event_id, count() FROM costops.ledger GROUP BY event_id ORDER BY event_id", PATIENCE);
    }

    /** Waits for the newest completion, then finds each of them once. */
    private static void awaitEachOnce(int count) throws Exception {
        StringBuilder expected = new StringBuilder();
        for (int number = 1; number <= count; number++) {
            expected.append("openai:chatcmpl-").append(number).append("\t1\n");
        }
        await("completion " + count + " in the ledger", () -> inLedger().contains("openai:chatcmpl-" + count + "\t"));
        assertThat(inLedger()).hasToString(expected.toString());
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
            EVENTS.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private static boolean said(String component, Kind kind, int from) {
        return platform.events().stream()
                .skip(from)
                .anyMatch(event -> event.component().equals(component) && event.kind() == kind);
    }

    private static List<String> submissions(int from) {
        return platform.events().stream()
                .skip(from)
                .filter(event -> event.message().startsWith("submitting the job"))
                .map(PlatformEvent::message)
                .toList();
    }

    @Test
    @Order(1)
    void tells_of_each_part_that_it_does_its_work() {
        PlatformStatus status = platform.status();
        assertThat(status.isHealthy()).as("%s", status).isTrue();
        assertThat(status.parts())
                .extracting(PlatformStatus.Part::name)
                .containsExactlyInAnyOrder(
                        "kafka",
                        "registry",
                        "clickhouse",
                        "jobmanager",
                        "taskmanager-1",
                        "ingest",
                        "notifier",
                        "adjuster",
                        "job enrichment",
                        "job ledger-writer",
                        "job anomaly");
        assertThat(PlatformStatus.of(directory).isHealthy()).isTrue();
    }

    @Test
    @Order(2)
    void has_the_topics_and_schemas_of_the_catalogue() throws Exception {
        for (var topic : Topics.all()) {
            assertThat(recordsIn(topic.name())).as(topic.name()).isZero();
        }
        schemaId = registeredPriceSchema();
        assertThat(schemaId).isPositive();
    }

    @Test
    @Order(3)
    void carries_usage_from_the_raw_topic_into_the_ledger() throws Exception {
        publishCompletions(1);
        awaitEachOnce(1);
    }

    @Test
    @Order(4)
    void refuses_to_share_its_directory() {
        assertThatThrownBy(PlatformIT::start)
                .isInstanceOf(PlatformException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("in use");
    }

    @Test
    @Order(5)
    void notices_every_death_says_so_and_starts_the_dead_again() throws Exception {
        int from = platform.events().size();
        List<String> victims = List.of("kafka", "registry", "clickhouse", "taskmanager-1", "ingest", "notifier");
        victims.forEach(victim -> platform.component(victim).kill());

        for (String victim : victims) {
            await("the death of " + victim, () -> said(victim, Kind.DIED, from));
            await("the return of " + victim, () -> said(victim, Kind.READY, from));
            assertThat(platform.component(victim).deaths()).as(victim).isGreaterThanOrEqualTo(1);
        }
        await("everything to do its work again", () -> platform.status().isHealthy());
        assertThat(registeredPriceSchema()).isEqualTo(schemaId);
        publishCompletions(1, 2);
        awaitEachOnce(2);
    }

    @Test
    @Order(6)
    void submits_the_jobs_again_from_their_checkpoints_when_the_job_manager_died() throws Exception {
        int from = platform.events().size();
        platform.component("jobmanager").kill();
        await("the end of the worker", () -> said("taskmanager-1", Kind.DIED, from));
        await("the return of the jobs", () -> platform.jobs().stream().allMatch(job -> job.submissions() == 2));
        await("everything to do its work again", () -> platform.status().isHealthy());
        assertThat(submissions(from))
                .hasSameSizeAs(platform.jobs())
                .allMatch(message -> message.contains("from checkpoint"));
        publishCompletions(2, 3);
        awaitEachOnce(3);
    }

    @Test
    @Order(7)
    void leaves_no_process_behind_when_it_is_closed() {
        List<ProcessHandle> children = platform.components().stream()
                .map(component ->
                        ProcessHandle.of(component.pid().orElseThrow()).orElseThrow())
                .toList();
        platform.close();
        assertThat(children).hasSize(8).noneMatch(ProcessHandle::isAlive);
        assertThat(PlatformStatus.of(directory).phase()).isEmpty();
    }

    @Test
    @Order(8)
    void finds_everything_again_when_it_is_started_anew() throws Exception {
        platform = start();
        assertThat(platform.status().isHealthy()).isTrue();
        assertThat(registeredPriceSchema()).isEqualTo(schemaId);
        assertThat(submissions(0))
                .hasSameSizeAs(platform.jobs())
                .allMatch(message -> message.contains("from checkpoint"));
        publishCompletions(3, 4);
        awaitEachOnce(4);
    }
}
