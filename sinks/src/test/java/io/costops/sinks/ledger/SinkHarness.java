package io.costops.sinks.ledger;

import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.metrics.SimpleCounter;

/** Writer, checkpoint and committer as Flink drives them, one step at a time. */
final class SinkHarness {
    private static final BatchLimits LIMITS = new BatchLimits(100_000, 64 << 20);

    private SinkHarness() {}

    static <T> List<SealedBatch> seal(RowFormat<T> format, List<T> rows) {
        return seal(format, rows, LIMITS);
    }

    /** What a checkpoint holds after these rows, through its serialized form. */
    static <T> List<SealedBatch> seal(RowFormat<T> format, List<T> rows, BatchLimits limits) {
        try (BatchWriter<T> writer = new BatchWriter<>(format, limits, LedgerCut.NONE.number())) {
            for (T row : rows) {
                writer.write(row, new NoContext());
            }
            SealedBatchSerializer serializer = new SealedBatchSerializer();
            List<SealedBatch> restored = new ArrayList<>();
            for (SealedBatch batch : writer.prepareCommit()) {
                restored.add(serializer.deserialize(serializer.getVersion(), serializer.serialize(batch)));
            }
            return restored;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void commit(ClickHouse clickHouse, Collection<SealedBatch> batches) {
        commit(clickHouse, batches, LedgerCut.NONE);
    }

    /** As the writer commits after a rebuild. */
    static void commit(ClickHouse clickHouse, Collection<SealedBatch> batches, LedgerCut cut) {
        try {
            commit(new ClickHouseBatches(clickHouse), Retry.forEver(), batches, cut);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static void commit(BatchStore store, Retry retry, Collection<SealedBatch> batches)
            throws IOException, InterruptedException {
        commit(store, retry, batches, LedgerCut.NONE);
    }

    private static void commit(BatchStore store, Retry retry, Collection<SealedBatch> batches, LedgerCut cut)
            throws IOException, InterruptedException {
        try (BatchCommitter committer =
                new BatchCommitter(store, retry, cut.number(), new SimpleCounter(), new SimpleCounter())) {
            committer.commit(batches.stream()
                    .<Committer.CommitRequest<SealedBatch>>map(Request::new)
                    .toList());
        }
    }

    private record Request(SealedBatch getCommittable) implements Committer.CommitRequest<SealedBatch> {
        @Override
        public int getNumberOfRetries() {
            return 0;
        }

        @Override
        public void signalFailedWithKnownReason(Throwable reason) {
            throw new AssertionError("a batch would be dropped", reason);
        }

        @Override
        public void signalFailedWithUnknownReason(Throwable reason) {
            throw new AssertionError("not how this committer fails", reason);
        }

        @Override
        public void retryLater() {
            throw new AssertionError("Flink would go on reading meanwhile");
        }

        @Override
        public void updateAndRetryLater(SealedBatch batch) {
            throw new AssertionError("a sealed batch never changes");
        }

        @Override
        public void signalAlreadyCommitted() {
            throw new AssertionError("not known to a committer");
        }
    }

    private static final class NoContext implements SinkWriter.Context {
        @Override
        public long currentWatermark() {
            return Long.MIN_VALUE;
        }

        @Override
        public Long timestamp() {
            return 0L;
        }
    }
}
