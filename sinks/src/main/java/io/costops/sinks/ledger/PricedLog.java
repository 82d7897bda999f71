package io.costops.sinks.ledger;

import io.costops.schemas.avro.LedgerEntry;
import java.io.IOException;
import java.util.Iterator;
import java.util.Map;

/** usage.priced, the log of record, as a rebuild reads it: what is committed, by partition and offset. */
public interface PricedLog extends AutoCloseable {
    /**
     * What a partition holds.
     *
     * @param begin its first offset; 0 unless something was deleted
     * @param end where what is committed ends, exclusive
     */
    record Extent(long begin, long end) {}

    /** An entry and its place. */
    record Placed(long offset, LedgerEntry entry) {}

    /** Each partition's extent now. */
    Map<Integer, Extent> extents() throws IOException;

    /**
     * Reads a partition in its order. What is read a second time is the same.
     *
     * @param until exclusive; at most the partition's end
     */
    Iterator<Placed> read(int partition, long from, long until);

    @Override
    void close();
}
