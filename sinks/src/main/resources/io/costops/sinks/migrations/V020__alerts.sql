-- What the watch found, and who was told of it.

CREATE TABLE IF NOT EXISTS ${database}.alert_steps ${on_cluster}
(
    incident_id String COMMENT 'The same from the incident''s opening to its end' CODEC(ZSTD(1)),
    sequence Int32 COMMENT 'Number of the step among its incident''s, from 0',
    action LowCardinality(String) COMMENT 'opened, escalated, renotified, acknowledged, resolved, reopened',
    category LowCardinality(String) COMMENT 'anomaly, budget, forecast, unpriced_usage, data_missing',
    severity LowCardinality(String) COMMENT 'info, warning, error, critical: as of this step',
    cause LowCardinality(String) COMMENT 'What it most likely is: token_spike, retry_loop, ...; empty: can''t be told',
    suppressed LowCardinality(String) COMMENT 'Why nobody was to be notified; empty: notify',
    recorded_at DateTime64(6, 'UTC') COMMENT 'When this step was made' CODEC(Delta(8), ZSTD(1)),
    started_at DateTime64(6, 'UTC') COMMENT 'Event time at which the incident began' CODEC(ZSTD(1)),
    window_start DateTime64(6, 'UTC') COMMENT 'Newest window that was judged' CODEC(ZSTD(1)),
    window_end DateTime64(6, 'UTC') COMMENT 'Its end, exclusive' CODEC(ZSTD(1)),
    resolved_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Event time at which it ended; NULL while it lasts' CODEC(ZSTD(1)),
    tenant LowCardinality(String) COMMENT 'Empty: all together; row filters sit on it',
    scope Map(LowCardinality(String), String) COMMENT 'The series: dimension and value' CODEC(ZSTD(1)),
    metric LowCardinality(String) COMMENT 'What was judged: cost, requests, cost_per_request, ...',
    actual Nullable(Decimal(76, 30)) COMMENT 'What the metric was' CODEC(ZSTD(1)),
    expected Nullable(Decimal(76, 30)) COMMENT 'What it was expected to be; for a budget its limit' CODEC(ZSTD(1)),
    expected_low Nullable(Decimal(76, 30)) CODEC(ZSTD(1)),
    expected_high Nullable(Decimal(76, 30)) CODEC(ZSTD(1)),
    impact Nullable(Decimal(76, 30)) COMMENT 'Money beyond what was expected, since the incident began' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'Of every amount here',
    budget_id String COMMENT 'Budget, where one is concerned' CODEC(ZSTD(1)),
    threshold_percent Nullable(Decimal(76, 30)) COMMENT 'Threshold of the budget that was crossed' CODEC(ZSTD(1)),
    title String COMMENT 'One line for people' CODEC(ZSTD(1)),
    explanation String COMMENT 'A few sentences for people' CODEC(ZSTD(1)),
    root_causes Nested(
        dimension LowCardinality(String),
        value LowCardinality(String),
        share_percent Decimal(76, 30),
        impact Nullable(Decimal(76, 30))) COMMENT 'Dimension values that explain it, the most telling first',
    cost_factors Nested(
        factor LowCardinality(String),
        impact Decimal(76, 30)) COMMENT 'The change of cost by requests, tokens_per_request, price_per_token and cache',
    recent Nested(
        window_start DateTime64(6, 'UTC'),
        actual Nullable(Float64),
        expected Nullable(Float64)) COMMENT 'The series of late, oldest first',
    query String COMMENT 'SQL that shows the usage behind it' CODEC(ZSTD(1)),
    detector LowCardinality(String) COMMENT 'What found it, with its version',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row came into ClickHouse' CODEC(ZSTD(1))
)
ENGINE = ${merge_tree}
PARTITION BY toYYYYMM(recorded_at)
ORDER BY (tenant, incident_id, sequence)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS ${database}.alert_deliveries ${on_cluster}
(
    incident_id String CODEC(ZSTD(1)),
    sequence Int32 COMMENT 'Step of the incident that the notification is of',
    tenant LowCardinality(String) COMMENT 'Empty: all together; row filters sit on it',
    receiver LowCardinality(String) COMMENT 'By its name in the notifier''s configuration; empty where no route matched',
    kind LowCardinality(String) COMMENT 'slack, pagerduty, webhook, email',
    routes Array(LowCardinality(String)) COMMENT 'Routes that led there' CODEC(ZSTD(1)),
    revision Int32 COMMENT 'Of one notification the highest stands',
    outcome LowCardinality(String) COMMENT 'queued, delivered, failed (tried again), refused (kept), expired, no_route',
    attempts Int32 COMMENT 'Requests made so far',
    status Nullable(Int32) COMMENT 'HTTP or SMTP status of the last answer',
    message String COMMENT 'What was said' CODEC(ZSTD(1)),
    recorded_at DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    queued_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When the notification was taken' CODEC(ZSTD(1)),
    next_attempt_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it is tried again' CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row came into ClickHouse' CODEC(ZSTD(1))
)
ENGINE = ${merge_tree}
PARTITION BY toYYYYMM(recorded_at)
ORDER BY (tenant, incident_id, sequence, receiver, revision)
SETTINGS
    non_replicated_deduplication_window = 10000,
    replicated_deduplication_window = 10000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- One row a step, with what became of its notifications.
