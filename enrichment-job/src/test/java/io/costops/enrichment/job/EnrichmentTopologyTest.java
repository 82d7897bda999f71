package io.costops.enrichment.job;

import static io.costops.enrichment.job.TestTopics.price;
import static io.costops.enrichment.job.TestTopics.team;
import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.noUsage;
import static io.costops.enrichment.position.Events.tombstone;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.costops.enrichment.position.Sums;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.topics.Topics;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The topology")
class EnrichmentTopologyTest {
    private static final int PER_CHECKPOINT = 100;

    private final TestRegistry registry = new TestRegistry();
    private final TestTopics topics = new TestTopics(registry);

    @TempDir
    private Path checkpoints;

    @ParameterizedTest(name = "on the state backend {0}")
    @ValueSource(strings = {"hashmap", "rocksdb"})
    void books_everything_once_though_it_fails_midway(String backend) throws Exception {
        List<SourceRecord> atStart = List.of(topics.price(price("0.0000025", "0.00001")));
        List<SourceRecord> usage = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            usage.add(topics.usage(usage(0).setEventId("event-" + i).build()));
            if (i % 2 == 0) {
                usage.add(topics.usage(usage(1).setEventId("event-" + i)
                        .setMeters(List.of(meter("uncached_input", "1000")))
                        .build()));
            }
            if (i % 5 == 0) {
                usage.add(topics.usage(usage(0).setEventId("event-" + i).build()));
            }
        }
        int bad = 20;
        for (int i = 0; i < bad; i++) {
            usage.add(usage.size() / 2, topics.record(Topics.USAGE_EVENTS.name(), "k", new byte[] {1, 2, (byte) i}));
        }
        usage.add(usage.size() / 2, failingOnce());

        Outcome outcome = run(backend, usage, atStart, atStart);

