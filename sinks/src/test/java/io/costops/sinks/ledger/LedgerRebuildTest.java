package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.migrations.Deployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A rebuild of the ledger from usage.priced")
class LedgerRebuildTest {
    private static final BatchLimits LIMITS = new BatchLimits(100, 1 << 20);

    private final ClickHouse clickHouse = TestClickHouse.emptied(LedgerRebuildTest.class);
    private final ClickHouse beside =
            TestClickHouse.at(clickHouse.address().url(), clickHouse.address().database() + "_rebuild");
    private final MemoryLog log = new MemoryLog();
    private final HeldWriter writer = new HeldWriter();
    private final List<String> said = new ArrayList<>();
    private Consumer<String> says = said::add;

    /** usage.priced of two partitions. Each third offset is a transaction's mark. */
    private static final class MemoryLog implements PricedLog {
        private static final class Partition {
            private final TreeMap<Long, LedgerEntry> entries = new TreeMap<>();
            private long begin;
            private long end;
        }

        private final List<Partition> partitions = List.of(new Partition(), new Partition());

        void append(List<LedgerEntry> entries) {
            for (LedgerEntry entry : entries) {
                Partition partition =
                        partitions.get(Math.floorMod(entry.getEventId().hashCode(), 2));
                partition.entries.put(partition.end, entry);
                partition.end += partition.end % 3 == 1 ? 2 : 1;
            }
        }

        long size() {
            return partitions.stream().mapToLong(each -> each.entries.size()).sum();
        }

        @Override
        public Map<Integer, Extent> extents() {
            Map<Integer, Extent> extents = new TreeMap<>();
            for (int i = 0; i < partitions.size(); i++) {
                extents.put(i, new Extent(partitions.get(i).begin, partitions.get(i).end));
            }
            return extents;
        }

        @Override
        public Iterator<Placed> read(int partition, long from, long until) {
            return List.copyOf(partitions
                            .get(partition)
                            .entries
                            .subMap(from, until)
                            .entrySet())
                    .stream()
                    .map(entry -> new Placed(entry.getKey(), entry.getValue()))
                    .iterator();
        }

        @Override
        public void close() {}
    }

    private static final class HeldWriter implements LedgerRebuild.Writer {
        private boolean held;
        /** Whoever would release it is no more. */
        private boolean orphaned;

        private Runnable whenHeld = () -> {};

        @Override
        public boolean isHeld() {
            return held;
        }

        @Override
        public void hold() {
            if (!held) {
                whenHeld.run();
            }
            held = true;
        }

        @Override
        public void release() {
            held &= orphaned;
        }
    }

    /** As SIGKILL: nothing that follows is done, no release among it. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private LedgerRebuild rebuild() {
        return new LedgerRebuild(
                clickHouse.address(),
                new Deployment.SingleServer(),
                log,
                writer,
                Retry.forEver(),
                LIMITS,
                message -> says.accept(message));
    }

    /** What is booked stands in the log and, written by the writer, in the ledger. */
    private void book(List<LedgerEntry> entries) {
        log.append(entries);
        SinkHarness.commit(clickHouse, SinkHarness.seal(LedgerRows.format(), entries));
    }

    private List<String> sums() {
        List<String> sums = new ArrayList<>(
                TestClickHouse.rows(
                        clickHouse,
                        "SELECT 'ledger', tenant, kind, count(), sum(billed_cost) FROM db.ledger GROUP BY ALL"
                                + " UNION ALL SELECT 'hourly', tenant, kind, sum(entries), sum(billed_cost) FROM db.chargeback_hourly GROUP BY ALL"
                                + " UNION ALL SELECT 'daily', tenant, kind, sum(entries), sum(billed_cost) FROM db.chargeback_daily GROUP BY ALL"
                                + " UNION ALL SELECT 'monthly', tenant, kind, sum(entries), sum(billed_cost) FROM db.chargeback_monthly GROUP BY ALL"));
        Collections.sort(sums);
        return sums;
    }

