package io.costops.enrichment.job;

import java.io.Serializable;
import java.util.Map;

/** Reads a book's topic from its beginning up to the end that it has at the moment of the call. */
public interface BookLoader extends Serializable {
    /**
     * Passes on each record, in the order of the offsets of its partition.
     *
     * <p>The offset after the last record is not enough to tell what was read: what stood behind it may be compacted away,
     * a removal with what it removed among it, while somebody who read earlier still brings the removed record.
     *
     * @return by partition, the offset up to which it was read
     * @throws IllegalStateException if the topic doesn't exist or can't be read
     */
    Map<Integer, Long> load(Book book, Target to) throws Exception;

    /** Takes the records. */
    interface Target {
        void take(SourceRecord record) throws Exception;
    }
}
