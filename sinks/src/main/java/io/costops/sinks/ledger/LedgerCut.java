package io.costops.sinks.ledger;

import io.costops.schemas.topics.Topics;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException;
import io.costops.sinks.migrations.Deployment;
import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * From where on the writer takes usage.priced. What comes before stands in the ledger by a rebuild, whichever checkpoint the
 * writer is restored from and whatever batches that still holds.
 *
 * @param number counts the rebuilds; 0 before the first
 * @param nextOffsets the first offset of each partition that the writer takes; of others it takes everything
 * @param ledgerRows rows of the ledger at the cut
 */
record LedgerCut(int number, Map<Integer, Long> nextOffsets, long ledgerRows) implements Serializable {
    static final String TABLE = "ledger_cuts";
    static final LedgerCut NONE = new LedgerCut(0, Map.of(), 0);

    LedgerCut {
        nextOffsets = Map.copyOf(nextOffsets);
    }

    /** Whether a record of usage.priced stands in the ledger by the rebuild. */
    boolean covers(int partition, long offset) {
        return offset < nextOffsets.getOrDefault(partition, 0L);
    }

    /** The cut that holds for the database that {@code clickHouse} addresses. */
    static LedgerCut newest(ClickHouse clickHouse, Deployment deployment)
            throws ClickHouseException, InterruptedException {
        String table = clickHouse.address().database() + "." + TABLE;
        if (deployment instanceof Deployment.ReplicatedCluster) {
            // Another replica may have been told of it a moment ago.
            clickHouse.query("SYSTEM SYNC REPLICA " + table);
        }
        int number = 0;
        long rows = 0;
        Map<Integer, Long> nextOffsets = new TreeMap<>();
        for (String line : clickHouse
                .query("SELECT cut, src_partition, next_offset, ledger_rows FROM " + table
                        + " FINAL WHERE cut = (SELECT max(cut) FROM " + table + ")")
                .lines()
                .toList()) {
            String[] row = line.split("\t");
            number = Integer.parseInt(row[0]);
            nextOffsets.put(Integer.valueOf(row[1]), Long.valueOf(row[2]));
            rows = Long.parseLong(row[3]);
        }
        return new LedgerCut(number, nextOffsets, rows);
    }

    /** Makes it the one that holds. Done twice it is the same. */
    void write(ClickHouse clickHouse) throws ClickHouseException, InterruptedException {
        String rows = nextOffsets.entrySet().stream()
                .map(next -> "(%d, %d, %d, %d)".formatted(number, next.getKey(), next.getValue(), ledgerRows))
                .collect(Collectors.joining(", "));
        clickHouse.query(
                "INSERT INTO " + clickHouse.address().database() + "." + TABLE
                        + " (cut, src_partition, next_offset, ledger_rows) VALUES " + rows,
                Map.of("async_insert", "0"));
    }

    @Override
    public String toString() {
        return "cut " + number + " of " + Topics.USAGE_PRICED.name() + " at " + new TreeMap<>(nextOffsets);
    }
}
