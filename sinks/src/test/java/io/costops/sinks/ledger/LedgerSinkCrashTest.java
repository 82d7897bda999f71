package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.infra.clickhouse.LocalClickHouse;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.sinks.Await;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.Retry;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("When ClickHouse is killed")
class LedgerSinkCrashTest {
    private final Path directory = TestClickHouse.directory("crash");
    private final ExecutorService task = Executors.newSingleThreadExecutor();
    private LocalClickHouse engine = TestClickHouse.builder(directory).start();
    private final int port = engine.httpPort();
    private final ClickHouse clickHouse = TestClickHouse.at(engine.httpUrl(), "costops");

    @BeforeEach
    void migrate() {
        TestClickHouse.migrated(clickHouse);
    }

    @AfterEach
    void stop() {
        task.shutdownNow();
        engine.close();
    }

    @Test
    void between_checkpoint_and_commit_the_commit_waits_for_it() throws Exception {
        List<LedgerEntry> entries = TestEntries.random(11, 500, 3);
        List<SealedBatch> sealed = SinkHarness.seal(LedgerRows.format(), entries, new BatchLimits(100, 1 << 20));
        engine.kill();

        AtomicInteger attempts = new AtomicInteger();
        ClickHouseBatches batches = new ClickHouseBatches(clickHouse);
        Future<?> commit = commit(
                batch -> {
                    attempts.incrementAndGet();
                    batches.insert(batch);
                },
                sealed);
        Await.until("the third attempt", () -> attempts.get() >= 3);
        assertThat(commit.isDone()).isFalse();

        restart();
        commit.get(60, TimeUnit.SECONDS);
        assertExactly(entries);
    }

    /** A batch of several months is several parts in each of four tables: a kill leaves some of them behind. */
    @ParameterizedTest(name = "when it has reached {0}")
    @ValueSource(strings = {"ledger", "chargeback_hourly_store", "chargeback_daily_store", "chargeback_monthly_store"})
    void amid_a_commit_the_repeated_commit_completes_what_is_there(String table) throws Exception {
        List<LedgerEntry> entries = TestEntries.random(table.length(), 300, 4);
        List<SealedBatch> sealed = SinkHarness.seal(LedgerRows.format(), entries, new BatchLimits(100, 1 << 20));
        SinkHarness.commit(clickHouse, sealed.subList(0, 1));
        String parts = "SELECT uniqExact(block) FROM (SELECT arrayJoin(range(min_block_number, max_block_number + 1))"
                + " AS block, partition FROM system.parts WHERE database = 'costops' AND table = '" + table + "')";
        String before = TestClickHouse.row(clickHouse, parts);

        Future<?> commit = commit(new ClickHouseBatches(clickHouse), sealed);
        Await.until("a new part", () -> !TestClickHouse.row(clickHouse, parts).equals(before));
        engine.kill();
        restart();

        commit.get(120, TimeUnit.SECONDS);
        assertExactly(entries);
        // A checkpoint that is restored commits all of it once more.
        SinkHarness.commit(clickHouse, sealed);
        assertExactly(entries);
    }

    private Future<?> commit(BatchStore store, List<SealedBatch> sealed) {
        return task.submit(() -> {
            SinkHarness.commit(store, Retry.forEver(), sealed);
            return null;
        });
    }

    private void restart() {
        engine = TestClickHouse.builder(directory).httpPort(port).start();
    }

    private void assertExactly(List<LedgerEntry> entries) {
        BigDecimal billed = BigDecimal.ZERO;
        List<String> ids = new ArrayList<>();
        for (LedgerEntry entry : entries) {
            ids.add(entry.getEventId());
            billed = entry.getBilledCost() == null ? billed : billed.add(entry.getBilledCost());
        }
        String expected = ids.size() + "\t" + billed.stripTrailingZeros().toPlainString();
        assertThat(TestClickHouse.row(clickHouse, "SELECT count(), sum(billed_cost) FROM db.ledger"))
                .isEqualTo(expected);
        for (String view : List.of("chargeback_hourly", "chargeback_daily", "chargeback_monthly")) {
            assertThat(TestClickHouse.row(clickHouse, "SELECT sum(entries), sum(billed_cost) FROM db." + view))
                    .as(view)
                    .isEqualTo(expected);
        }
        assertThat(TestClickHouse.rows(
                        clickHouse, "SELECT * FROM db.reconciliation WHERE difference != 0 OR groups_that_differ != 0"))
                .isEmpty();
    }
}
