-- Roll-ups of the ledger by hour, day and month of the charge.
--
-- chargeback_*_store hold sums that merge in the background, so the same key may stand in several rows;
-- chargeback_* group over them and are what to query. A sum over costs that are all NULL is NULL.
-- AggregatingMergeTree, not SummingMergeTree: that one drops a row whose sums are all zero.
-- Each feed reads the ledger itself: a chain of feeds would have a dedup token derived twice.

CREATE TABLE IF NOT EXISTS ${database}.chargeback_hourly_store ${on_cluster}
(
    hour DateTime('UTC'),
    billing_period Date,
    billing_currency LowCardinality(String),
    pricing_currency LowCardinality(String),
    kind LowCardinality(String),
    tenant LowCardinality(String),
    project LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    environment LowCardinality(String),
    cost_center LowCardinality(String),
    team LowCardinality(String),
    service_tier LowCardinality(String),
    entries SimpleAggregateFunction(sum, UInt64),
    requests SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    list_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    contracted_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    billed_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    effective_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1))
)
ENGINE = ${aggregating_merge_tree}
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (tenant, hour)
ORDER BY (
    tenant, hour, project, model, provider, environment, cost_center, team, service_tier, kind,
    billing_period, billing_currency, pricing_currency)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.chargeback_hourly_feed ${on_cluster}
TO ${database}.chargeback_hourly_store
AS SELECT
    toStartOfHour(l.event_time) AS hour,
    l.billing_period AS billing_period,
    l.billing_currency AS billing_currency,
    l.pricing_currency AS pricing_currency,
    l.kind AS kind,
    l.tenant AS tenant,
    l.project AS project,
    l.model AS model,
    l.provider AS provider,
    l.environment AS environment,
    l.cost_center AS cost_center,
    l.team AS team,
    l.service_tier AS service_tier,
    count() AS entries,
    sum(l.requests) AS requests,
    sum(l.input_tokens) AS input_tokens,
    sum(l.output_tokens) AS output_tokens,
    sum(l.list_cost) AS list_cost,
    sum(l.contracted_cost) AS contracted_cost,
    sum(l.billed_cost) AS billed_cost,
    sum(l.effective_cost) AS effective_cost
FROM ${database}.ledger AS l
GROUP BY
    hour, billing_period, billing_currency, pricing_currency, kind, tenant, project, model, provider, environment,
    cost_center, team, service_tier;

CREATE OR REPLACE VIEW ${database}.chargeback_hourly ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    s.hour AS hour,
    s.billing_period AS billing_period,
    s.billing_currency AS billing_currency,
    s.pricing_currency AS pricing_currency,
    s.kind AS kind,
    s.tenant AS tenant,
    s.project AS project,
    s.model AS model,
    s.provider AS provider,
    s.environment AS environment,
    s.cost_center AS cost_center,
    s.team AS team,
    s.service_tier AS service_tier,
    sum(s.entries) AS entries,
    sum(s.requests) AS requests,
    sum(s.input_tokens) AS input_tokens,
    sum(s.output_tokens) AS output_tokens,
    sum(s.list_cost) AS list_cost,
    sum(s.contracted_cost) AS contracted_cost,
    sum(s.billed_cost) AS billed_cost,
    sum(s.effective_cost) AS effective_cost
FROM ${database}.chargeback_hourly_store AS s
GROUP BY
    hour, billing_period, billing_currency, pricing_currency, kind, tenant, project, model, provider, environment,
    cost_center, team, service_tier;

CREATE TABLE IF NOT EXISTS ${database}.chargeback_daily_store ${on_cluster}
(
    day Date,
    billing_period Date,
    billing_currency LowCardinality(String),
    pricing_currency LowCardinality(String),
    kind LowCardinality(String),
    tenant LowCardinality(String),
    project LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    environment LowCardinality(String),
    cost_center LowCardinality(String),
    team LowCardinality(String),
    service_tier LowCardinality(String),
    entries SimpleAggregateFunction(sum, UInt64),
    requests SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    list_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    contracted_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    billed_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    effective_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1))
)
ENGINE = ${aggregating_merge_tree}
PARTITION BY toYYYYMM(day)
PRIMARY KEY (tenant, day)
ORDER BY (
    tenant, day, project, model, provider, environment, cost_center, team, service_tier, kind,
    billing_period, billing_currency, pricing_currency)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.chargeback_daily_feed ${on_cluster}
TO ${database}.chargeback_daily_store
AS SELECT
    toDate(l.event_time) AS day,
    l.billing_period AS billing_period,
    l.billing_currency AS billing_currency,
    l.pricing_currency AS pricing_currency,
    l.kind AS kind,
    l.tenant AS tenant,
    l.project AS project,
    l.model AS model,
    l.provider AS provider,
    l.environment AS environment,
    l.cost_center AS cost_center,
    l.team AS team,
    l.service_tier AS service_tier,
    count() AS entries,
    sum(l.requests) AS requests,
    sum(l.input_tokens) AS input_tokens,
    sum(l.output_tokens) AS output_tokens,
    sum(l.list_cost) AS list_cost,
    sum(l.contracted_cost) AS contracted_cost,
    sum(l.billed_cost) AS billed_cost,
    sum(l.effective_cost) AS effective_cost
