package io.costops.sinks.ledger;

import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException;
import java.util.HashMap;
import java.util.Map;

/**
 * Inserts a batch as one block under its token.
 *
 * <p>ClickHouse drops a block whose token it has seen, in the table and in every roll-up behind it, each for itself: a
 * repeat completes what a crash left half done. That holds only while a batch is exactly one block for each table and
 * partition, so every setting that could cut it is set here and not left to a server's defaults.
 */
final class ClickHouseBatches implements BatchStore {
    private static final String ONE_BLOCK_ROWS = String.valueOf(Integer.MAX_VALUE);

    private static final Map<String, String> SETTINGS = Map.ofEntries(
            // Acknowledged when it is written, and deduplicated by token in the table and in its views.
            Map.entry("async_insert", "0"),
            Map.entry("insert_deduplicate", "1"),
            Map.entry("deduplicate_blocks_in_dependent_materialized_views", "1"),
            Map.entry("materialized_views_ignore_errors", "0"),
            // One block: neither the parser nor the views may cut it.
            Map.entry("max_insert_block_size", ONE_BLOCK_ROWS),
            Map.entry("min_insert_block_size_rows", ONE_BLOCK_ROWS),
            Map.entry("min_insert_block_size_bytes", "0"),
            Map.entry("max_block_size", ONE_BLOCK_ROWS),
            Map.entry("max_threads", "1"),
            Map.entry("max_insert_threads", "1"),
            Map.entry("group_by_two_level_threshold", "0"),
            Map.entry("group_by_two_level_threshold_bytes", "0"),
            // A back-fill may span any number of months: one part a month, each known by the token.
            Map.entry("max_partitions_per_insert_block", "0"),
            // Whatever limit a profile sets: to run into it is an error, never a part of the rows.
            Map.entry("timeout_overflow_mode", "throw"),
            Map.entry("read_overflow_mode", "throw"),
            Map.entry("group_by_overflow_mode", "throw"),
            // A row that can't be read is an error, never skipped.
            Map.entry("input_format_allow_errors_num", "0"),
            Map.entry("input_format_allow_errors_ratio", "0"),
            Map.entry("input_format_with_names_use_header", "1"),
            Map.entry("input_format_with_types_use_header", "1"));

    private final ClickHouse clickHouse;

    ClickHouseBatches(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    @Override
    public void insert(SealedBatch batch) throws ClickHouseException, InterruptedException {
        String statement = "INSERT INTO %s.%s (%s) FORMAT %s"
                .formatted(clickHouse.address().database(), batch.table(), batch.columns(), batch.format());
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("insert_deduplication_token", batch.token().toString());
        clickHouse.insert(statement, batch.body(), batch.contentEncoding(), settings);
    }
}