    private void assertBalanced() {
        assertThat(
                        TestClickHouse.rows(
                                clickHouse,
                                "SELECT * FROM db.reconciliation WHERE check != 'facts' AND (difference != 0 OR groups_that_differ != 0)"))
                .isEmpty();
    }

    private String tableId() {
        return TestClickHouse.row(
                clickHouse,
                "SELECT uuid FROM system.tables WHERE database = '"
                        + clickHouse.address().database() + "' AND name = 'ledger'");
    }

    @Test
    void has_the_same_sums_in_fresh_tables_while_the_old_ones_stay_readable_until_the_swap() throws Exception {
        List<LedgerEntry> entries = TestEntries.random(1, 899, 4);
        book(entries);
        // It came again after the dedup window: another charge under the same id.
        LedgerEntry again = LedgerEntry.newBuilder(entries.get(5)).build();
        again.setRecordedAt(again.getRecordedAt().plus(Duration.ofDays(4)));
        book(List.of(again));
        List<String> before = sums();
        String oldTable = tableId();
        List<List<String>> meanwhile = new ArrayList<>();
        says = message -> meanwhile.add(sums());

        LedgerRebuild.Outcome outcome = rebuild().run(false);

        assertThat(outcome.exchanged()).isTrue();
        assertThat(outcome.entries()).isEqualTo(900);
        assertThat(outcome.comparison().orElseThrow().isEqual()).isTrue();
        assertThat(outcome.comparison().orElseThrow().billed())
                .allSatisfy(sum -> assertThat(sum.after()).isEqualTo(sum.before()));
        assertThat(meanwhile)
                .hasSizeGreaterThan(9)
                .allSatisfy(sums -> assertThat(sums).isEqualTo(before));
        assertThat(sums()).isEqualTo(before);
        assertThat(tableId()).isNotEqualTo(oldTable);
        assertThat(writer.held).isFalse();
        assertBalanced();
    }

    @Test
    void goes_on_with_what_the_writer_brings_after_it_in_every_roll_up() throws Exception {
        book(TestEntries.random(2, 300, 2));
        rebuild().run(false);
        book(TestEntries.random(3, 200, 2));

        assertThat(TestClickHouse.row(clickHouse, "SELECT count(), uniqExact(event_id) FROM db.ledger"))
                .isEqualTo("500\t500");
        assertThat(TestClickHouse.row(clickHouse, "SELECT sum(entries) FROM db.chargeback_monthly"))
                .isEqualTo("500");
        assertBalanced();
        assertThat(TestClickHouse.row(beside, "SELECT count() FROM db.ledger"))
                .as("the tables of before")
                .isEqualTo("300");
    }

    @Test
    void passes_over_batches_that_the_writer_had_sealed_before() throws Exception {
        book(TestEntries.random(4, 200, 2));
        List<LedgerEntry> inFlight = TestEntries.random(5, 50, 2);
        log.append(inFlight);
        List<SealedBatch> sealed = SinkHarness.seal(LedgerRows.format(), inFlight);

        LedgerRebuild.Outcome outcome = rebuild().run(false);
        LedgerCut cut = LedgerCut.newest(clickHouse, new Deployment.SingleServer());
        // The restored writer commits what its checkpoint holds.
        SinkHarness.commit(clickHouse, sealed, cut);

        assertThat(outcome.comparison().orElseThrow().inFlight()).isEqualTo(50);
        assertThat(outcome.comparison().orElseThrow().isEqual()).isTrue();
        assertThat(TestClickHouse.row(clickHouse, "SELECT count(), uniqExact(event_id) FROM db.ledger"))
                .isEqualTo("250\t250");
        assertBalanced();

        assertThat(cut.number()).isEqualTo(1);
        assertThat(cut.ledgerRows()).isEqualTo(250);
        log.extents().forEach((partition, extent) -> {
            assertThat(cut.covers(partition, extent.end() - 1)).isTrue();
            assertThat(cut.covers(partition, extent.end())).isFalse();
        });
        assertThat(cut.covers(2, 0)).as("a partition that came later").isFalse();
    }

