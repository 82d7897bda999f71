package io.costops.sinks.ledger;

import java.io.Serializable;

/**
 * How large a sealed batch may get.
 *
 * @param rows at most so many rows
 * @param bytes at most so many bytes before compression, unless a single row is larger
 */
record BatchLimits(int rows, long bytes) implements Serializable {
    /** Above this ClickHouse would cut an insert into several blocks, and a repeat could not be told by one token. */
    static final int MOST_ROWS = 1_000_000;

    static final long MOST_BYTES = 256L << 20;

    BatchLimits {
        if (rows < 1 || rows > MOST_ROWS) {
            throw new IllegalArgumentException("batch.max.rows must be 1 to " + MOST_ROWS + ", but is " + rows);
        }
        if (bytes < 1 || bytes > MOST_BYTES) {
            throw new IllegalArgumentException("batch.max.bytes must be 1 to " + MOST_BYTES + ", but is " + bytes);
        }
    }
}
