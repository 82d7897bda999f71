package io.costops.sinks.ledger;

import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.IOException;
import java.io.Serializable;
import java.util.function.Supplier;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Rows into one table of ClickHouse, each exactly once, in two phases.
 *
 * <p>The writer seals batches into the checkpoint; when it is complete the committer inserts them under their tokens.
 */
final class ClickHouseSink<T> implements Sink<T>, SupportsCommitter<SealedBatch> {
    private static final long serialVersionUID = 1L;

    private final SerializableSupplier<RowFormat<T>> format;
    private final ClickHouseAddress address;
    private final BatchLimits limits;
    private final int cut;
    private final FreshStart freshStart;

    /** Makes a row format on the task manager, since the format itself doesn't travel. */
    interface SerializableSupplier<V> extends Supplier<V>, Serializable {}

    /** @param cut number of the cut that holds for the table; 0 where there is none */
    ClickHouseSink(
            SerializableSupplier<RowFormat<T>> format,
            ClickHouseAddress address,
            BatchLimits limits,
            int cut,
            FreshStart freshStart) {
        this.format = format;
        this.address = address;
        this.limits = limits;
        this.cut = cut;
        this.freshStart = freshStart;
    }

    @Override
    public CommittingSinkWriter<T, SealedBatch> createWriter(WriterInitContext context) throws IOException {
        if (context.getRestoredCheckpointId().isEmpty()) {
            boolean first = context.getTaskInfo().getIndexOfThisSubtask() == 0;
            try {
                freshStart.check(new ClickHouse(address), Retry.forEver(), first);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("cancelled while waiting for ClickHouse", e);
            }
        }
        return new BatchWriter<>(format.get(), limits, cut);
    }

    @Override
    public Committer<SealedBatch> createCommitter(CommitterInitContext context) {
        return new BatchCommitter(
                new ClickHouseBatches(new ClickHouse(address)),
                Retry.forEver(),
                cut,
                context.metricGroup().counter("clickhouse_rows_inserted"),
                context.metricGroup().counter("clickhouse_batches_inserted"));
    }

    @Override
    public SimpleVersionedSerializer<SealedBatch> getCommittableSerializer() {
        return new SealedBatchSerializer();
    }
}