    @Test
    void tells_what_the_writer_had_not_reached_from_what_is_lost() throws Exception {
        List<LedgerEntry> entries = TestEntries.random(18, 200, 2);
        book(entries.subList(0, 150));
        log.append(entries.subList(150, 200));
        delete("event_id IN ('" + entries.get(3).getEventId() + "', '"
                + entries.get(77).getEventId() + "')");

        LedgerRebuild.Comparison comparison = rebuild().run(false).comparison().orElseThrow();

        assertThat(comparison.inFlight()).isEqualTo(50);
        assertThat(comparison.lost()).isEqualTo(2);
    }

    @Test
    void takes_what_comes_while_it_works_and_while_the_writer_is_being_held() throws Exception {
        book(TestEntries.random(6, 250, 2));
        says = message -> {
            if (message.endsWith("00 entries") && !writer.held) {
                book(TestEntries.random(log.size(), 20, 2));
            }
        };
        writer.whenHeld = () -> log.append(TestEntries.random(7, 30, 2));

        LedgerRebuild.Outcome outcome = rebuild().run(false);

        assertThat(outcome.comparison().orElseThrow().inFlight()).isEqualTo(30);
        assertThat(log.size()).isGreaterThan(290);
        assertThat(outcome.entries()).isEqualTo(log.size());
        assertBalanced();
    }

    @Test
    void goes_on_wherever_it_was_killed() throws Exception {
        book(TestEntries.random(8, 450, 3));
        List<String> before = sums();
        int kills = 0;
        for (boolean done = false; !done; ) {
            // After each batch, then after each step that follows.
            int[] steps = {kills < 8 ? 2 : kills - 6};
            says = message -> {
                if (--steps[0] == 0) {
                    writer.orphaned = true;
                    throw new Killed();
                }
            };
            writer.orphaned = false;
            try {
                rebuild().run(false);
                done = true;
            } catch (Killed killed) {
                kills++;
                assertThat(sums()).isEqualTo(before);
            }
        }

        assertThat(kills).isGreaterThan(6);
        assertThat(sums()).isEqualTo(before);
        assertBalanced();
        assertThat(writer.held).isFalse();
    }

    @Test
    void goes_on_with_an_exchange_that_was_cut_off_between_two_tables() throws Exception {
        book(TestEntries.random(9, 150, 2));
        List<String> before = sums();
        says = message -> {
            if (message.startsWith("comparing")) {
                // What the exchange does last fails, once its first steps are done.
                TestClickHouse.rows(clickHouse, "RENAME TABLE db.ledger_cuts TO db.hidden");
            }
        };
        assertThatThrownBy(() -> rebuild().run(false)).hasMessageContaining("run it again");
        assertThat(writer.held).as("nobody writes between two tables").isTrue();
        assertThatThrownBy(() -> rebuild().abandon()).hasMessageContaining("can only be finished");
        TestClickHouse.rows(clickHouse, "RENAME TABLE db.hidden TO db.ledger_cuts");
        TestClickHouse.rows(
                clickHouse,
                "EXCHANGE TABLES db.chargeback_monthly_store AND "
                        + beside.address().database() + ".chargeback_monthly_store");
        says = said::add;

        assertThat(rebuild().run(false).exchanged()).isTrue();

        assertThat(sums()).isEqualTo(before);
        assertThat(writer.held).isFalse();
        book(TestEntries.random(10, 100, 2));
        assertBalanced();
        assertThat(TestClickHouse.row(clickHouse, "SELECT sum(entries) FROM db.chargeback_daily"))
                .isEqualTo("250");
    }

