package io.costops.sinks.ledger;

import io.costops.schemas.topics.Topics;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.migrations.Deployment;
import java.io.IOException;
import java.io.Serializable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a writer does before its first row if it starts without a checkpoint.
 *
 * <p>It then reads its topic from the beginning. Over a table that holds rows that would count them twice, so it refuses:
 * unless they are those of the cut, which it passes over; or it was told to refill the table, which it empties first. The
 * ledger is never emptied: {@link LedgerRebuild} fills another one and exchanges them.
 *
 * @param topic what is read, for the message
 * @param table what is written to
 * @param expectedRows rows that the table holds by the cut
 * @param otherwise how to go on if it holds others, for the message
 */
record FreshStart(
        String topic, String table, long expectedRows, boolean refill, Deployment deployment, String otherwise)
        implements Serializable {
    private static final Logger LOG = LoggerFactory.getLogger(FreshStart.class);

    static FreshStart ofLedger(LedgerCut cut) {
        return new FreshStart(
                Topics.USAGE_PRICED.name(),
                LedgerRows.TABLE,
                cut.ledgerRows(),
                false,
                new Deployment.SingleServer(),
                "fill the ledger anew from usage.priced with costops rebuild");
    }

    static FreshStart of(String topic, String table, boolean refill, Deployment deployment) {
        return new FreshStart(
                topic,
                table,
                0,
                refill,
                deployment,
                "start it with --refill true to empty the table and fill it again with what " + topic
                        + " still holds, which may be less");
    }

    /** @param first whether this is the first of the parallel writers; it alone empties the table */
    void check(ClickHouse clickHouse, Retry retry, boolean first) throws IOException, InterruptedException {
        String name = clickHouse.address().database() + "." + table;
        try {
            long rows = Long.parseLong(
                    retry.untilAvailable("look into " + name, () -> clickHouse.query("SELECT count() FROM " + name))
                            .strip());
            if (rows == expectedRows) {
                return;
            }
            if (!refill) {
                throw new IllegalStateException(name + " holds " + rows + " rows"
                        + (expectedRows == 0 ? " already" : " and not the " + expectedRows + " of its cut")
                        + ", but the job starts without a checkpoint: it would read " + topic
                        + " from the beginning and count them twice. Restore the job from its last checkpoint"
                        + " (execution.state-recovery.path), or " + otherwise + ".");
            }
            // Safe beside the other writers: nobody inserts before a checkpoint is complete, which takes all of them.
            if (first) {
                LOG.warn("refilling: emptying {} of {}", table, clickHouse.address());
                retry.untilAvailable(
                        "empty " + table,
                        () -> clickHouse.query("TRUNCATE TABLE " + name + " " + deployment.onCluster()));
            }
        } catch (ClickHouseException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
