-- Records that could not be used, whole, with the reason and their place.

CREATE TABLE IF NOT EXISTS ${database}.rejected_usage ${on_cluster}
(
    rejected_at DateTime64(6, 'UTC') COMMENT 'When it was rejected' CODEC(Delta(8), ZSTD(1)),
    received_at DateTime64(6, 'UTC') COMMENT 'Time stamp of the record in Kafka' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why, as a word: malformed_json, missing_field, ...',
    field String COMMENT 'Field that is wrong, as a path' CODEC(ZSTD(1)),
    message String COMMENT 'What is wrong and how to mend it' CODEC(ZSTD(1)),
    stage LowCardinality(String) COMMENT 'Component that rejected it',
    tenant LowCardinality(String) COMMENT 'Where it could be read; row filters sit on it',
    source_kind LowCardinality(String),
    event_id String CODEC(ZSTD(1)),
    original String COMMENT 'The record''s value, byte for byte' CODEC(ZSTD(1)),
    original_key Nullable(String) COMMENT 'The record''s key, byte for byte' CODEC(ZSTD(1)),
    headers Map(LowCardinality(String), String) COMMENT 'The record''s headers, byte for byte' CODEC(ZSTD(1)),
    src_topic LowCardinality(String) COMMENT 'Where the record stands in Kafka',
    src_partition Int32,
    src_offset Int64 CODEC(Delta(8), ZSTD(1)),
    src_element String COMMENT 'Element within a record that carried several' CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row came into ClickHouse' CODEC(ZSTD(1))
)
ENGINE = ${merge_tree}
PARTITION BY toYYYYMM(rejected_at)
ORDER BY (tenant, rejected_at, src_topic, src_partition, src_offset)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
