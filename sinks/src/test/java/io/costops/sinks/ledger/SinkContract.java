package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.sinks.TestClickHouse;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.clickhouse.ClickHouseException.Refused;
import io.costops.sinks.clickhouse.ClickHouseException.Unavailable;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every sink of this module promises, on the real engine. */
abstract class SinkContract<T> {
    protected final ClickHouse clickHouse = TestClickHouse.emptied(getClass());
    protected final RowFormat<T> format = format();

    abstract RowFormat<T> format();

    /** A row of its own for each number. */
    abstract T row(int number);

    /** A column of type String. */
    String textColumn() {
        return "src_element";
    }

    /** Empty if the roll-ups agree with the table. */
    List<String> disagreements() {
        return TestClickHouse.rows(
                clickHouse, "SELECT * FROM db.reconciliation WHERE difference != 0 OR groups_that_differ != 0");
    }

    @Test
    void a_batch_that_is_committed_twice_is_there_once() {
        List<SealedBatch> batches = SinkHarness.seal(format, rows(0, 50));
        SinkHarness.commit(clickHouse, batches);
        SinkHarness.commit(clickHouse, batches);
        SinkHarness.commit(clickHouse, batches);

        assertThat(count()).isEqualTo(50);
        assertThat(disagreements()).isEmpty();
    }

    /** A request that timed out may still run when it is repeated. */
    @Test
    void a_batch_that_is_committed_by_several_at_once_is_there_once() throws Exception {
        List<SealedBatch> batches = SinkHarness.seal(format, rows(0, 200), new BatchLimits(100, 1 << 20));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Boolean>> commits = Collections.nCopies(4, () -> {
                SinkHarness.commit(clickHouse, batches);
                return true;
            });
            for (Future<Boolean> commit : threads.invokeAll(commits)) {
                commit.get();
            }
        } finally {
            threads.shutdown();
        }

