package io.costops.sinks.ledger;

import io.costops.sinks.rowbinary.RowBuffer;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.jspecify.annotations.Nullable;

/**
 * Encodes rows and seals them into batches; a checkpoint takes all of them, so nothing is left here afterwards.
 *
 * <p>It never talks to ClickHouse: what it sealed becomes visible once the checkpoint that holds it is complete.
 */
final class BatchWriter<T> implements CommittingSinkWriter<T, SealedBatch> {
    private final RowFormat<T> format;
    private final BatchLimits limits;
    private final int cut;
    private final RowBuffer row = new RowBuffer();
    private final List<SealedBatch> sealed = new ArrayList<>();
    private @Nullable OpenBatch open;

    /** @param cut number of the cut that holds */
    BatchWriter(RowFormat<T> format, BatchLimits limits, int cut) {
        this.format = format;
        this.limits = limits;
        this.cut = cut;
    }

    @Override
    public void write(T element, Context context) throws IOException {
        row.clear();
        format.write(element, row);
        if (open != null && !open.takes(row, limits)) {
            seal(open);
            open = null;
        }
        if (open == null) {
            open = new OpenBatch(format);
        }
        open.add(row);
    }

    /** Nothing to do: a batch leaves with a checkpoint, the last ones with the one at the end of the input. */
    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public Collection<SealedBatch> prepareCommit() throws IOException {
        if (open != null) {
            seal(open);
            open = null;
        }
        List<SealedBatch> batches = List.copyOf(sealed);
        sealed.clear();
        return batches;
    }

    private void seal(OpenBatch batch) throws IOException {
        // Random, not derived: equal rows in two batches are two charges.
        sealed.add(batch.seal(UUID.randomUUID(), cut));
    }

    @Override
    public void close() {}
}
