package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.rowbinary.RowFormat;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The sink of the ledger")
class LedgerSinkTest extends SinkContract<LedgerEntry> {
    @Override
    RowFormat<LedgerEntry> format() {
        return LedgerRows.format();
    }

    @Override
    LedgerEntry row(int number) {
        return TestEntries.entry("event-" + number, TestEntries.NOON.plusSeconds(number));
    }

    @Test
    void a_batch_of_more_months_than_clickhouse_takes_by_default_is_one_insert_and_whole_when_repeated() {
        List<LedgerEntry> entries = new ArrayList<>();
        for (int month = 0; month < 101; month++) {
            entries.add(TestEntries.entry(
                    "event-" + month,
                    LocalDate.of(2014, 1, 31).plusMonths(month).atStartOfDay().toInstant(ZoneOffset.UTC)));
        }
        List<SealedBatch> sealed = SinkHarness.seal(format, entries);
        SinkHarness.commit(clickHouse, sealed);
        SinkHarness.commit(clickHouse, sealed);

        assertThat(sealed).hasSize(1);
        assertThat(TestClickHouse.row(
                        clickHouse, "SELECT count(), uniqExact(toYYYYMM(event_time)), sum(billed_cost) FROM db.ledger"))
                .isEqualTo("101\t101\t0.808");
        assertThat(TestClickHouse.row(
                        clickHouse, "SELECT sum(requests), count(), sum(billed_cost) FROM db.chargeback_monthly"))
                .isEqualTo("101\t101\t0.808");
        assertThat(disagreements()).isEmpty();
    }

    /**
     * Each month is a part of its own in every table, and a crash may come between any two. What a crash leaves is put there:
     * the first months of the batch, under its token, in the ledger alone or in the roll-ups too.
     */
    @ParameterizedTest(name = "after {0} of 3 months, roll-ups reached: {1}")
    @CsvSource({"1, false", "2, false", "1, true", "2, true"})
    void a_batch_that_spans_months_and_dies_between_its_parts_is_whole_after_the_retry(
            int months, boolean rollUpsReached) throws Exception {
        List<LedgerEntry> entries = new ArrayList<>();
        // Of different years, by which the monthly roll-up is parted.
        for (int year = 2024; year < 2027; year++) {
            for (int i = 0; i < 20; i++) {
                entries.add(TestEntries.entry(
                        "event-" + year + "-" + i,
                        LocalDate.of(year, 6, 1 + i).atStartOfDay().toInstant(ZoneOffset.UTC)));
            }
        }
        SealedBatch whole = SinkHarness.seal(format, entries).get(0);
        SealedBatch part =
                SinkHarness.seal(format, entries.subList(0, 20 * months)).get(0);
        SealedBatch leftBehind = new SealedBatch(
                whole.token(),
                part.table(),
                part.columns(),
                part.format(),
                part.contentEncoding(),
                part.rows(),
                part.plainBytes(),
                part.cut(),
                part.body());
        if (!rollUpsReached) {
            feeds("DETACH TABLE");
        }
        new ClickHouseBatches(clickHouse).insert(leftBehind);
        if (!rollUpsReached) {
            feeds("ATTACH TABLE");
        }
        assertThat(count()).isEqualTo(20L * months);

        SinkHarness.commit(clickHouse, List.of(whole));
        SinkHarness.commit(clickHouse, List.of(whole));

        assertThat(TestClickHouse.row(
                        clickHouse, "SELECT count(), uniqExact(entry_id), sum(billed_cost) FROM db.ledger"))
                .isEqualTo("60\t60\t0.48");
        for (String view : List.of("hourly", "daily", "monthly")) {
            assertThat(TestClickHouse.row(
                            clickHouse, "SELECT sum(entries), sum(billed_cost) FROM db.chargeback_" + view))
                    .as(view)
                    .isEqualTo("60\t0.48");
        }
        assertThat(disagreements()).isEmpty();
    }

    private void feeds(String statement) throws Exception {
        for (String feed : List.of("hourly", "daily", "monthly")) {
            clickHouse.query(statement + " " + clickHouse.address().database() + ".chargeback_" + feed + "_feed");
        }
    }

    /** Above ClickHouse's own limits of 65,409 rows a block and 100,000 keys a hash table. */
    @Test
    void a_full_batch_is_one_block_in_the_table_and_in_every_roll_up() {
        List<LedgerEntry> entries = new ArrayList<>();
        for (int i = 0; i < 101_000; i++) {
            entries.add(TestEntries.blank("event-" + i, TestEntries.NOON)
                    .setModel("model-" + i)
                    .build());
        }
        List<SealedBatch> sealed = SinkHarness.seal(format, entries, new BatchLimits(101_000, 64 << 20));
        SinkHarness.commit(clickHouse, sealed);
        SinkHarness.commit(clickHouse, sealed);

        assertThat(sealed).hasSize(1);
        assertThat(TestClickHouse.rows(
                        clickHouse,
                        "SELECT table, count(), sum(rows) FROM system.parts WHERE active AND database = '"
                                + clickHouse.address().database()
                                + "' AND (table = 'ledger' OR table LIKE '%_store') GROUP BY table ORDER BY table"))
                .containsExactly(
                        "chargeback_daily_store\t1\t101000",
                        "chargeback_hourly_store\t1\t101000",
                        "chargeback_monthly_store\t1\t101000",
                        "ledger\t1\t101000");
        assertThat(disagreements()).isEmpty();
    }
}