        assertThat(count()).isEqualTo(200);
        assertThat(disagreements()).isEmpty();
    }

    @Test
    void equal_rows_in_two_batches_are_there_twice() {
        SinkHarness.commit(clickHouse, SinkHarness.seal(format, rows(0, 10)));
        SinkHarness.commit(clickHouse, SinkHarness.seal(format, rows(0, 10)));

        assertThat(count()).isEqualTo(20);
    }

    @Test
    void equal_rows_in_one_batch_are_there_twice() {
        SinkHarness.commit(clickHouse, SinkHarness.seal(format, List.of(row(1), row(1))));

        assertThat(count()).isEqualTo(2);
    }

    @Test
    void a_batch_is_known_again_after_others() {
        List<SealedBatch> first = SinkHarness.seal(format, rows(0, 5));
        SinkHarness.commit(clickHouse, first);
        for (int i = 1; i <= 20; i++) {
            SinkHarness.commit(clickHouse, SinkHarness.seal(format, rows(i * 5, 5)));
        }
        SinkHarness.commit(clickHouse, first);

        assertThat(count()).isEqualTo(105);
        assertThat(disagreements()).isEmpty();
    }

    @Test
    void batches_are_cut_at_the_limit_of_rows_and_of_bytes() {
        assertThat(SinkHarness.seal(format, rows(0, 25), new BatchLimits(10, 1 << 20)))
                .extracting(SealedBatch::rows)
                .containsExactly(10, 10, 5);

        List<SealedBatch> small = SinkHarness.seal(format, rows(0, 25), new BatchLimits(1_000, 2_000));
        assertThat(small).allMatch(batch -> batch.plainBytes() <= 2_000).hasSizeGreaterThan(1);
        assertThat(small.stream().mapToInt(SealedBatch::rows).sum()).isEqualTo(25);
        assertThat(SinkHarness.seal(format, rows(0, 3), new BatchLimits(1_000, 1)))
                .hasSize(3);

        SinkHarness.commit(clickHouse, small);
        assertThat(count()).isEqualTo(25);
    }

    @Test
    void no_two_batches_have_the_same_token() {
        assertThat(SinkHarness.seal(format, rows(0, 100), new BatchLimits(1, 1)))
                .extracting(SealedBatch::token)
                .doesNotHaveDuplicates()
                .hasSize(100);
    }

    @Test
    void nothing_is_sealed_when_nothing_came() {
        assertThat(SinkHarness.seal(format, List.of())).isEmpty();
    }

    @Test
    void a_body_that_was_cut_or_damaged_is_refused_whole() {
        SealedBatch whole = SinkHarness.seal(format, rows(0, 50)).get(0);
        byte[] cut = Arrays.copyOf(whole.body(), whole.body().length / 2);
        byte[] damaged = whole.body().clone();
        damaged[damaged.length / 2] ^= 0x10;

        for (byte[] body : List.of(cut, damaged)) {
            assertThatThrownBy(() -> new ClickHouseBatches(clickHouse).insert(withBody(whole, body)))
                    .isInstanceOf(Refused.class);
        }
        assertThat(count()).isZero();

        // The token was not spent on the attempts.
        SinkHarness.commit(clickHouse, List.of(whole));
        assertThat(count()).isEqualTo(50);
    }

    @Test
    void a_column_that_a_later_version_adds_takes_its_default() throws Exception {
        List<SealedBatch> sealed = SinkHarness.seal(format, rows(0, 3));
        TestClickHouse.spoiled(getClass());
        clickHouse.query("ALTER TABLE " + table() + " ADD COLUMN later String DEFAULT 'none'");
        SinkHarness.commit(clickHouse, sealed);

        assertThat(TestClickHouse.row(clickHouse, "SELECT count(), any(later) FROM db." + format.table()))
                .isEqualTo("3\tnone");
    }

    @Test
    void a_column_of_another_type_is_refused_and_not_misread() throws Exception {
        List<SealedBatch> sealed = SinkHarness.seal(format, rows(0, 3));
        TestClickHouse.spoiled(getClass());
        clickHouse.query("ALTER TABLE " + table() + " MODIFY COLUMN " + textColumn() + " LowCardinality(String)");

        assertThatThrownBy(() -> SinkHarness.commit(new ClickHouseBatches(clickHouse), Retry.forEver(), sealed))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Nothing is lost")
                .hasMessageContaining("Type of '" + textColumn() + "' must be LowCardinality(String), not String");
    }

    @Test
    void every_column_is_written_with_the_type_that_the_table_has() {
        List<String> columns = format.columns().stream()
                .map(column -> column.name() + "\t" + column.type().replace("'", "\\'"))
                .toList();
        List<String> ofTable = TestClickHouse.rows(
                clickHouse,
                "SELECT name, type FROM system.columns WHERE database = '"
                        + clickHouse.address().database() + "' AND table = '" + format.table()
                        // What the table works out itself is written by nobody.
                        + "' AND default_kind IN ('', 'DEFAULT') AND name != 'inserted_at' ORDER BY position");

        assertThat(columns).containsExactlyInAnyOrderElementsOf(ofTable);
    }

    @Test
    void a_wrong_password_fails_with_a_clear_message() {
        ClickHouse stranger = new ClickHouse(new ClickHouseAddress(
                clickHouse.address().url(),
                TestClickHouse.USER,
                "guess",
                clickHouse.address().database(),
                Duration.ofSeconds(30)));
        List<SealedBatch> sealed = SinkHarness.seal(format, rows(0, 3));

        assertThatThrownBy(() -> SinkHarness.commit(new ClickHouseBatches(stranger), Retry.forEver(), sealed))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "ClickHouse refuses the batch " + sealed.get(0).token())
                .hasMessageContaining("Authentication failed")
                .hasMessageNotContaining("guess");
    }

    @Test
    void a_missing_table_fails_with_a_clear_message() {
        ClickHouse empty = TestClickHouse.empty();
        assertThatThrownBy(() -> SinkHarness.commit(
                        new ClickHouseBatches(empty), Retry.forEver(), SinkHarness.seal(format, rows(0, 3))))
                .hasMessageContaining(empty.address().database())
                .hasMessageContaining("does not exist");
    }

    @Test
    void an_answer_that_never_came_is_followed_by_the_same_batch_until_one_comes() throws Exception {
        List<SealedBatch> sealed = SinkHarness.seal(format, rows(0, 30), new BatchLimits(10, 1 << 20));
        ClickHouseBatches batches = new ClickHouseBatches(clickHouse);
        List<UUID> tried = new ArrayList<>();
        BatchStore loosesAnswers = batch -> {
            batches.insert(batch);
            tried.add(batch.token());
            if (tried.size() % 3 != 0) {
                throw new Unavailable("the answer got lost", null);
            }
        };
        SinkHarness.commit(loosesAnswers, withoutWaiting(new ArrayList<>()), sealed);

        assertThat(tried).hasSize(9);
        assertThat(count()).isEqualTo(30);
        assertThat(disagreements()).isEmpty();
    }

    @Test
    void the_waits_grow_to_a_bound() throws Exception {
        List<Duration> waits = new ArrayList<>();
        int[] attempts = {0};
        BatchStore away = batch -> {
            if (++attempts[0] <= 5) {
                throw new Unavailable("away", null);
            }
        };
        SinkHarness.commit(away, withoutWaiting(waits), SinkHarness.seal(format, rows(0, 1)));

        assertThat(waits).extracting(Duration::toMillis).containsExactly(10L, 20L, 40L, 50L, 50L);
    }

    @Test
    void a_wait_ends_at_once_when_the_job_is_cancelled() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        BatchStore away = batch -> {
            throw new Unavailable("away", null);
        };
        Retry retry = new Retry(
                Duration.ofDays(1),
                Duration.ofDays(1),
                Retry.FOR_EVER,
                time -> {
                    waiting.countDown();
                    TimeUnit.DAYS.sleep(1);
                },
                Instant::now);
        List<SealedBatch> sealed = SinkHarness.seal(format, rows(0, 1));
        Thread task = new Thread(() -> {
            try {
                SinkHarness.commit(away, retry, sealed);
            } catch (IOException | InterruptedException e) {
                // Interrupted, as it should be.
            }
        });
        task.start();
        assertThat(waiting.await(30, TimeUnit.SECONDS)).isTrue();
        task.interrupt();
        task.join(TimeUnit.SECONDS.toMillis(30));

        assertThat(task.isAlive()).isFalse();
    }

    protected List<T> rows(int from, int count) {
        List<T> rows = new ArrayList<>(count);
        for (int i = from; i < from + count; i++) {
            rows.add(row(i));
        }
        return rows;
    }

    protected long count() {
        return Long.parseLong(TestClickHouse.row(clickHouse, "SELECT count() FROM db." + format.table()));
    }

    private String table() {
        return clickHouse.address().database() + "." + format.table();
    }

    private static Retry withoutWaiting(List<Duration> waits) {
        return new Retry(Duration.ofMillis(10), Duration.ofMillis(50), Retry.FOR_EVER, waits::add, Instant::now);
    }

    private static SealedBatch withBody(SealedBatch batch, byte[] body) {
        return new SealedBatch(
                batch.token(),
                batch.table(),
                batch.columns(),
                batch.format(),
                batch.contentEncoding(),
                batch.rows(),
                batch.plainBytes(),
                batch.cut(),
                body);
    }
}