    @Test
    void of_a_damaged_ledger_tells_what_differs_and_exchanges_it_only_when_told_to() throws Exception {
        List<LedgerEntry> entries = TestEntries.random(11, 300, 2);
        book(entries);
        List<String> right = sums();
        List<LedgerEntry> again = List.of(entries.get(7));
        SinkHarness.commit(clickHouse, SinkHarness.seal(LedgerRows.format(), again));
        SinkHarness.commit(
                clickHouse,
                SinkHarness.seal(LedgerRows.format(), List.of(TestEntries.entry("of nobody", TestEntries.NOON))));
        delete("event_id = '" + entries.get(20).getEventId() + "'");
        TestClickHouse.rows(
                clickHouse,
                "ALTER TABLE db.ledger UPDATE billed_cost = 1 WHERE event_id = '"
                        + entries.get(30).getEventId() + "' SETTINGS mutations_sync = 2");
        // What is in no roll-up is compared, too.
        TestClickHouse.rows(
                clickHouse,
                "ALTER TABLE db.ledger UPDATE tags = map('team', 'another'), user = 'somebody' WHERE event_id = '"
                        + entries.get(40).getEventId() + "' SETTINGS mutations_sync = 2");

        LedgerRebuild.Outcome refused = rebuild().run(false);

        assertThat(refused.exchanged()).isFalse();
        assertThat(writer.held).isFalse();
        LedgerRebuild.Comparison comparison = refused.comparison().orElseThrow();
        assertThat(List.of(comparison.lost(), comparison.unknown(), comparison.changed(), comparison.doubled()))
                .containsExactly(1L, 1L, 2L, 1L);
        assertThat(comparison.inFlight()).isZero();

        assertThat(rebuild().run(true).exchanged()).isTrue();
        assertThat(sums()).isEqualTo(right);
        assertBalanced();
    }

    @Test
    void mends_a_ledger_that_lost_its_tables() throws Exception {
        book(TestEntries.random(12, 200, 2));
        List<String> right = sums();
        TestClickHouse.rows(clickHouse, "TRUNCATE TABLE db.chargeback_daily_store");
        TestClickHouse.rows(clickHouse, "DROP TABLE db.ledger SYNC");

        assertThat(rebuild().run(false).exchanged()).isTrue();

        assertThat(sums()).isEqualTo(right);
        book(TestEntries.random(13, 100, 2));
        assertBalanced();
    }

    @Test
    void is_refused_where_the_log_has_lost_its_beginning() {
        book(TestEntries.random(14, 100, 2));
        log.partitions.get(1).begin = 5;

        assertThatExceptionOfType(RebuildException.class)
                .isThrownBy(() -> rebuild().run(true))
                .withMessageContaining("usage.priced begins at offset 5 in partition 1");
        assertThat(writer.held).isFalse();
    }

    @Test
    void keeps_the_tables_of_before_until_they_are_dropped_and_counts_the_next_one_on() throws Exception {
        book(TestEntries.random(15, 100, 2));
        assertThatThrownBy(() -> rebuild().dropOld()).hasMessageContaining("no tables from before");
        rebuild().run(false);

        assertThatThrownBy(() -> rebuild().run(false)).hasMessageContaining("--drop-old");
        assertThatThrownBy(() -> rebuild().abandon()).hasMessageContaining("--drop-old");
        rebuild().dropOld();
        book(TestEntries.random(16, 100, 2));
        rebuild().run(false);

        assertThat(LedgerCut.newest(clickHouse, new Deployment.SingleServer()).number())
                .isEqualTo(2);
        assertBalanced();
    }

    @Test
    void that_is_given_up_leaves_everything_as_it_was() throws Exception {
        book(TestEntries.random(17, 200, 2));
        List<String> before = sums();
        says = message -> {
            if (message.startsWith("comparing")) {
                writer.orphaned = true;
                throw new Killed();
            }
        };
        assertThatThrownBy(() -> rebuild().run(false)).isInstanceOf(Killed.class);
        assertThat(writer.held).isTrue();

        writer.orphaned = false;
        rebuild().abandon();

        assertThat(sums()).isEqualTo(before);
        assertThat(writer.held).isFalse();
        assertThat(TestClickHouse.row(
                        clickHouse, "EXISTS DATABASE " + beside.address().database()))
                .isEqualTo("0");
    }

    /** Of the ledger alone: ClickHouse's roll-ups don't follow a deletion. */
    private void delete(String condition) {
        TestClickHouse.rows(
                clickHouse, "ALTER TABLE db.ledger DELETE WHERE " + condition + " SETTINGS mutations_sync = 2");
    }
}
