package io.costops.sinks.ledger;

import io.costops.sinks.clickhouse.ClickHouseException;

/** Where sealed batches go. */
interface BatchStore {
    /**
     * Makes the rows of a batch visible, all of them, once, however often it is called with the batch.
     *
     * @throws ClickHouseException.Unavailable if it is not known whether they are visible; call again
     * @throws ClickHouseException.Refused if they can't be made visible
     */
    void insert(SealedBatch batch) throws ClickHouseException, InterruptedException;
}
