package io.costops.sinks.ledger;

import io.costops.sinks.clickhouse.ClickHouseException;
import io.costops.sinks.clickhouse.ClickHouseException.Refused;
import io.costops.sinks.clickhouse.Retry;
import java.io.IOException;
import java.util.Collection;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inserts the batches of a complete checkpoint.
 *
 * <p>It waits for ClickHouse as long as it takes, in the task's own thread: meanwhile nothing more is read from Kafka, so
 * an outage fills neither memory nor checkpoints. Cancelling the job interrupts the wait; the batches stand in the
 * checkpoint and are inserted when the job starts again.
 */
final class BatchCommitter implements Committer<SealedBatch> {
    private static final Logger LOG = LoggerFactory.getLogger(BatchCommitter.class);

    private final BatchStore store;
    private final Retry retry;
    private final int cut;
    private final Counter insertedRows;
    private final Counter insertedBatches;

    /** @param cut number of the cut that holds */
    BatchCommitter(BatchStore store, Retry retry, int cut, Counter insertedRows, Counter insertedBatches) {
        this.store = store;
        this.retry = retry;
        this.cut = cut;
        this.insertedRows = insertedRows;
        this.insertedBatches = insertedBatches;
    }

    @Override
    public void commit(Collection<CommitRequest<SealedBatch>> requests) throws IOException, InterruptedException {
        for (CommitRequest<SealedBatch> request : requests) {
            insert(request.getCommittable());
        }
    }

    private void insert(SealedBatch batch) throws IOException, InterruptedException {
        if (batch.cut() < cut) {
            // The tables were filled anew since it was sealed, from the log that its rows were read from.
            LOG.info("the {} stands in the ledger by the rebuild up to cut {}", batch, cut);
            return;
        }
        try {
            retry.untilAvailable("insert " + batch, () -> {
                store.insert(batch);
                return batch;
            });
        } catch (Refused e) {
            throw new IOException(
                    "ClickHouse refuses the " + batch + ". Nothing is lost: it stands in the checkpoint and is inserted"
                            + " when the job runs again with this mended: " + e.getMessage(),
                    e);
        } catch (ClickHouseException e) {
            throw new IOException(e.getMessage(), e);
        }
        insertedRows.inc(batch.rows());
        insertedBatches.inc();
    }

    @Override
    public void close() {}
}