FROM ${database}.ledger AS l
GROUP BY
    day, billing_period, billing_currency, pricing_currency, kind, tenant, project, model, provider, environment,
    cost_center, team, service_tier;

CREATE OR REPLACE VIEW ${database}.chargeback_daily ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    s.day AS day,
    s.billing_period AS billing_period,
    s.billing_currency AS billing_currency,
    s.pricing_currency AS pricing_currency,
    s.kind AS kind,
    s.tenant AS tenant,
    s.project AS project,
    s.model AS model,
    s.provider AS provider,
    s.environment AS environment,
    s.cost_center AS cost_center,
    s.team AS team,
    s.service_tier AS service_tier,
    sum(s.entries) AS entries,
    sum(s.requests) AS requests,
    sum(s.input_tokens) AS input_tokens,
    sum(s.output_tokens) AS output_tokens,
    sum(s.list_cost) AS list_cost,
    sum(s.contracted_cost) AS contracted_cost,
    sum(s.billed_cost) AS billed_cost,
    sum(s.effective_cost) AS effective_cost
FROM ${database}.chargeback_daily_store AS s
GROUP BY
    day, billing_period, billing_currency, pricing_currency, kind, tenant, project, model, provider, environment,
    cost_center, team, service_tier;

CREATE TABLE IF NOT EXISTS ${database}.chargeback_monthly_store ${on_cluster}
(
    month Date,
    billing_period Date,
    billing_currency LowCardinality(String),
    pricing_currency LowCardinality(String),
    kind LowCardinality(String),
    tenant LowCardinality(String),
    project LowCardinality(String),
    model LowCardinality(String),
    provider LowCardinality(String),
    environment LowCardinality(String),
    cost_center LowCardinality(String),
    team LowCardinality(String),
    service_tier LowCardinality(String),
    entries SimpleAggregateFunction(sum, UInt64),
    requests SimpleAggregateFunction(sum, Int64),
    input_tokens SimpleAggregateFunction(sum, Int64),
    output_tokens SimpleAggregateFunction(sum, Int64),
    list_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    contracted_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    billed_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1)),
    effective_cost SimpleAggregateFunction(sum, Nullable(Decimal(76, 30))) CODEC(ZSTD(1))
)
ENGINE = ${aggregating_merge_tree}
PARTITION BY toYear(month)
PRIMARY KEY (tenant, month)
ORDER BY (
    tenant, month, project, model, provider, environment, cost_center, team, service_tier, kind,
    billing_period, billing_currency, pricing_currency)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.chargeback_monthly_feed ${on_cluster}
TO ${database}.chargeback_monthly_store
AS SELECT
    toStartOfMonth(l.event_time) AS month,
    l.billing_period AS billing_period,
    l.billing_currency AS billing_currency,
    l.pricing_currency AS pricing_currency,
    l.kind AS kind,
    l.tenant AS tenant,
    l.project AS project,
    l.model AS model,
    l.provider AS provider,
    l.environment AS environment,
    l.cost_center AS cost_center,
    l.team AS team,
    l.service_tier AS service_tier,
    count() AS entries,
    sum(l.requests) AS requests,
    sum(l.input_tokens) AS input_tokens,
    sum(l.output_tokens) AS output_tokens,
    sum(l.list_cost) AS list_cost,
    sum(l.contracted_cost) AS contracted_cost,
    sum(l.billed_cost) AS billed_cost,
    sum(l.effective_cost) AS effective_cost
FROM ${database}.ledger AS l
GROUP BY
    month, billing_period, billing_currency, pricing_currency, kind, tenant, project, model, provider, environment,
    cost_center, team, service_tier;

CREATE OR REPLACE VIEW ${database}.chargeback_monthly ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    s.month AS month,
    s.billing_period AS billing_period,
    s.billing_currency AS billing_currency,
    s.pricing_currency AS pricing_currency,
    s.kind AS kind,
    s.tenant AS tenant,
    s.project AS project,
    s.model AS model,
    s.provider AS provider,
    s.environment AS environment,
    s.cost_center AS cost_center,
    s.team AS team,
    s.service_tier AS service_tier,
    sum(s.entries) AS entries,
    sum(s.requests) AS requests,
    sum(s.input_tokens) AS input_tokens,
    sum(s.output_tokens) AS output_tokens,
    sum(s.list_cost) AS list_cost,
    sum(s.contracted_cost) AS contracted_cost,
    sum(s.billed_cost) AS billed_cost,
    sum(s.effective_cost) AS effective_cost
FROM ${database}.chargeback_monthly_store AS s
GROUP BY
    month, billing_period, billing_currency, pricing_currency, kind, tenant, project, model, provider, environment,
    cost_center, team, service_tier;
