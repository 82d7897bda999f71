-- How budgets stand and what is to be expected, as the watch writes it.

-- Written every few seconds: of each budget's period the newest state stays, the others go when parts merge.
CREATE TABLE IF NOT EXISTS ${database}.budget_states ${on_cluster}
(
    budget_id String CODEC(ZSTD(1)),
    name String COMMENT 'What people call it' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Of the scope; empty: all; row filters sit on it',
    scope Map(LowCardinality(String), String) COMMENT 'What counts: dimension and value' CODEC(ZSTD(1)),
    period LowCardinality(String) COMMENT 'request, day, week, month or quarter',
    limit_amount Decimal(76, 30) COMMENT 'Most that may be spent in a period' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'Of every amount here',
    time_zone LowCardinality(String) COMMENT 'In which periods begin',
    enforcement LowCardinality(String) COMMENT 'hard: decisions refuse what goes beyond it; soft: it only tells',
    standing LowCardinality(String) COMMENT 'active or deleted',
    owner String COMMENT 'Who is asked' CODEC(ZSTD(1)),
    period_start DateTime64(6, 'UTC') CODEC(ZSTD(1)),
    period_end DateTime64(6, 'UTC') COMMENT 'Exclusive' CODEC(ZSTD(1)),
    spent Decimal(76, 30) COMMENT 'Billed cost of the period, exact' CODEC(ZSTD(1)),
    requests Int64 CODEC(ZSTD(1)),
    percent Nullable(Decimal(76, 30)) COMMENT 'spent in percent of the limit; NULL for a limit of 0' CODEC(ZSTD(1)),
    forecast Nullable(Decimal(76, 30)) COMMENT 'Spend of the whole period as it is forecast' CODEC(ZSTD(1)),
    forecast_low Nullable(Decimal(76, 30)) COMMENT 'Lower end of its 95 % interval' CODEC(ZSTD(1)),
    forecast_high Nullable(Decimal(76, 30)) COMMENT 'Upper end' CODEC(ZSTD(1)),
    exhausted_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When the limit is likely reached, or was' CODEC(ZSTD(1)),
    exhausted_earliest Nullable(DateTime64(6, 'UTC')) COMMENT 'Begin of its 95 % interval' CODEC(ZSTD(1)),
    exhausted_latest Nullable(DateTime64(6, 'UTC')) COMMENT 'End of it; NULL: perhaps not in this period' CODEC(ZSTD(1)),
    crossed_percent Nullable(Decimal(76, 30)) COMMENT 'Highest threshold that was crossed in the period' CODEC(ZSTD(1)),
    as_of DateTime64(6, 'UTC') COMMENT 'Recorded time of the newest entry in it' CODEC(ZSTD(1)),
    updated_at DateTime64(6, 'UTC') COMMENT 'When this was written' CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row came into ClickHouse' CODEC(ZSTD(1))
)
ENGINE = ${replacing_merge_tree}(updated_at)
PARTITION BY toYYYYMM(period_start)
ORDER BY (tenant, budget_id, period_start)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS ${database}.forecast_history ${on_cluster}
(
    series String COMMENT 'Tenant, currency, dimension and value' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Row filters sit on it',
    dimension LowCardinality(String) COMMENT 'tenant, project or model',
    value LowCardinality(String),
    horizon LowCardinality(String) COMMENT 'month_end, quarter_end or next_30_days',
    period_start DateTime64(6, 'UTC') COMMENT 'Begin of the time that the total is for' CODEC(ZSTD(1)),
    period_end DateTime64(6, 'UTC') COMMENT 'Its end, exclusive' CODEC(ZSTD(1)),
    spent Decimal(76, 30) COMMENT 'What of it is spent already' CODEC(ZSTD(1)),
    expected Decimal(76, 30) COMMENT 'What is spent and what is still to come' CODEC(ZSTD(1)),
    low_80 Decimal(76, 30) CODEC(ZSTD(1)),
    high_80 Decimal(76, 30) CODEC(ZSTD(1)),
    low_95 Decimal(76, 30) CODEC(ZSTD(1)),
    high_95 Decimal(76, 30) CODEC(ZSTD(1)),
    currency LowCardinality(String),
    history_days Int32 COMMENT 'Days of history that it comes from',
    cold_start Int32 COMMENT '1: too little history, the intervals are wide',
    method LowCardinality(String) COMMENT 'Forecaster, with its version',
    forecast_at DateTime64(6, 'UTC') COMMENT 'End of the newest hour that it knows' CODEC(Delta(8), ZSTD(1)),
    recorded_at DateTime64(6, 'UTC') COMMENT 'When it was made' CODEC(Delta(8), ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row came into ClickHouse' CODEC(ZSTD(1))
)
ENGINE = ${merge_tree}
PARTITION BY toYYYYMM(recorded_at)
ORDER BY (tenant, dimension, value, currency, horizon, recorded_at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- One row a budget: its newest state.
CREATE OR REPLACE VIEW ${database}.budget_status ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    *,
    limit_amount - spent AS remaining
FROM
(
    SELECT * FROM ${database}.budget_states
    ORDER BY tenant, budget_id, period_start DESC, updated_at DESC
    LIMIT 1 BY tenant, budget_id
)
WHERE standing = 'active';

-- One row a series and horizon: the newest forecast.
CREATE OR REPLACE VIEW ${database}.forecasts ${on_cluster}
SQL SECURITY INVOKER
AS SELECT * FROM ${database}.forecast_history
ORDER BY tenant, series, horizon, recorded_at DESC
LIMIT 1 BY tenant, series, horizon;
