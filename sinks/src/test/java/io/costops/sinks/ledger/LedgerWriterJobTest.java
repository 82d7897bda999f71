package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.clickhouse.LocalClickHouse;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.sinks.Await;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.ledger.LedgerWriterJob.Sources;
import java.math.BigDecimal;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The ledger writer job")
class LedgerWriterJobTest {
    private static final int COUNT = 5_000;
    private static final int PER_CHECKPOINT = 700;

    /** Number of the first record in a batch that the savepoint of version 0.1.0 holds. */
    private static final long FIRST_OF_0_1_0 = 10;

    /** The same 5,000 entries in every run, each known by its number. */
    private static final List<LedgerEntry> ENTRIES = TestEntries.random(21, COUNT, 5);

    private final ClickHouse clickHouse = TestClickHouse.migrated();

    /** Throws once, when it comes to a record; what was read since the last checkpoint comes again. */
    private static final class FailsOnce implements GeneratorFunction<Long, LedgerEntry> {
        private static final AtomicBoolean FAILED = new AtomicBoolean();

        @Override
        public LedgerEntry map(Long number) {
            if (number == 3_333 && FAILED.compareAndSet(false, true)) {
                throw new IllegalStateException("an injected failure");
            }
            return ENTRIES.get(number.intValue());
        }
    }

    @ParameterizedTest(name = "with {0} writers")
    @ValueSource(ints = {1, 2})
    void writes_each_record_once_though_it_fails_midway(int parallelism) throws Exception {
        FailsOnce.FAILED.set(false);
        LedgerWriterConfiguration configuration =
                TestJob.configuration(clickHouse, "--parallelism", String.valueOf(parallelism));
        TestJob.environment(configuration, Map.of(), TestJob.sources(new FailsOnce(), COUNT, 900, PER_CHECKPOINT))
                .execute();

        assertThat(FailsOnce.FAILED).isTrue();
        assertExactly(clickHouse);
        assertThat(TestClickHouse.row(clickHouse, "SELECT count(), uniqExact(src_offset) FROM db.rejected_usage"))
                .isEqualTo("900\t900");
        assertThat(TestClickHouse.row(
                        clickHouse,
                        "SELECT count(), uniqExact(incident_id), (SELECT uniqExact(incident_id) FROM db.alert_deliveries),"
                                + " (SELECT uniqExact(budget_id) FROM db.budget_states),"
                                + " (SELECT uniqExact(series) FROM db.forecast_history)"
                                + " FROM db.alert_steps"))
                .isEqualTo("900\t900\t900\t900\t900");
    }

    @Test
    void waits_while_clickhouse_is_away_and_then_goes_on() throws Exception {
        Path directory = TestClickHouse.directory("away");
        LocalClickHouse engine = TestClickHouse.builder(directory).start();
        try {
            ClickHouse own = TestClickHouse.migrated(TestClickHouse.at(engine.httpUrl(), "costops"));
            JobClient job = TestJob.environment(
                            TestJob.configuration(own),
                            // Were the outage a failure of the job, it would end here.
                            Map.of("restart-strategy.type", "none"),
                            TestJob.sources(number -> ENTRIES.get(number.intValue()), COUNT, 1, PER_CHECKPOINT))
                    .executeAsync();
            awaitRows(own, 1);
            engine.kill();
            engine = TestClickHouse.builder(directory)
                    .httpPort(own.address().url().getPort())
                    .start();
            job.getJobExecutionResult().get(120, TimeUnit.SECONDS);
            assertExactly(own);
        } finally {
            engine.close();
        }
    }

