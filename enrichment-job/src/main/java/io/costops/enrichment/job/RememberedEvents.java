package io.costops.enrichment.job;

import java.util.Collection;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionOptionsUniversal;
import org.rocksdb.CompactionStyle;
import org.rocksdb.DBOptions;

/**
 * How RocksDB keeps what is remembered of events: looked up by key only, mostly in vain, and written far more often than
 * it is read.
 *
 * <p>Every checkpoint ends a file, one each second or so. Leveled compaction, and universal compaction by its defaults, merge
 * such small files again and again; that took more of the processor than pricing itself. Here some files wait for each
 * other and are merged at once. Meanwhile a look-up asks a Bloom filter more for each of them, and no file.
 */
public final class RememberedEvents implements RocksDBOptionsFactory {
    private static final long serialVersionUID = 1L;

    /** So many sorted runs begin a merge. */
    private static final int RUNS = 24;

    /** At least so many runs are merged into one. */
    private static final int MERGED = 8;

    /** Only when merging can't keep up at all are writes slowed, and at last held. */
    private static final int SLOWED = 64;

    private static final int HELD = 96;

    /**
     * All files are merged into one only when the newer ones hold this much more than the oldest. What that is good for is
     * the space of keys that were written again, and here next to none is.
     */
    private static final int AMPLIFICATION_PERCENT = 1_000;

    @Override
    public DBOptions createDBOptions(DBOptions options, Collection<AutoCloseable> toClose) {
        return options;
    }

    @Override
    public ColumnFamilyOptions createColumnOptions(ColumnFamilyOptions options, Collection<AutoCloseable> toClose) {
        CompactionOptionsUniversal universal = new CompactionOptionsUniversal()
                .setMinMergeWidth(MERGED)
                .setMaxSizeAmplificationPercent(AMPLIFICATION_PERCENT);
        toClose.add(universal);
        return options.setCompactionStyle(CompactionStyle.UNIVERSAL)
                .setCompactionOptionsUniversal(universal)
                .setLevel0FileNumCompactionTrigger(RUNS)
                .setLevel0SlowdownWritesTrigger(SLOWED)
                .setLevel0StopWritesTrigger(HELD);
    }
}
