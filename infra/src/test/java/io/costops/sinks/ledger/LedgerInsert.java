package io.costops.sinks.ledger;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.rowbinary.RowBuffer;
import io.costops.sinks.rowbinary.RowFormat;
import java.util.List;
import java.util.UUID;

/** Puts entries into the ledger as the job writes them, byte for byte, without the job. */
public final class LedgerInsert {
    private LedgerInsert() {}

    public static void insert(ClickHouse clickHouse, List<LedgerEntry> entries) {
        try {
            RowFormat<LedgerEntry> format = LedgerRows.format();
            OpenBatch batch = new OpenBatch(format);
            for (LedgerEntry entry : entries) {
                RowBuffer row = new RowBuffer();
                format.write(entry, row);
                batch.add(row);
            }
            new ClickHouseBatches(clickHouse).insert(batch.seal(UUID.randomUUID(), LedgerCut.NONE.number()));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