    @Test
    void ends_at_once_when_it_is_cancelled_while_clickhouse_is_away() throws Exception {
        URI nobody;
        try (ServerSocket socket = new ServerSocket(0)) {
            nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
        JobClient job = TestJob.environment(TestJob.configuration(nobody, "costops"), Map.of(), endless())
                .executeAsync();
        Await.until("the job's start", () -> job.getJobStatus().get() == JobStatus.RUNNING);
        // Asked for beforehand: the cluster of the job is gone with it.
        CompletableFuture<JobExecutionResult> result = job.getJobExecutionResult();
        job.cancel().get(30, TimeUnit.SECONDS);
        assertThat(result)
                .failsWithin(Duration.ofSeconds(60))
                .withThrowableOfType(ExecutionException.class)
                .withStackTraceContaining("JobCancellationException");
    }

    @Test
    void fails_loudly_when_clickhouse_refuses() throws Exception {
        ClickHouse empty = TestClickHouse.empty();
        StreamExecutionEnvironment env =
                TestJob.environment(TestJob.configuration(empty), Map.of("restart-strategy.type", "none"), endless());
        assertThatThrownBy(env::execute).hasStackTraceContaining(empty.address().database() + " does not exist");
    }

    @Nested
    @DisplayName("over a ledger that holds rows")
    class OverALedgerWithRows {
        @Test
        void refuses_to_start_without_a_checkpoint() {
            insertOne();
            StreamExecutionEnvironment env = TestJob.environment(
                    TestJob.configuration(clickHouse), Map.of("restart-strategy.type", "none"), endless());

            assertThatThrownBy(env::execute)
                    .hasStackTraceContaining("holds 1 rows already, but the job starts without a checkpoint")
                    .hasStackTraceContaining("costops rebuild");
        }

        @Test
        void empties_and_fills_the_tables_beside_it_when_it_is_told_to_and_never_the_ledger() throws Exception {
            TestRows.insertRejected(clickHouse, List.of(TestEntries.rejected("acme", 1_000_000)));
            TestJob.environment(
                            TestJob.configuration(clickHouse, "--refill", "true", "--parallelism", "2"),
                            Map.of(),
                            TestJob.sources(number -> ENTRIES.get(number.intValue()), COUNT, 3, PER_CHECKPOINT))
                    .execute();
            assertExactly(clickHouse);
            assertThat(TestClickHouse.row(clickHouse, "SELECT count(), max(src_offset) FROM db.rejected_usage"))
                    .isEqualTo("3\t2");

            assertThatThrownBy(TestJob.environment(
                            TestJob.configuration(clickHouse, "--refill", "true"),
                            Map.of("restart-strategy.type", "none"),
                            endless())::execute)
                    .hasStackTraceContaining("fill the ledger anew from usage.priced with costops rebuild");
            assertExactly(clickHouse);
        }

        @Test
        void starts_without_a_checkpoint_where_it_holds_what_its_cut_says() throws Exception {
            insertOne();
            FreshStart after = FreshStart.ofLedger(new LedgerCut(1, Map.of(0, 17L), 1));
            after.check(clickHouse, Retry.forEver(), true);
            insertOne();

            assertThatThrownBy(() -> after.check(clickHouse, Retry.forEver(), true))
                    .hasMessageContaining("holds 2 rows and not the 1 of its cut");
        }

        @Test
        void goes_on_from_a_savepoint() throws Exception {
            Path savepoints = TestClickHouse.directory("savepoints");
            JobClient first = TestJob.environment(TestJob.configuration(clickHouse), Map.of(), endless())
                    .executeAsync();
            awaitRows(clickHouse, 1);
            String savepoint = first.stopWithSavepoint(
                            false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
                    .get(60, TimeUnit.SECONDS);
            long before = rows(clickHouse);

            JobClient second = TestJob.environment(
                            TestJob.configuration(clickHouse),
                            Map.of("execution.state-recovery.path", savepoint),
                            endless())
                    .executeAsync();
            awaitRows(clickHouse, before + 1);
            second.stopWithSavepoint(false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
                    .get(60, TimeUnit.SECONDS);

            // Numbered without a gap and without a repetition.
            assertThat(TestClickHouse.row(
                            clickHouse,
                            "SELECT count() = uniqExact(src_offset) AND count() = max(src_offset) + 1 FROM db.ledger"))
                    .isEqualTo("1");
        }

        private void insertOne() {
            SinkHarness.commit(
                    clickHouse,
                    SinkHarness.seal(LedgerRows.format(), List.of(TestEntries.entry("e", TestEntries.NOON))));
        }
    }

    /**
     * A savepoint of version 0.1.0, with batches in it that were sealed and not yet known to be inserted. To make the next one:
     * {@code -Dcostops.savepoint=<folder>} writes one of this version; add it to {@link #versions} and never touch those that
     * are there.
     */
    @Nested
    @DisplayName("restored from the savepoint of an earlier version")
    class OfAnEarlierVersion {
        static Stream<Arguments> versions() {
            return Stream.of(Arguments.of("ledger-writer-0.1.0-savepoint", FIRST_OF_0_1_0));
        }

        @Test
        @EnabledIfSystemProperty(named = "costops.savepoint", matches = ".+")
        void writes_a_savepoint_of_this_version() throws Exception {
            JobClient job = TestJob.environment(TestJob.configuration(clickHouse), Map.of(), endless(3))
                    .executeAsync();
            awaitRows(clickHouse, 9);
            String savepoint = job.stopWithSavepoint(
                            false, System.getProperty("costops.savepoint"), SavepointFormatType.CANONICAL)
                    .get(60, TimeUnit.SECONDS);

            assertThat(savepoint).isNotEmpty();
        }

        @ParameterizedTest(name = "{0}")
        @MethodSource("versions")
        void inserts_what_was_sealed_and_goes_on_behind_it(String version, long first) throws Exception {
            String savepoint = Objects.requireNonNull(getClass().getResource(version), version)
                    .toURI()
                    .toString();
            JobClient job = TestJob.environment(
                            TestJob.configuration(clickHouse),
                            Map.of("execution.state-recovery.path", savepoint),
                            endless(3))
                    .executeAsync();
            awaitRows(clickHouse, 10);
            job.stopWithSavepoint(
                            false,
                            TestClickHouse.directory("savepoints").toUri().toString(),
                            SavepointFormatType.CANONICAL)
                    .get(60, TimeUnit.SECONDS);

            for (String table : List.of("ledger", "rejected_usage")) {
                assertThat(TestClickHouse.row(
                                clickHouse,
                                "SELECT min(src_offset), count() = uniqExact(src_offset),"
                                        + " count() = max(src_offset) + 1 - min(src_offset) FROM db." + table))
                        .as(table)
                        .isEqualTo(first + "\t1\t1");
            }
            assertThat(
                            TestClickHouse.row(
                                    clickHouse,
                                    "SELECT uniqExact(n) > 9 AND count() = uniqExact(n) AND min(n) = " + first
                                            + " FROM (SELECT toInt64(splitByChar(' ', incident_id)[2]) AS n FROM db.alert_steps)"))
                    .isEqualTo("1");
        }
    }

    /** A checkpoint finds its state by these: to change one is to lose the state. */
    @Test
    void keeps_the_uids_that_its_checkpoints_know() {
        StreamExecutionEnvironment env = TestJob.environment(TestJob.configuration(clickHouse), Map.of(), endless());

        assertThat(env.getStreamGraph().getStreamNodes())
                .extracting(StreamNode::getTransformationUID)
                .containsExactlyInAnyOrder(
                        "usage-priced",
                        "ledger",
                        "Sink Committer: ledger",
                        "usage-rejected",
                        "rejected-usage",
                        "Sink Committer: rejected-usage",
                        "cost-alerts",
                        "alert-steps",
                        "Sink Committer: alert-steps",
                        "alert-deliveries",
                        "delivery-rows",
                        "Sink Committer: delivery-rows",
                        "budget-state",
                        "budget-states",
                        "Sink Committer: budget-states",
                        "cost-forecasts",
                        "forecast-history",
                        "Sink Committer: forecast-history");
    }

    private static Sources endless() {
        return endless(50);
    }

    private static Sources endless(int perCheckpoint) {
        return TestJob.sources(
                number -> {
                    LedgerEntry entry = TestEntries.entry("event-" + number, TestEntries.NOON.plusSeconds(number));
                    entry.getOrigin().setOffset(number);
                    return entry;
                },
                TestJob.ENDLESS,
                TestJob.ENDLESS,
                perCheckpoint);
    }

    private static void assertExactly(ClickHouse clickHouse) {
        BigDecimal billed = BigDecimal.ZERO;
        for (LedgerEntry entry : ENTRIES) {
            billed = entry.getBilledCost() == null ? billed : billed.add(entry.getBilledCost());
        }
        String cost = billed.stripTrailingZeros().toPlainString();
        assertThat(TestClickHouse.row(
                        clickHouse, "SELECT count(), uniqExact(event_id), sum(billed_cost) FROM db.ledger"))
                .isEqualTo(COUNT + "\t" + COUNT + "\t" + cost);
        assertThat(TestClickHouse.row(clickHouse, "SELECT sum(entries), sum(billed_cost) FROM db.chargeback_daily"))
                .isEqualTo(COUNT + "\t" + cost);
        assertThat(TestClickHouse.rows(
                        clickHouse, "SELECT * FROM db.reconciliation WHERE difference != 0 OR groups_that_differ != 0"))
                .isEmpty();
    }

    private static void awaitRows(ClickHouse clickHouse, long rows) throws Exception {
        Await.until(rows + " rows", () -> rows(clickHouse) >= rows);
    }

    private static long rows(ClickHouse clickHouse) {
        return Long.parseLong(TestClickHouse.row(clickHouse, "SELECT count() FROM db.ledger"));
    }
}
