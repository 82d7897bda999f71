-- The statements of the months that were closed. A statement never changes: what is recorded later is billed later.

CREATE TABLE IF NOT EXISTS ${database}.statements ${on_cluster}
(
    billing_period Date COMMENT 'First day of the month that was closed',
    closed_at DateTime64(6, 'UTC') COMMENT 'When the statement was drawn up',
    tenant LowCardinality(String) COMMENT 'Who pays; row filters sit on it',
    department LowCardinality(String),
    project LowCardinality(String),
    team LowCardinality(String),
    cost_center LowCardinality(String),
    environment LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    service_tier LowCardinality(String),
    charge_month Date COMMENT 'First day of the month of the usage',
    charge_class LowCardinality(String) COMMENT 'FOCUS: Correction for usage of a month that was closed before',
    kind LowCardinality(String),
    pricing_currency LowCardinality(String),
    billing_currency LowCardinality(String),
    entries UInt64,
    requests Int64,
    input_tokens Int64,
    output_tokens Int64,
    unpriced_requests Int64 COMMENT 'Requests among them without a cost',
    list_cost Nullable(Decimal(76, 30)) CODEC(ZSTD(1)),
    contracted_cost Nullable(Decimal(76, 30)) CODEC(ZSTD(1)),
    billed_cost Nullable(Decimal(76, 30)) CODEC(ZSTD(1)),
    effective_cost Nullable(Decimal(76, 30)) CODEC(ZSTD(1))
)
ENGINE = ${merge_tree}
PARTITION BY toYYYYMM(billing_period)
ORDER BY (tenant, billing_period, project, model, charge_month)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
