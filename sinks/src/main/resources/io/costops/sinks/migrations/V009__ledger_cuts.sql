-- From where on the writer takes usage.priced: what comes before was put into the ledger by a rebuild.
-- One insert a cut, so that the cut is there whole or not at all.

CREATE TABLE IF NOT EXISTS ${database}.ledger_cuts ${on_cluster}
(
    cut Int32 COMMENT 'Number of the rebuild, from 1; the highest holds',
    src_partition Int32 COMMENT 'Partition of usage.priced',
    next_offset Int64 COMMENT 'First offset that the writer takes',
    ledger_rows Int64 COMMENT 'Rows of the ledger at the cut',
    made_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${replacing_merge_tree}
ORDER BY (cut, src_partition)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
