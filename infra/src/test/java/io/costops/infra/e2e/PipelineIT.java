package io.costops.infra.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.bench.Chaos;
import io.costops.infra.cli.Main;
import io.costops.infra.clickhouse.ClickHouseUser;
import io.costops.infra.demo.Demo;
import io.costops.infra.demo.Incident;
import io.costops.infra.demo.TrafficPlan;
import io.costops.infra.examples.Charge;
import io.costops.infra.examples.UsageExample;
import io.costops.infra.ledger.LedgerReader;
import io.costops.infra.ledger.LedgerTail;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.Component;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.platform.PlatformStatus;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.value.Meter;
import io.costops.schemas.value.TenantId;
import io.costops.schemas.wire.AvroCodec;
import io.costops.sinks.access.TenantAccess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One platform for all of it: its start costs more than the tests. The data and the logs stay for a look. */
@DisplayName("the pipeline on its real components")
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
@ExtendWith(PipelineIT.WhereServersAre.class)
class PipelineIT {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineIT.class);
    private static final Path DIRECTORY = Path.of("target", "e2e").toAbsolutePath();
    private static final String EXAMPLES_TENANT = "examples";
    private static final String TOLD_TENANT = "told & <told>";
    private static final String LOOPING_TENANT = "looping";
    /** The rules of attribution hold from as many days ago, before the oldest usage of any traffic here. */
    private static final int BOOK_DAYS = 60;

    private static final String READER = "acme_reader";
    private static final String READER_PASSWORD = "acme-reads-acme";
    private static final List<UsageExample> EXAMPLES = UsageExample.all();

    /** Examples that tell of the same response, once as the provider's payload and once inside a CloudEvent: one charge. */
    private static final Map<String, String> TWO_DOORS = bothWays(Map.of(
            "cloudevents-0016", "openai-chat-0399",
            "cloudevents-0032", "anthropic-messages-0463",
            "cloudevents-0091", "anthropic-messages-0475",
            "cloudevents-0093", "openai-chat-0368",
            "cloudevents-0130", "anthropic-messages-0412",
            "cloudevents-0138", "xai-chat-0107",
            "cloudevents-0143", "gemini-generate-0282",
            "cloudevents-0144", "gemini-generate-0288"));

    @SuppressWarnings("NullAway.Init") // by start
    private static Receivers receivers;

    @SuppressWarnings("NullAway.Init") // by start
    private static Platform platform;

    @SuppressWarnings("NullAway.Init") // by start
    private static Pipeline pipeline;

    /** With the profile {@code containers} the official images; else the platform starts its own. */
    private static final Optional<Servers> SERVERS =
            ServiceLoader.load(Servers.class).findFirst();

    private static final Optional<String> ABSENT = SERVERS.flatMap(Servers::absent);

    /** Skips each test by itself: tests of a class that is given up as a whole are in no report. */
    static final class WhereServersAre implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return context.getTestMethod()
                    .flatMap(test -> ABSENT)
                    .map(ConditionEvaluationResult::disabled)
                    .orElse(ConditionEvaluationResult.enabled(null));
        }
    }

    private static Map<String, String> environment = Map.of();

    @BeforeAll
    static void start() throws IOException {
        if (ABSENT.isPresent()) {
            LOG.warn("SKIPPED, NOT PASSED: {}", ABSENT.get());
            return;
        }
        environment = SERVERS.map(servers -> servers.start(readerXml())).orElse(Map.of());
        empty(DIRECTORY);
        receivers = new Receivers(TOLD_TENANT, LOOPING_TENANT);
        Platform.Builder builder = Platform.builder(DIRECTORY);
        builder.beforeJobs(addresses ->
                demo(BOOK_DAYS, new PrintWriter(new StringWriter())).fillBooks(addresses));
        run(builder);
    }

    private static void run(Platform.Builder builder) {
        platform = builder.environment(environment)
                .routes(receivers.routes(DIRECTORY.resolve("notify")))
                .clickHouseUser(ClickHouseUser.tenant(READER, READER_PASSWORD, "acme", TenantAccess.TABLES)
                        .withViews(TenantAccess.VIEWS))
                .start();
        pipeline = new Pipeline(platform.addresses());
    }

    @AfterAll
    static void stop() {
        if (pipeline != null) {
            pipeline.close();
        }
        if (platform != null) {
            platform.close();
        }
        if (receivers != null) {
            receivers.close();
        }
        SERVERS.ifPresent(Servers::close);
    }

    /** The reader as a server of ClickHouse declares it. */
    private static String readerXml() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(READER_PASSWORD.getBytes(StandardCharsets.UTF_8));
            return TenantAccess.usersXml(READER, HexFormat.of().formatHex(hash), new TenantId("acme"), "costops");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** First of all: what others publish would move the time of the stream beyond the loop. */
    @Nested
    @Order(0)
    @DisplayName("finds what goes wrong")
    class Anomalies {
        /** Five days of usual traffic and then a loop, told in the time in which it happened, minutes after. */
        @Test
        void a_retry_loop_is_one_slack_message_one_page_and_after_its_end_one_resolve() {
            Instant now = Instant.now().truncatedTo(ChronoUnit.MINUTES);
            Instant loop = now.minus(Duration.ofHours(3));
            List<String> envelopes = new ArrayList<>();
            int calls = 0;
            for (Instant at = now.minus(Duration.ofDays(5)); at.isBefore(now); at = at.plus(Duration.ofMinutes(5))) {
                envelopes.add(call(calls++, "chat", "key-chat", at, 1));
                envelopes.add(call(calls++, "agent", "key-agent", at.plusSeconds(61), 1));
            }
            for (int second = 0; second < 600; second++) {
                envelopes.add(call(calls++, "agent", "key-agent", loop.plusSeconds(second), 2 + second % 5));
            }
            envelopes.sort(Comparator.comparing(envelope -> envelope.substring(envelope.indexOf("received_at"))));

            pipeline.publishAll(LOOPING_TENANT, envelopes);

            try (AlertTopic alerts = new AlertTopic(platform.addresses())) {
                Eventually.holds(
                        () -> alerts.of(LOOPING_TENANT).stream()
                                .anyMatch(alert -> alert.getAction() == AlertAction.RESOLVED),
                        () -> "the alerts are " + alerts.of(LOOPING_TENANT));
                List<Alert> steps = alerts.of(LOOPING_TENANT);
                assertThat(steps)
                        .filteredOn(step -> step.getAction() != AlertAction.ESCALATED)
                        .extracting(Alert::getAction)
                        .containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
                assertThat(steps)
                        .extracting(Alert::getIncidentId)
                        .containsOnly(steps.get(0).getIncidentId());
                assertThat(steps.get(0).getCause()).isEqualTo("retry_loop");
                assertThat(steps.get(0).getScope()).containsEntry("api_key_id", "key-agent");
                assertThat(steps)
                        .as("told of, once its impact is worth it, until its end")
                        .last()
                        .satisfies(step -> assertThat(step.getSuppressed()).isNull());
                // The watch may be ahead of the ledger by a moment.
                Eventually.holds(
                        () -> !pipeline.rows(steps.get(0).getQuery()).isEmpty(), () -> "its query finds nothing");
                assertPeopleHearOnceOfItsBeginAndOnceOfItsEnd(steps.get(0).getIncidentId());
            }
        }

        private void assertPeopleHearOnceOfItsBeginAndOnceOfItsEnd(String incident) {
            pipeline.awaitCount(
                    "SELECT count() FROM costops.alerts WHERE incident_id = '" + incident
                            + "' AND action = 'resolved' AND delivery = 'delivered'",
                    1);
            assertThat(receivers.pagerDuty(LOOPING_TENANT))
                    .containsExactly("trigger " + incident, "resolve " + incident);
            assertThat(receivers.slack(LOOPING_TENANT))
                    .satisfiesExactly(
                            begin -> assertThat(begin)
                                    .startsWith("🔴 Critical: Retry loop in api_key_id key-agent")
                                    .endsWith("beyond what is usual"),
                            end -> assertThat(end)
                                    .startsWith("✅ Resolved: Retry loop in api_key_id key-agent")
                                    .endsWith("over"));
            assertThat(receivers.slackMessages(LOOPING_TENANT).get(0).toString())
                    .as("figures, cause, sparkline and SQL")
                    .contains(
                            "*Tenant:* looping", "*Actual:*", "*Expected:*", "*Impact:*", "*Likely cause:* retry loop")
                    .contains("*Root causes*", "key-agent explains", "*The change by its factors*", "requests +")
                    .contains("actual   ", "expected ", "SELECT", "costops.ledger");
        }

        private static String call(int number, String project, String key, Instant at, int attempt) {
            return """
                    {"source": "openai.chat", "tenant": "looping", "project": "%s", "api_key_id": "%s",
                     "context": {"attempt": %d}, "received_at": "%s",
                     "payload": {"id": "chatcmpl-loop-%d", "created": %d, "model": "gpt-5.4-mini", "choices": [],
                       "usage": {"prompt_tokens": 200000, "completion_tokens": 4000}}}
                    """.formatted(project, key, attempt, at, number, at.getEpochSecond());
        }
    }

    @Nested
    @Order(1)
    @DisplayName("prices the published examples")
    class Examples {
        @Test
        void to_the_last_digit_and_once_however_often_they_are_published() {
            publishExamples();
            pipeline.drain();
            assertExamplesStand();
            Sums once = Sums.read();

            publishExamples();
            pipeline.drain();

            assertThat(Sums.read()).isEqualTo(once);
            assertReconciled();
        }
    }

    @Nested
    @Order(2)
    @DisplayName("keeps what it can't use, with the reason, and goes on")
    class BadInput {
        private static final String GOOD = """
                {"source": "openai.chat", "tenant": "bad-input", "tags": {"n": "%s"},
                 "payload": {"id": "chatcmpl-%s", "created": 1792000000, "model": "gpt-5.4-mini", "choices": [],
                   "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}}
                """;

        private static final List<Sent> SENT = new ArrayList<>();

        /** All at once, each with a good one behind it. */
        record Sent(Bad bad, Pipeline.Place place) {
            void awaitRejection() {
                pipeline.awaitCount("SELECT count() FROM costops.rejected_usage WHERE " + place.condition(), 1);
            }

            @Override
            public String toString() {
                return bad.what;
            }
        }

        /**
         * What can't be used.
         *
         * @param what it is; names its record too
         * @param bytes of the record, in hexadecimal digits
         */
        record Bad(
                String what,
                Topic<?> topic,
                @Nullable String key,
                String bytes,
                String reason,
                @Nullable String field) {
            static Bad envelope(String what, String right, String wrong, String reason, @Nullable String field) {
                String envelope = GOOD.formatted(what, "bad-" + what).replace(right, wrong);
                return new Bad(
                        what, Topics.USAGE_RAW, null, hex(envelope.getBytes(StandardCharsets.UTF_8)), reason, field);
            }

            static Bad price(String what, PriceRevision price, String field) {
                String key = price.getScope() + "|" + price.getPriceKey() + "|" + price.getEffectiveFrom() + "|"
                        + price.getRecordedAt();
                return new Bad(what, Topics.PRICES, key, hex(encoded(Topics.PRICES, price)), "invalid_price", field);
            }
        }

        private static String hex(byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }

        private static List<Bad> bad() {
            UsageEvent negative = canonical("canonical-negative", "-1");
            byte[] unknownSchema =
                    ByteBuffer.allocate(20).put((byte) 0).putInt(999_999).array();
            return List.of(
                    Bad.envelope("malformed-json", "\"choices\": []", "\"choices\": [", "malformed_json", null),
                    Bad.envelope("missing-model", "\"model\": \"gpt-5.4-mini\",", "", "missing_field", "payload.model"),
                    Bad.envelope("negative-count", "1000", "-1000", "negative_quantity", "payload.usage.prompt_tokens"),
                    Bad.envelope("unknown-source", "openai.chat", "openai.chatter", "unknown_source", "source"),
                    Bad.envelope(
                            "control-character-in-a-tag", "{\"n\": \"", "{\"n\": \"\\u0007", "invalid_tag", "tags.n"),
                    new Bad(
                            "avro-record-of-an-unknown-schema",
                            Topics.USAGE_EVENTS,
                            "unknown-schema",
                            hex(unknownSchema),
                            "unknown_schema",
                            null),
                    new Bad(
                            "canonical-event-with-a-negative-quantity",
                            Topics.USAGE_EVENTS,
                            negative.getEventId(),
                            hex(encoded(Topics.USAGE_EVENTS, negative)),
                            "negative_quantity",
                            "meters[0].quantity"),
                    Bad.price("price-without-a-rate", price("empty-price", Map.of()), "rates"),
                    Bad.price(
                            "price-above-the-bound-of-unit-errors",
                            price("gpt-5.4-mini", Map.of("input_cost_per_token", new BigDecimal("0.75"))),
                            "rates.input_cost_per_token"));
        }

        @BeforeAll
        static void publish() {
            if (ABSENT.isPresent()) {
                return;
            }
            for (Bad bad : bad()) {
                SENT.add(new Sent(
                        bad, pipeline.publish(bad.topic, bad.key, HexFormat.of().parseHex(bad.bytes))));
                pipeline.publish(GOOD.formatted(bad.what, "after-" + bad.what));
            }
        }

        static List<Sent> sent() {
            return SENT;
        }

        @ParameterizedTest(name = "{0}")
        @MethodSource("sent")
        void is_kept_whole_with_the_reason(Sent sent) {
            sent.awaitRejection();

            String[] row = pipeline.rows(
                            "SELECT reason, field, hex(original), message FROM costops.rejected_usage WHERE "
                                    + sent.place.condition())
                    .get(0);
            assertThat(row[0]).isEqualTo(sent.bad.reason);
            assertThat(row[1]).isEqualTo(sent.bad.field == null ? "" : sent.bad.field);
            assertThat(row[2]).isEqualToIgnoringCase(sent.bad.bytes);
            assertThat(row[3]).isNotBlank();
        }

        @Test
        void and_the_stream_goes_on_at_the_same_prices() {
            SENT.forEach(Sent::awaitRejection);
            pipeline.publish(GOOD.formatted("all", "after-all"));

            pipeline.awaitEvents(Stream.concat(SENT.stream().map(Sent::toString), Stream.of("all"))
                    .map(what -> "openai:chatcmpl-after-" + what)
                    .toList());
            // 1,000 tokens in at $0.75 and 100 out at $4.50 a million.
            assertThat(pipeline.rows(
                            "SELECT DISTINCT toString(billed_cost) FROM costops.ledger WHERE tenant = 'bad-input'"
                                    + " AND event_id LIKE 'openai:chatcmpl-after-%'"))
                    .singleElement()
                    .satisfies(cost -> assertThat(new BigDecimal(cost[0])).isEqualByComparingTo("0.0012"));
        }

        private static PriceRevision price(String key, Map<String, BigDecimal> rates) {
            return PriceRevision.newBuilder()
                    .setPriceKey(key)
                    .setProvider("openai")
                    .setEffectiveFrom(Instant.parse("2026-08-01T00:00:00Z"))
                    .setRecordedAt(Instant.parse("2026-08-01T00:00:00Z"))
                    .setRates(new HashMap<>(rates))
                    .build();
        }

        private static <T extends org.apache.avro.specific.SpecificRecord> byte[] encoded(Topic<T> topic, T record) {
            return new AvroCodec<>(topic.valueType(), topic.subject(), pipeline.registry()).encode(record);
        }
    }

    @Nested
    @Order(3)
    @DisplayName("takes a canonical event straight from its topic")
    class Canonical {
        @Test
        void and_prices_it_like_any_other() {
            pipeline.publish(canonical("canonical-good", "2000"));
            pipeline.awaitEvents(List.of("canonical-good"));

            String[] row = pipeline.rows(
                            "SELECT status, tenant, model, input_tokens, billed_cost FROM costops.ledger WHERE"
                                    + " event_id = 'canonical-good'")
                    .get(0);
            assertThat(row).startsWith("priced", "canonical", "gpt-5.4-mini", "2000");
            assertThat(new BigDecimal(row[4])).isEqualByComparingTo("0.0015");
        }
    }

    @Nested
    @Order(4)
    @DisplayName("shows a tenant its own rows")
    class Tenants {
        @Test
        void and_no_others_through_tables_and_views() {
            for (String tenant : List.of("acme", "borealis")) {
                pipeline.publish("""
                        {"source": "anthropic.messages", "tenant": "%1$s", "project": "secret-%1$s",
                         "event_time": "2026-10-01T10:00:00Z",
                         "payload": {"id": "msg_%1$s", "type": "message", "model": "claude-sonnet-5", "content": [],
                           "usage": {"input_tokens": 100, "output_tokens": 10}}}
                        """.formatted(tenant));
            }
            pipeline.publish("{\"source\": \"openai.chat\", \"tenant\": \"borealis\", \"payload\": {\"usage\": {}}}");
            pipeline.awaitEvents(List.of("anthropic:msg_acme", "anthropic:msg_borealis"));
            ClickHouseHttp reader =
                    new ClickHouseHttp(platform.addresses().requireClickHouse().url(), READER, READER_PASSWORD);

            for (String relation : List.of(
                    "ledger",
                    "ledger_lines",
                    "usage_current",
                    "chargeback_hourly",
                    "chargeback_daily",
                    "chargeback_monthly")) {
                // Rows reach the roll-ups a moment after the ledger.
                Eventually.holds(
                        () -> tenantsSeen(reader, relation).equals("acme"),
                        () -> "acme sees of " + relation + " the rows of: " + tenantsSeen(reader, relation));
            }
            assertThat(query(reader, "SELECT count() FROM costops.rejected_usage WHERE tenant != 'acme'"))
                    .isEqualTo("0");
            assertThatExceptionOfType(PlatformException.class)
                    .isThrownBy(() -> query(reader, "SELECT * FROM costops.reconciliation"));
        }

        private static String tenantsSeen(ClickHouseHttp reader, String relation) {
            return query(reader, "SELECT DISTINCT tenant FROM costops." + relation + " ORDER BY tenant");
        }

        private static String query(ClickHouseHttp reader, String query) {
            return reader.query(query + " FORMAT TSV", Duration.ofSeconds(30)).strip();
        }
    }

    @Nested
    @Order(5)
    @DisplayName("runs the demo")
    class DemoRun {
        @Test
        void and_finds_what_was_published() {
            StringWriter written = new StringWriter();

            demo(2, new PrintWriter(written)).run(platform);

            String report = written.toString();
            LOG.info("the demo's report:\n{}", report);
            assertThat(report)
                    .contains("all of it is accounted for")
                    .contains("Chargeback by tenant")
                    .contains("Chargeback by project")
                    .contains("Chargeback by model")
                    .contains("Rejected records")
                    .contains("Reconciliation")
                    .contains("stood in chargeback_hourly after");
        }
    }

    @Nested
    @Order(5)
    @DisplayName("watches the spending")
    class Watch {
        @Test
        void usage_without_a_price_opens_an_incident() {
            for (int i = 0; i < 3; i++) {
                pipeline.publish("""
                        {"source": "openai.chat", "tenant": "watched",
                         "payload": {"id": "chatcmpl-unpriced-%d", "model": "no-such-model-1", "choices": [],
                           "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}}
                        """.formatted(i));
            }

            try (AlertTopic alerts = new AlertTopic(platform.addresses())) {
                Eventually.holds(() -> !alerts.of("watched").isEmpty(), () -> "no alert came");
                assertThat(alerts.of("watched")).hasSize(1).first().satisfies(alert -> {
                    assertThat(alert.getAction()).isEqualTo(AlertAction.OPENED);
                    assertThat(alert.getCategory()).isEqualTo(AlertCategory.UNPRICED_USAGE);
                    assertThat(alert.getScope()).containsEntry("model", "no-such-model-1");
                    // The watch may be ahead of the ledger by a moment.
                    Eventually.holds(
                            () -> pipeline.rows(alert.getQuery()).size() == 1, () -> "its query finds no usage");
                });
            }
        }
    }

    @Nested
    @Order(5)
    @DisplayName("tells people of alerts")
    class Telling {
        private Alert step(int sequence, AlertAction action) {
            Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
            return Alert.newBuilder()
                    .setIncidentId("told-1")
                    .setSequence(sequence)
                    .setAction(action)
                    .setCategory(AlertCategory.ANOMALY)
                    .setSeverity(AlertSeverity.CRITICAL)
                    .setCause("retry_loop")
                    .setRecordedAt(now)
                    .setStartedAt(now)
                    .setWindowStart(now)
                    .setWindowEnd(now)
                    .setTenant(TOLD_TENANT)
                    .setMetric("cost")
                    .setTitle("A retry loop")
                    .build();
        }

        private void publish(Alert alert) {
            AvroCodec<Alert> codec = new AvroCodec<>(Alert.class, Topics.COST_ALERTS.subject(), pipeline.registry());
            pipeline.publish(Topics.COST_ALERTS, alert.getIncidentId(), codec.encode(alert));
        }

        @Test
        void once_of_the_beginning_and_once_of_the_end_though_the_notifier_dies_between() {
            publish(step(0, AlertAction.OPENED));
            pipeline.awaitCount(
                    "SELECT count() FROM costops.alerts WHERE incident_id = 'told-1' AND delivery = 'delivered'", 1);
            Component notifier = platform.component("notifier");
            int deaths = notifier.deaths();
            notifier.kill();
            Eventually.holds(() -> notifier.deaths() > deaths, () -> "the notifier's death was not noticed");
            publish(step(1, AlertAction.RESOLVED));
            pipeline.awaitCount(
                    "SELECT count() FROM costops.alerts WHERE incident_id = 'told-1' AND delivery = 'delivered'", 2);

            assertThat(receivers.slack(TOLD_TENANT))
                    .containsExactly("🔴 Critical: A retry loop", "✅ Resolved: A retry loop");
            assertThat(receivers.pagerDuty(TOLD_TENANT)).containsExactly("trigger told-1", "resolve told-1");
            assertThat(pipeline.rows("SELECT tenant, state, steps FROM costops.incidents WHERE incident_id = 'told-1'"))
                    .containsExactly(new String[] {TOLD_TENANT, "resolved", "2"});
        }
    }

    @Nested
    @Order(6)
    @DisplayName("keeps its books by the costops command")
    class Books {
        @Test
        void an_import_of_what_holds_already_changes_nothing() {
            assertThat(costops("prices", "import")).startsWith("imported 0 prices, skipped ");
        }

        @Test
        void a_new_price_is_imported_listed_and_charged(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("own.json"), """
                    {"own-model": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
                     "typo-model": {"litellm_provider": "openai", "input_cost_per_token": 3, "output_cost_per_token": 6}}
                    """);

            assertThat(costops("prices", "import", "--effective-from", "2026-01-01T00:00:00Z", file.toString()))
                    .startsWith("imported 1 prices, skipped 0 that hold already, refused 1")
                    .contains("refused typo-model: ");
            assertThat(costops("prices", "list", "--key", "OWN-model")).contains("own-model", "openai", "2026-01-01");
            Eventually.holds(() -> isPriced("own-model"), () -> "the price is not used");
        }

        @Test
        void what_a_tenant_pays_otherwise_is_put_listed_and_charged() {
            String since = "2026-01-01T00:00:00Z";
            costops(
                    "prices",
                    "put",
                    "--tenant",
                    "terms",
                    "--model",
                    "gpt-4o-mini",
                    "--input-per-million",
                    "0.1",
                    "--effective-from",
                    since);
            costops("prices", "put", "--tenant", "terms", "--markup", "10", "--effective-from", since);
            costops("prices", "put", "--tenant", "terms", "--billing-currency", "EUR", "--effective-from", since);
            assertThat(costops("prices", "put", "--exchange-rate", "EUR/USD=1.25", "--effective-from", since))
                    .startsWith("put 1, left out 0");
            assertThat(costops("prices", "put", "--exchange-rate", "EUR/USD=1.25", "--effective-from", since))
                    .startsWith("put 0, left out 1");
            assertThat(costops("prices", "list", "--tenant", "terms"))
                    .contains("gpt-4o-mini", "mark-up", "billing currency", "EUR");
            assertThat(costops("prices", "diff", "built-in", "--key", "gpt-4o-mini"))
                    .contains("+ tenant:terms/gpt-4o-mini");

            Eventually.holds(() -> isBilled("EUR"), () -> "the terms are not applied");
            // 10 tokens at $0.15 a million by the list, at $0.10 for the tenant, 10 % on top, at 1.25 dollars a euro
            assertThat(pipeline.value(
                            "SELECT list_cost = toDecimal256('0.0000015', 30) AND contracted_cost = toDecimal256('0.000001',"
                                    + " 30) AND billed_cost = toDecimal256('0.00000088', 30) AND pricing_currency = 'USD'"
                                    + " FROM costops.ledger WHERE tenant = 'terms' AND billing_currency = 'EUR'"
                                    + " AND kind = 'usage' AND status = 'priced' LIMIT 1"))
                    .isEqualTo("1");
            assertThat(pipeline.value("SELECT countIf(exchange_rate_revision NOT LIKE 'exchange_rate/EUR/USD@%')"
                            + " FROM costops.ledger WHERE tenant = 'terms' AND billing_currency = 'EUR'"))
                    .isEqualTo("0");
            // A roll-up shows a batch a moment after the ledger does.
            String rolledUp = "SELECT sum(billed_cost) = (SELECT sum(billed_cost) FROM costops.ledger WHERE tenant ="
                    + " 'terms' AND billing_currency = 'EUR') FROM costops.chargeback_daily WHERE tenant ="
                    + " 'terms' AND billing_currency = 'EUR'";
            Eventually.holds(() -> pipeline.value(rolledUp).equals("1"), () -> "the roll-up has another sum in euros");
        }

        private boolean isBilled(String currency) {
            String id = "books-" + System.nanoTime();
            UsageEvent event = canonical(id, "10");
            event.setModel("gpt-4o-mini");
            event.setDimensions(Dimensions.newBuilder().setTenant("terms").build());
            pipeline.publish(event);
            pipeline.awaitEvents(List.of(id));
            // Until its exchange rate has come too, usage stands unpriced in the new currency.
            return pipeline.value("SELECT any(billing_currency) FROM costops.ledger WHERE event_id = '" + id
                            + "' AND kind = 'usage' AND status = 'priced'")
                    .equals(currency);
        }

        @Test
        void a_rule_is_put_listed_and_applied(@TempDir Path folder) throws IOException {
            Path file = Files.writeString(folder.resolve("rules.json"), """
                    [{"rule_id": "books-test", "effective_from": "2026-01-01T00:00:00Z",
                      "match": {"api_key_id": "key-books"}, "dimensions": {"tenant": "books", "team": "librarians"}}]
                    """);

            assertThat(costops("attribution", "put", file.toString())).isEqualToIgnoringNewLines("put 1 rules");
            assertThat(costops("attribution", "list"))
                    .contains("books-test", "api_key_id=key-books", "team=librarians");
            Eventually.holds(this::isAttributed, () -> "the rule is not applied");
        }

        /** A book reaches the job beside the usage, so an event may be a moment too early. */
        private static boolean isPriced(String model) {
            String id = "books-" + System.nanoTime();
            UsageEvent event = canonical(id, "10");
            event.setModel(model);
            pipeline.publish(event);
            pipeline.awaitEvents(List.of(id));
            return pipeline.value("SELECT status FROM costops.ledger WHERE event_id = '" + id + "'")
                    .equals("priced");
        }

        private boolean isAttributed() {
            String id = "books-" + System.nanoTime();
            UsageEvent event = canonical(id, "10");
            event.setDimensions(Dimensions.newBuilder().setApiKeyId("key-books").build());
            pipeline.publish(event);
            pipeline.awaitEvents(List.of(id));
            return pipeline.value("SELECT tenant || ' ' || team FROM costops.ledger WHERE event_id = '" + id + "'")
                    .equals("books librarians");
        }

        private static String costops(String... arguments) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            List<String> all = new ArrayList<>(List.of(arguments));
            all.addAll(List.of("--data-dir", DIRECTORY.toString()));
            int exitCode = Main.execute(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
            assertThat(exitCode).as(err.toString()).isZero();
            return out.toString();
        }
    }

    @Nested
    @Order(6)
    @DisplayName("prices what is in the ledger anew")
    class PricedAnew {
        @Test
        void by_itself_as_soon_as_a_price_that_was_missing_has_come(@TempDir Path folder) throws IOException {
            pipeline.publish(of("late-model", "late-price-1", "100"));
            pipeline.publish(of("late-model", "late-price-2", "50"));
            pipeline.awaitEvents(List.of("late-price-1", "late-price-2"));
            String unpriced = "SELECT count() FROM costops.unpriced_usage WHERE model = 'late-model'";
            pipeline.awaitCount(unpriced, 2);

            importPrice(folder, "late-model", "0.0001");

            pipeline.awaitCount(unpriced, 0);
            assertThat(pipeline.value("SELECT sum(billed_cost) FROM costops.usage_current WHERE model = 'late-model'"))
                    .isEqualTo("0.015");
            assertThat(pipeline.value("SELECT uniqExact(request_id, event_id), sum(requests) FROM costops.ledger"
                            + " WHERE model = 'late-model' AND kind = 'adjustment'"))
                    .isEqualTo("2");
            assertReconciled();
        }

        @Test
        void by_the_command_which_shows_first_what_changes_and_is_done_once(@TempDir Path folder) throws IOException {
            importPrice(folder, "dear-model", "0.0005");
            Eventually.holds(() -> Books.isPriced("dear-model"), () -> "the price is not used");
            pipeline.publish(of("dear-model", "dear-1", "1000"));
            pipeline.awaitEvents(List.of("dear-1"));
            importPrice(folder, "dear-model", "0.0001");
            // Entries that were in flight are priced by themselves; what was there before waits for the command.
            String[] command = {"reprice", "--from", "2026-01-01", "--to", "2100-01-01", "--model", "dear-model"};

            assertThat(Books.costops(with(command, "--dry-run"))).contains("would change", "dear-model");
            Books.costops(command);

            assertThat(pipeline.value("SELECT sum(billed_cost) FROM costops.usage_current WHERE event_id = 'dear-1'"))
                    .isEqualTo("0.1");
            assertThat(Books.costops(with(command, "--dry-run"))).startsWith("0 of ");
            assertReconciled();
        }

        private static String[] with(String[] command, String option) {
            List<String> all = new ArrayList<>(List.of(command));
            all.add(option);
            return all.toArray(String[]::new);
        }

        private static UsageEvent of(String model, String id, String inputTokens) {
            UsageEvent event = canonical(id, inputTokens);
            event.setModel(model);
            return event;
        }

        private static void importPrice(Path folder, String model, String rate) throws IOException {
            Path file = Files.writeString(
                    folder.resolve("price.json"),
                    "{\"" + model + "\": {\"litellm_provider\": \"openai\", \"input_cost_per_token\": " + rate
                            + ", \"output_cost_per_token\": " + rate + "}}");
            assertThat(Books.costops("prices", "import", "--effective-from", "2026-01-01T00:00:00Z", file.toString()))
                    .startsWith("imported 1 prices");
        }
    }

    @Nested
    @Order(6)
    @DisplayName("closes a month")
    class MonthsEnd {
        @Test
        void whose_statement_stays_as_it_is_and_what_comes_late_is_billed_later() {
            YearMonth month = YearMonth.now(ZoneOffset.UTC).minusMonths(1);
            Instant used = month.atDay(10).atStartOfDay(ZoneOffset.UTC).toInstant();
            pipeline.publish(at("in-time", used));
            pipeline.awaitEvents(List.of("in-time"));

            assertThat(Books.costops("close", month.toString(), "--and-earlier"))
                    .contains("the statement of " + month + " is drawn up");
            String statement = Books.costops("report", month.toString(), "--json");
            pipeline.publish(at("too-late", used));
            pipeline.awaitEvents(List.of("too-late"));

            assertThat(pipeline.value("SELECT concat(toString(billing_period), ' ', charge_class) FROM costops.ledger"
                            + " WHERE event_id = 'too-late'"))
                    .isEqualTo(month.plusMonths(1).atDay(1) + " Correction");
            assertThat(Books.costops("report", month.toString(), "--json"))
                    .isEqualTo(statement)
                    .contains("\"closed\":true", "\"canonical\"");
            assertThat(Books.costops("report", month.plusMonths(1).toString())).contains("Correction");
            assertThat(Books.costops("close", month.toString())).contains(month + " was closed before");
            assertReconciled();
        }

        /** What the job had priced before it heard of the close may wait for its commit: it belongs to the statement. */
        @Test
        void waits_for_what_is_priced_and_not_committed_yet() {
            String kafka = platform.addresses().requireKafka();
            LedgerTail tail = new LedgerTail(
                    kafka,
                    pipeline.registry(),
                    new LedgerReader(platform.addresses().requireClickHouse().connect(), "costops"));
            try (KafkaProducer<byte[], byte[]> pricing = new KafkaProducer<>(
                    Map.of(
                            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                            kafka,
                            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                            "month-end-test"),
                    new ByteArraySerializer(),
                    new ByteArraySerializer())) {
                pricing.initTransactions();
                pricing.beginTransaction();
                assertThat(pricing.send(new ProducerRecord<>(Topics.USAGE_PRICED.name(), 0, null, new byte[] {0})))
                        .succeedsWithin(Duration.ofSeconds(30));

                assertThatThrownBy(() -> tail.awaitWithOpenTransactions(Duration.ofSeconds(2)))
                        .hasMessageContaining("what was priced is not committed within 2 s");

                pricing.abortTransaction();
            }
            tail.awaitWithOpenTransactions(Duration.ofSeconds(60));
        }

        private static UsageEvent at(String id, Instant time) {
            UsageEvent event = canonical(id, "1000");
            event.setEventTime(time);
            return event;
        }
    }

    @Nested
    @Order(6)
    @DisplayName("takes rejected usage back")
    class Replayed {
        /** A record whose schema the registry doesn't know is rejected; once it is registered the record is good. */
        @Test
        void once_what_was_wrong_is_mended_and_once_however_often_and_whatever_comes_beside_it() throws IOException {
            UsageEvent event = canonical("replayed-1", "3000");
            int known = pipeline.registry().register("replay-probe", variant("before"));
            byte[] unknown = BadInput.encoded(Topics.USAGE_EVENTS, event);
            ByteBuffer.wrap(unknown).putInt(1, known + 1);
            Pipeline.Place place = pipeline.publish(Topics.USAGE_EVENTS, event.getEventId(), unknown);
            pipeline.awaitCount("SELECT count() FROM costops.rejected_usage WHERE " + place.condition(), 1);
            assertThat(pipeline.registry().register("replay-probe-2", variant("after")))
                    .as("the id that the record names")
                    .isEqualTo(known + 1);

            Books.costops("replay");
            // The sender has tried again, too.
            pipeline.publish(event);
            Books.costops("replay");
            pipeline.awaitEvents(List.of("replayed-1"));
            pipeline.drain();
            Books.costops("replay");
            pipeline.drain();

            assertThat(pipeline.value("SELECT concat(toString(count()), ' ', toString(sum(requests)), ' ',"
                            + " toString(sum(billed_cost))) FROM costops.ledger WHERE event_id = 'replayed-1'"))
                    .isEqualTo("1 1 0.00225");
            assertReconciled();
        }

        private static Schema variant(String version) {
            Schema schema =
                    new Schema.Parser().parse(UsageEvent.getClassSchema().toString());
            schema.addProp("replay-test", version);
            return schema;
        }
    }

    @Nested
    @Order(6)
    @DisplayName("while ClickHouse is away")
    class BackPressure {
        @Test
        void pricing_goes_on_the_lag_is_seen_nothing_dies_and_it_catches_up_by_itself() {
            Assumptions.assumeTrue(SERVERS.isEmpty(), "ClickHouse is not ours to stop");
            Component clickHouse = platform.component("clickhouse");
            Component taskManager = platform.component("taskmanager-1");
            int deaths = taskManager.deaths();
            int submissions = platform.job("ledger-writer").submissions();
            clickHouse.stop();
            try {
                for (int i = 0; i < 3_000; i++) {
                    pipeline.publish(canonical("waits-" + i, "1000"));
                }
                Eventually.holds(
                        () -> lag("costops-enrichment", "usage.events") == 0
                                && lag("costops-ledger-writer", "usage.priced") > 1_000,
                        () -> "pricing waits, or no lag is seen: "
                                + platform.status().lags());
            } finally {
                clickHouse.start();
            }

            Eventually.holds(
                    () -> lag("costops-ledger-writer", "usage.priced") == 0,
                    () -> "the writer does not catch up: " + platform.status().lags());
            pipeline.awaitCount("SELECT uniqExact(event_id) FROM costops.ledger WHERE event_id LIKE 'waits-%'", 3_000);
            assertThat(pipeline.value("SELECT count() FROM costops.ledger WHERE event_id LIKE 'waits-%'"))
                    .isEqualTo("3000");
            assertThat(taskManager.deaths()).isEqualTo(deaths);
            assertThat(platform.job("ledger-writer").submissions()).isEqualTo(submissions);
            assertReconciled();
        }

        /** As {@code costops status} shows it; -1 while it isn't known. */
        private static long lag(String reader, String topic) {
            return platform.status().lags().stream()
                    .filter(lag -> lag.reader().equals(reader) && lag.topic().equals(topic))
                    .mapToLong(PlatformStatus.Lag::records)
                    .findFirst()
                    .orElse(-1);
        }
    }

    @Nested
    @Order(6)
    @DisplayName("tells what it remembers")
    class Remembered {
        @Test
        void the_state_of_each_job_and_what_it_dropped_in_the_status() {
            pipeline.publish(canonical("told-twice", "10"));
            pipeline.publish(canonical("told-twice", "10"));
            pipeline.drain();

            Eventually.holds(
                    () -> platform.status().jobs().stream()
                            .anyMatch(job -> job.job().equals("enrichment")
                                    && job.stateBytes().orElse(0L) > 0
                                    && job.counters().getOrDefault("duplicates", 0L) > 0),
                    () -> "the status tells " + platform.status().jobs());
            assertThat(Books.costops("status")).contains("enrichment holds ", "duplicates ", "ledger-writer holds ");
        }
    }

    /** Before everything dies: what dies then is rebuilt tables. */
    @Nested
    @Order(7)
    @DisplayName("rebuilds its ledger from the log")
    class Rebuilt {
        @Test
        void beside_the_one_in_use_and_exchanges_them_while_usage_comes_in() throws Exception {
            pipeline.drain();
            Sums before = Sums.read();
            String table = "SELECT toString(uuid) FROM system.tables WHERE database = 'costops' AND name = 'ledger'";
            String old = pipeline.value(table);
            List<String> ids = new ArrayList<>();
            AtomicBoolean done = new AtomicBoolean();
            Thread traffic = new Thread(() -> {
                while (!done.get()) {
                    String id = "meanwhile-" + ids.size();
                    ids.add(id);
                    pipeline.publish(canonical(id, "1000"));
                }
            });
            traffic.start();
            String said;
            try {
                said = Books.costops("rebuild");
            } finally {
                done.set(true);
                traffic.join();
            }

            assertThat(said).contains("the ledger is rebuilt: ", "--drop-old");
            assertThat(pipeline.value(table)).isNotEqualTo(old);
            pipeline.awaitCount(
                    "SELECT uniqExact(event_id) FROM costops.ledger WHERE event_id LIKE 'meanwhile-%'", ids.size());
            assertThat(pipeline.value("SELECT count() FROM costops.ledger WHERE event_id LIKE 'meanwhile-%'"))
                    .isEqualTo(String.valueOf(ids.size()));
            assertThat(Sums.read().billedByTenant().get("examples"))
                    .isEqualTo(before.billedByTenant().get("examples"));
            assertReconciled();
            assertThat(pipeline.value("SELECT count() > 0 FROM costops_rebuild.ledger"))
                    .as("the tables of before")
                    .isEqualTo("1");

            Books.costops("rebuild", "--drop-old");
            assertThat(pipeline.value("EXISTS DATABASE costops_rebuild")).isEqualTo("0");
        }
    }

    @Nested
    @Order(8)
    @DisplayName("balances to the last digit when everything dies under load")
    class Chaotic {
        /** The short form of {@code costops bench chaos}: one of each fault, three of them longer than a moment. */
        @Test
        void each_process_once_all_at_once_and_an_upgrade_of_each_job() {
            Chaos.Plan plan = new Chaos.Plan(
                    7,
                    Duration.ofSeconds(75),
                    30,
                    Instant.now(),
                    // Longer than the transactions of Kafka Streams last, which are aborted then and done again.
                    Duration.ofSeconds(12),
                    Duration.ofSeconds(5),
                    true);

            Chaos.Outcome outcome = Chaos.run(plan, platform, LOG::info);

            LOG.info("{} processes killed: {}", outcome.kills(), outcome.faults());
            assertThat(outcome.differences()).isEmpty();
            assertThat(outcome.proof().truth().billed()).isPositive();
            assertThat(outcome.faults()).containsKey("everything killed at once");
            assertThat(outcome.faults())
                    .allSatisfy((what, times) -> assertThat(times).as(what).isPositive());
            if (SERVERS.isEmpty()) {
                assertThat(outcome.faults()).containsKeys("ClickHouse away", "ClickHouse out of space");
            }
        }
    }

    @Nested
    @Order(9)
    @DisplayName("keeps everything over a restart of the whole platform")
    class Restarted {
        @Test
        void sums_stay_repeats_are_still_known_and_new_events_are_priced() {
            Sums before = Sums.read();
            pipeline.close();
            platform.close();
            run(Platform.builder(DIRECTORY));

            assertThat(Sums.read()).isEqualTo(before);
            publishExamples();
            pipeline.drain();
            assertThat(Sums.read()).isEqualTo(before);
            assertExamplesStand();

            pipeline.publish(canonical("after-restart", "1000"));
            pipeline.awaitEvents(List.of("after-restart"));
            assertReconciled();
        }
    }

    private static Demo demo(int days, PrintWriter out) {
        Clock clock = Clock.systemUTC();
        TrafficPlan plan = TrafficPlan.endingAt(clock.instant())
                .withDays(days)
                .withCallsPerDay(400)
                .withIncident(Incident.NONE);
        return new Demo(plan, clock, out, false);
    }

    private static Map<String, String> bothWays(Map<String, String> pairs) {
        Map<String, String> both = new HashMap<>(pairs);
        pairs.forEach((one, other) -> both.put(other, one));
        return Map.copyOf(both);
    }

    private static void publishExamples() {
        pipeline.publishAll(EXAMPLES.stream()
                .map(example -> example.envelope(EXAMPLES_TENANT))
                .toList());
    }

    /**
     * Every example is priced in its place: the price map holds from its day on and the dated prices before it, and no
     * example that is priced by the one is dated in the time of the other.
     */
    private static void assertExamplesStand() {
        Map<String, List<String[]>> byExample = new HashMap<>();
        Set<String> events = new HashSet<>();
        for (String[] row : pipeline.rows("""
                SELECT tags['example'], event_id, status, price_key, service_tier, input_tokens, output_tokens, list_cost,
                    billed_cost, reported_cost,
                    arrayStringConcat(arrayMap((m, q) -> concat(m, '=', toString(q)), lines.meter, lines.quantity), ',')
                FROM costops.ledger WHERE tenant = 'examples'
                """)) {
            byExample.computeIfAbsent(row[0], example -> new ArrayList<>()).add(row);
            assertThat(events.add(row[1])).as("a second entry of " + row[1]).isTrue();
        }
        SoftAssertions.assertSoftly(softly -> {
            for (UsageExample example : EXAMPLES) {
                List<String[]> entries = new ArrayList<>(byExample.getOrDefault(example.id(), List.of()));
                // Whichever of the two is read first makes the charge, and they come on different partitions.
                String otherDoor = TWO_DOORS.get(example.id());
                if (otherDoor != null) {
                    entries.addAll(byExample.getOrDefault(otherDoor, List.of()));
                }
                softly.assertThat(entries).as(example + " entries").hasSize(1);
                for (String[] row : entries) {
                    softly.assertThat(charge(row)).as(example.id()).isEqualTo(example.expected());
                    softly.assertThat(row[8]).as(example + " billed cost").isEqualTo(row[7]);
                    if (example.reportedCost() != null) {
                        softly.assertThat(new BigDecimal(row[9]))
                                .as(example + " reported cost")
                                .isEqualByComparingTo(example.reportedCost());
                    }
                }
            }
        });
        assertThat(events).hasSize(EXAMPLES.size() - TWO_DOORS.size() / 2);
    }

    private static Charge charge(String[] row) {
        Map<String, BigDecimal> tokens = new TreeMap<>();
        Map<String, BigDecimal> units = new TreeMap<>();
        for (String line : row[10].isEmpty() ? new String[0] : row[10].split(",", -1)) {
            String[] meterAndQuantity = line.split("=", 2);
            boolean countsTokens =
                    Meter.byWireName(meterAndQuantity[0]).orElseThrow().countsTokens();
            (countsTokens ? tokens : units).put(meterAndQuantity[0], new BigDecimal(meterAndQuantity[1]));
        }
        boolean unpriced = row[2].equals("unpriced");
        return new Charge(
                row[2],
                tokens,
                units,
                Long.parseLong(row[5]),
                Long.parseLong(row[6]),
                row[4],
                // Where a price comes to hold only later the ledger names it beside "unpriced"; nothing is priced by
                // it.
                unpriced || row[3].isEmpty() ? null : row[3],
                row[7].equals("\\N") ? null : new BigDecimal(row[7]));
    }

    private static void assertReconciled() {
        String query = "SELECT check, measure, difference FROM costops.reconciliation WHERE difference != 0";
        // A row is seen in the ledger a moment before it is seen in the roll-ups.
        Eventually.holds(
                () -> pipeline.rows(query).isEmpty(),
                () -> pipeline.rows(query).stream()
                        .map(row -> String.join(" ", row))
                        .toList()
                        .toString());
    }

    private static UsageEvent canonical(String id, String inputTokens) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        return UsageEvent.newBuilder()
                .setEventId(id)
                .setStatus(UsageStatus.BILLABLE)
                .setSourceKind("canonical")
                .setProvider("openai")
                .setModel("gpt-5.4-mini")
                .setEventTime(now)
                .setReceivedAt(now)
                .setDimensions(Dimensions.newBuilder().setTenant("canonical").build())
                .setMeters(List.of(MeterQuantity.newBuilder()
                        .setMeter("uncached_input")
                        .setQuantity(new BigDecimal(inputTokens).setScale(30))
                        .build()))
                .build();
    }

    private static void empty(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** What the ledger adds up to; the markers of {@link Pipeline#drain} are left out. */
    private record Sums(Map<String, Long> entriesByKind, Map<String, BigDecimal> billedByTenant, long rejected) {
        static Sums read() {
            Map<String, Long> entries = new HashMap<>();
            for (String[] row :
                    pipeline.rows("SELECT kind, count() FROM costops.ledger WHERE tenant != 'markers' GROUP BY kind")) {
                entries.put(row[0], Long.valueOf(row[1]));
            }
            Map<String, BigDecimal> billed = new HashMap<>();
            for (String[] row : pipeline.rows(
                    "SELECT tenant, sum(ifNull(billed_cost, 0)) FROM costops.ledger WHERE tenant != 'markers' GROUP BY"
                            + " tenant")) {
                billed.put(row[0], new BigDecimal(row[1]));
            }
            return new Sums(entries, billed, pipeline.count("SELECT count() FROM costops.rejected_usage"));
        }
    }
}