CREATE OR REPLACE VIEW ${database}.alerts ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    s.incident_id AS incident_id,
    s.sequence AS sequence,
    s.action AS action,
    s.category AS category,
    s.severity AS severity,
    s.cause AS cause,
    s.suppressed AS suppressed,
    multiIf(d.delivery != '', d.delivery, s.suppressed != '', 'suppressed', 'none') AS delivery,
    d.deliveries AS deliveries,
    s.recorded_at AS recorded_at,
    s.started_at AS started_at,
    s.window_start AS window_start,
    s.window_end AS window_end,
    s.resolved_at AS resolved_at,
    s.tenant AS tenant,
    s.scope AS scope,
    s.metric AS metric,
    s.actual AS actual,
    s.expected AS expected,
    s.expected_low AS expected_low,
    s.expected_high AS expected_high,
    s.impact AS impact,
    s.currency AS currency,
    s.budget_id AS budget_id,
    s.threshold_percent AS threshold_percent,
    s.title AS title,
    s.explanation AS explanation,
    s.root_causes.dimension AS `root_causes.dimension`,
    s.root_causes.value AS `root_causes.value`,
    s.root_causes.share_percent AS `root_causes.share_percent`,
    s.root_causes.impact AS `root_causes.impact`,
    s.cost_factors.factor AS `cost_factors.factor`,
    s.cost_factors.impact AS `cost_factors.impact`,
    s.recent.window_start AS `recent.window_start`,
    s.recent.actual AS `recent.actual`,
    s.recent.expected AS `recent.expected`,
    s.query AS query,
    s.detector AS detector,
    s.inserted_at AS inserted_at
FROM ${database}.alert_steps AS s
LEFT JOIN
(
    SELECT
        tenant,
        incident_id,
        sequence,
        multiIf(
            countIf(newest.outcome IN ('refused', 'expired')) > 0, 'undelivered',
            countIf(newest.outcome IN ('queued', 'failed')) > 0, 'pending',
            countIf(newest.outcome = 'no_route') > 0, 'no_route',
            'delivered') AS delivery,
        arraySort(groupArray(newest)) AS deliveries
    FROM
    (
        SELECT
            tenant,
            incident_id,
            sequence,
            argMax(
                CAST(
                    (receiver, kind, outcome, attempts, status, message, recorded_at),
                    'Tuple(receiver String, kind String, outcome String, attempts Int32, status Nullable(Int32), message String, recorded_at DateTime64(6, \'UTC\'))'),
                revision) AS newest
        FROM ${database}.alert_deliveries
        GROUP BY tenant, incident_id, sequence, receiver
    )
    GROUP BY tenant, incident_id, sequence
) AS d ON s.tenant = d.tenant AND s.incident_id = d.incident_id AND s.sequence = d.sequence;

-- One row an incident: its newest step, and what the steps before it tell.
CREATE OR REPLACE VIEW ${database}.incidents ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    i.tenant AS tenant,
    i.incident_id AS incident_id,
    i.state AS state,
    i.peak_severity AS peak_severity,
    i.steps AS steps,
    i.undelivered AS undelivered,
    i.opened_at AS opened_at,
    a.sequence AS sequence,
    a.action AS action,
    a.category AS category,
    a.severity AS severity,
    a.cause AS cause,
    a.suppressed AS suppressed,
    a.delivery AS delivery,
    a.recorded_at AS recorded_at,
    a.started_at AS started_at,
    a.window_end AS window_end,
    a.resolved_at AS resolved_at,
    a.scope AS scope,
    a.metric AS metric,
    a.actual AS actual,
    a.expected AS expected,
    a.expected_low AS expected_low,
    a.expected_high AS expected_high,
    a.impact AS impact,
    a.currency AS currency,
    a.budget_id AS budget_id,
    a.threshold_percent AS threshold_percent,
    a.title AS title,
    a.explanation AS explanation,
    a.`root_causes.dimension` AS `root_causes.dimension`,
    a.`root_causes.value` AS `root_causes.value`,
    a.`root_causes.share_percent` AS `root_causes.share_percent`,
    a.`root_causes.impact` AS `root_causes.impact`,
    a.`cost_factors.factor` AS `cost_factors.factor`,
    a.`cost_factors.impact` AS `cost_factors.impact`,
    a.query AS query,
    a.detector AS detector
FROM ${database}.alerts AS a
INNER JOIN
(
    SELECT
        tenant,
        incident_id,
        max(sequence) AS newest,
        count() AS steps,
        min(recorded_at) AS opened_at,
        countIf(delivery IN ('undelivered', 'no_route')) AS undelivered,
        multiIf(
            argMax(action, sequence) = 'resolved', 'resolved',
            maxIf(sequence, action = 'acknowledged') > maxIf(sequence, action IN ('opened', 'escalated', 'reopened')), 'acknowledged',
            'open') AS state,
        ['unknown', 'info', 'warning', 'error', 'critical'][max(transform(severity, ['info', 'warning', 'error', 'critical'], [2, 3, 4, 5], 1))] AS peak_severity
    FROM ${database}.alerts
    GROUP BY tenant, incident_id
) AS i ON a.tenant = i.tenant AND a.incident_id = i.incident_id AND a.sequence = i.newest;

-- The incidents that a detector found, those that nobody was notified of among them.
CREATE OR REPLACE VIEW ${database}.anomalies ${on_cluster}
SQL SECURITY INVOKER
AS SELECT * FROM ${database}.incidents
WHERE category IN ('anomaly', 'data_missing');