        assertThat(registry.hasFailed()).isTrue();
        assertThat(outcome.entries()).extracting(LedgerEntry::getEntryId).doesNotHaveDuplicates();
        assertThat(outcome.entries().stream().mapToInt(LedgerEntry::getRequests).sum())
                .isEqualTo(1_001);
        assertThat(outcome.entries().stream()
                        .map(LedgerEntry::getListCost)
                        .filter(Objects::nonNull)
                        .reduce(BigDecimal.ZERO, BigDecimal::add))
                .isEqualByComparingTo(new BigDecimal("0.003215")
                        .multiply(BigDecimal.valueOf(501))
                        .add(new BigDecimal("0.0025").multiply(BigDecimal.valueOf(500))));
        assertThat(outcome.rejected())
                .hasSize(bad)
                .extracting(each -> each.getOriginal().get(2))
                .doesNotHaveDuplicates();
    }

    @Test
    void adds_up_to_what_stands_whatever_the_order_of_an_events_records() throws Exception {
        Random random = new Random(7);
        List<SourceRecord> usage = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String id = "event-" + random.nextInt(20);
            UsageEvent.Builder event = switch (random.nextInt(5)) {
                case 0 -> UsageEvent.newBuilder(tombstone(random.nextInt(3)));
                case 1 -> UsageEvent.newBuilder(noUsage(random.nextInt(3)));
                default -> usage(random.nextInt(3));
            };
            usage.add(topics.usage(event.setEventId(id).build()));
        }
        List<SourceRecord> books = List.of(topics.price(price("0.0000025", "0.00001")));
        Outcome once = run("hashmap", usage, books, books);

        List<SourceRecord> twice = new ArrayList<>(usage);
        twice.addAll(usage);
        Outcome again = run("hashmap", twice, books, books);

        assertThat(Sums.of(again.entries())).isEqualTo(Sums.of(once.entries())).isNotEmpty();
    }

    @Test
    void rejects_a_bad_price_once_though_every_task_holds_the_book() throws Exception {
        SourceRecord good = topics.price(price("0.0000025", "0.00001"));
        SourceRecord unitError = topics.price(price("25", "0.00001"));
        SourceRecord garbage = topics.record(Topics.PRICES.name(), "k", "not avro".getBytes(StandardCharsets.UTF_8));
        SourceRecord keyless = topics.record(Topics.PRICES.name(), null, good.value());
        List<SourceRecord> prices = List.of(good, unitError, garbage, keyless);

        Outcome outcome = run("hashmap", List.of(topics.usage(usage(0).build())), prices, prices);

        assertThat(outcome.rejected())
                .extracting(
                        RejectedUsage::getReason,
                        each -> each.getOrigin().getTopic(),
                        each -> each.getOrigin().getOffset())
                .containsExactlyInAnyOrder(
                        tuple(RejectReason.INVALID_PRICE, "prices", 1L),
                        tuple(RejectReason.UNDECODABLE_AVRO, "prices", 2L),
                        tuple(RejectReason.INVALID_PRICE, "prices", 3L));
        assertThat(outcome.entries()).extracting(LedgerEntry::getStatus).containsExactly(EntryStatus.PRICED);
    }

    @Test
    void names_every_step_so_that_a_later_version_finds_its_state() {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2);
        EnrichmentOptions options = Configurations.read(
                EnrichmentOptions.class,
                new String[] {"--kafka.bootstrap", "broker:9092", "--schema.registry.url", "http://registry:8081"},
                Map.of());
        KafkaEnds kafka = new KafkaEnds(options);

        EnrichmentTopology.topology(env, kafka.sources(), kafka.sinks(registry.access()), settings(List.of()));

        Set<String> uids = new TreeSet<>();
        for (StreamNode node : env.getStreamGraph().getStreamNodes()) {
            uids.add(node.getTransformationUID());
        }
        assertThat(uids)
                .containsExactlyInAnyOrder(
                        "usage-events",
                        "prices",
                        "attribution",
                        "periods",
                        "usage-requests",
                        "read-requests",
                        "read-periods",
                        "read-usage",
                        "read-prices",
                        "read-attribution",
                        "price-usage",
                        "priced-usage",
                        "Sink Committer: priced-usage",
                        "rejected",
                        "Sink Committer: rejected");
        assertThat(List.of(
                        PriceUsage.MEMORY.getName(), PriceUsage.POSITION.getName(), PriceUsage.ACTIVE_TIME.getName()))
                .containsExactly("memory", "position", "active-time");
    }

    /** A request about an event of which nothing stands. */
    private SourceRecord withoutEffect() {
        return topics.request(UsageRequest.newBuilder()
                .setRequestId("r-1")
                .setEventId("nobody's")
                .setKind(RequestKind.REPRICE)
                .setReason("a test asks")
                .setRequestedAt(Instant.EPOCH)
                .setPosition(Position.newBuilder()
                        .setEventId("nobody's")
                        .setHighestRevision(0)
                        .setNextSequence(1)
                        .setUnitsHash("")
                        .build())
                .build());
    }

    private record Outcome(List<LedgerEntry> entries, List<RejectedUsage> rejected) {}

    private Outcome run(
            String backend, List<SourceRecord> usage, List<SourceRecord> atStart, List<SourceRecord> priceStream)
            throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, backend);
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 3);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ZERO);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
        CommittedSink<LedgerEntry> priced = new CommittedSink<>(Topics.USAGE_PRICED, registry.access());
        CommittedSink<RejectedUsage> rejected = new CommittedSink<>(Topics.USAGE_REJECTED, registry.access());
        SourceRecord rule = topics.rule(team("chatbot", "search"));
        EnrichmentTopology.topology(
                env,
                new EnrichmentTopology.Sources(
                        source(usage),
                        source(List.of(withoutEffect())),
                        source(priceStream),
                        source(List.of(rule)),
                        source(List.of(topics.period("2020-01", true)))),
                new EnrichmentTopology.Sinks(priced, rejected),
                settings(atStart));
        env.execute();
        return new Outcome(priced.committed(), rejected.committed());
    }

    private EnrichmentTopology.Settings settings(List<SourceRecord> atStart) {
        return new EnrichmentTopology.Settings(
                registry.access(),
                TestTopics.loader(atStart),
                JobClock.ofMachine(),
                Duration.ofHours(24),
                Duration.ofDays(3));
    }

    /** Bounded, and slow enough that checkpoints complete while it runs. */
    private static Source<SourceRecord, ?, ?> source(List<SourceRecord> records) {
        return new DataGeneratorSource<>(
                new Elements(Handle.to(records)),
                records.size(),
                RateLimiterStrategy.perCheckpoint(PER_CHECKPOINT),
                StreamTypes.SOURCE_RECORD);
    }

    /** A good record whose schema the registry first fails to give. */
    private SourceRecord failingOnce() {
        Schema another = new Schema.Parser().parse(UsageEvent.getClassSchema().toString());
        another.addProp("version", "another");
        int id = registry.register(Topics.USAGE_EVENTS.subject(), another);
        registry.failNext(1, id);
        return topics.usage(usage(0).setEventId("after the failure").build(), id);
    }

    private record Elements(Handle<List<SourceRecord>> records) implements GeneratorFunction<Long, SourceRecord> {
        @Override
        public SourceRecord map(Long index) {
            return records.get().get(index.intValue());
        }
    }
}
