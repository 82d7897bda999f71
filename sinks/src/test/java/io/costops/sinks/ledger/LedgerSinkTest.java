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
