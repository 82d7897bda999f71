package io.costops.enrichment.job;

import java.io.Serializable;

/** Reads a book's topic from its beginning up to the end that it has at the moment of the call. */
public interface BookLoader extends Serializable {
    /**
     * Passes on each record, in the order of the offsets of its partition.
     *
     * @throws IllegalStateException if the topic doesn't exist or can't be read
     */
    void load(Book book, Target to) throws Exception;

    /** Takes the records. */
    interface Target {
        void take(SourceRecord record) throws Exception;
    }
}
