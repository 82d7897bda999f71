package io.costops.sinks.ledger;

import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.migrations.Deployment;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a writer does before its first row if it starts without a checkpoint.
 *
 * <p>It then reads its topic from the beginning. Over a table that holds rows that would count them twice, so it refuses;
 * or, if it was told to rebuild, it empties the tables first, for the topic holds everything that they held.
 *
 * @param topic what is read, for the message
 * @param tables what a rebuild empties, the table that is written to first
 */
record FreshStart(String topic, List<String> tables, boolean rebuild, Deployment deployment) implements Serializable {
    private static final Logger LOG = LoggerFactory.getLogger(FreshStart.class);

    FreshStart {
        tables = List.copyOf(tables);
    }

    /** @param first whether this is the first of the parallel writers; it alone empties the tables */
    void check(ClickHouse clickHouse, Retry retry, boolean first) throws IOException, InterruptedException {
        String database = clickHouse.address().database();
        String table = database + "." + tables.get(0);
        try {
            String rows = retry.untilAvailable(
                            "look into " + table, () -> clickHouse.query("SELECT count() FROM " + table))
                    .strip();
            if (rows.equals("0")) {
                return;
            }
            if (!rebuild) {
                throw new IllegalStateException(table + " holds " + rows + " rows already, but the job starts without a"
                        + " checkpoint: it would read " + topic
                        + " from the beginning and count them twice. Restore the"
                        + " job from its last checkpoint (execution.state-recovery.path), or start it with --rebuild true"
                        + " to empty the tables and fill them again from " + topic + ".");
            }
            // Safe beside the other writers: nobody inserts before a checkpoint is complete, which takes all of them.
            if (first) {
                LOG.warn("rebuilding: emptying {} of {}", tables, clickHouse.address());
                for (String emptied : tables) {
                    retry.untilAvailable(
                            "empty " + emptied,
                            () -> clickHouse.query(
                                    "TRUNCATE TABLE " + database + "." + emptied + " " + deployment.onCluster()));
                }
            }
        } catch (ClickHouseException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
