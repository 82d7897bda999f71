package io.costops.enrichment.job;

import java.util.Collection;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionOptionsUniversal;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
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

    /** A large merge takes minutes; small ones go on beside it, or writes would be held before it ends. */
    private static final int BACKGROUND_JOBS = 4;

    @Override
    public DBOptions createDBOptions(DBOptions options, Collection<AutoCloseable> toClose) {
        return options.setMaxBackgroundJobs(Math.max(BACKGROUND_JOBS, options.maxBackgroundJobs()));
    }

    @Override
    public ColumnFamilyOptions createColumnOptions(ColumnFamilyOptions options, Collection<AutoCloseable> toClose) {
        CompactionOptionsUniversal universal = new CompactionOptionsUniversal().setMinMergeWidth(MERGED);
        toClose.add(universal);
        return options.setCompactionStyle(CompactionStyle.UNIVERSAL)
                .setCompactionOptionsUniversal(universal)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setLevel0FileNumCompactionTrigger(RUNS)
                .setLevel0SlowdownWritesTrigger(SLOWED)
                .setLevel0StopWritesTrigger(HELD);
    }
}
