-- What requests need: usage without a price found by the meter, records that came too late to be applied, and events that
-- were charged twice.

ALTER TABLE ${database}.ledger ${on_cluster}
    ADD COLUMN IF NOT EXISTS cause_revision Nullable(Int64) COMMENT 'Revision of the record that made a reversal',
    ADD COLUMN IF NOT EXISTS record Nullable(String) COMMENT 'Record of the event that could not be applied yet, in Avro'
        CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS unrated Array(LowCardinality(String))
        MATERIALIZED arrayFilter((meter, price) -> isNull(price), `lines.meter`, `lines.list_unit_price`)
        COMMENT 'Meters of the lines that no price has a rate for',
    ADD COLUMN IF NOT EXISTS charge_class LowCardinality(String)
        ALIAS if(billing_period = toStartOfMonth(event_time), '', 'Correction')
        COMMENT 'FOCUS: Correction where the month of the charge was closed when the entry was made',
    ADD INDEX IF NOT EXISTS by_unrated unrated TYPE set(16) GRANULARITY 4,
    ADD INDEX IF NOT EXISTS by_request request_id TYPE bloom_filter(0.001) GRANULARITY 1;

-- The position of each event: its standing facts, and the net of all its entries.
-- Grouped by tenant too: an event that a correction moved to another tenant has a row with each, one of them standing.
-- argMax passes over NULLs, so a nullable fact is wrapped in a tuple. What stands is told by the requests it counts and by
-- the last entry that is no reversal: a charge that was booked twice and taken back leaves the other one standing.
CREATE OR REPLACE VIEW ${database}.usage_current ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    p.tenant AS tenant,
    p.event_id AS event_id,
    p.requests > 0 AS standing,
    if(p.requests > 0, p.kind, p.last_kind) AS kind,
    p.status AS status,
    p.revision AS revision,
    p.next_sequence AS next_sequence,
    p.entries AS entries,
    p.event_time AS event_time,
    p.billing_period AS billing_period,
    p.recorded_at AS recorded_at,
    p.received_at AS received_at,
    p.department AS department,
    p.project AS project,
    p.team AS team,
    p.cost_center AS cost_center,
    p.environment AS environment,
    p.workload_type AS workload_type,
    p.feature AS feature,
    p.user AS user,
    p.api_key_id AS api_key_id,
    p.session AS session,
    p.agent_run AS agent_run,
    p.agent_step AS agent_step,
    p.source_kind AS source_kind,
    p.gateway AS gateway,
    p.provider AS provider,
    p.model AS model,
    p.region AS region,
    p.service_tier AS service_tier,
    p.requests AS requests,
    p.input_tokens AS input_tokens,
    p.output_tokens AS output_tokens,
    mapFromArrays(p.net.1, p.net.2) AS quantities,
    -- Unpriced is unknown, not zero: what an earlier revision cost has been reversed.
    if(p.status IN ('unpriced', 'no_usage') AND p.list_cost = 0, NULL, p.list_cost) AS list_cost,
    if(p.status IN ('unpriced', 'no_usage') AND p.contracted_cost = 0, NULL, p.contracted_cost) AS contracted_cost,
    if(p.status IN ('unpriced', 'no_usage') AND p.billed_cost = 0, NULL, p.billed_cost) AS billed_cost,
    if(p.status IN ('unpriced', 'no_usage') AND p.effective_cost = 0, NULL, p.effective_cost) AS effective_cost,
    p.reported_cost AS reported_cost,
    p.pricing_currency AS pricing_currency,
    p.billing_currency AS billing_currency,
    p.price_key AS price_key,
    p.price_revision AS price_revision,
    p.attribution_revision AS attribution_revision,
    p.exchange_rate_revision AS exchange_rate_revision,
    p.rule_version AS rule_version,
    p.reason AS reason,
    p.request_id AS request_id,
    p.tags AS tags,
    p.pricing_attributes AS pricing_attributes,
    p.latency_ms AS latency_ms,
    p.outcome AS outcome,
    p.attempt AS attempt,
    p.prompt_hash AS prompt_hash,
    p.experiment AS experiment,
    p.variant AS variant,
    p.quality AS quality,
    p.src_topic AS src_topic,
    p.src_partition AS src_partition,
    p.src_offset AS src_offset,
    p.src_element AS src_element,
    -- Meters without a price, of a charge that has one for the others too.
    if(p.requests > 0, p.unpriced_meters, []) AS unpriced_meters
FROM
(
    WITH
        -- A memo records a fact beside the position and never replaces it.
        toInt64(l.sequence) - if(l.kind = 'memo', 4294967296, 0) AS last_place,
        toInt64(l.sequence) - multiIf(l.kind = 'memo', 8589934592, l.kind = 'reversal', 4294967296, 0) AS place
    SELECT
        l.tenant AS tenant,
        l.event_id AS event_id,
        max(l.revision) AS revision,
        max(l.sequence) + 1 AS next_sequence,
        max(l.recorded_at) AS recorded_at,
        count() AS entries,
        sum(l.requests) AS requests,
        sum(l.input_tokens) AS input_tokens,
        sum(l.output_tokens) AS output_tokens,
        sumMap(l.`lines.meter`, l.`lines.quantity`) AS net,
        sum(l.list_cost) AS list_cost,
        sum(l.contracted_cost) AS contracted_cost,
        sum(l.billed_cost) AS billed_cost,
        sum(l.effective_cost) AS effective_cost,
        sum(l.reported_cost) AS reported_cost,
        argMax(l.kind, place) AS kind,
        argMax(l.kind, last_place) AS last_kind,
        argMax(l.unrated, place) AS unpriced_meters,
        argMax(l.status, place) AS status,
        argMax(l.event_time, place) AS event_time,
        argMax(l.billing_period, place) AS billing_period,
        argMax(l.received_at, place) AS received_at,
        argMax(l.department, place) AS department,
        argMax(l.project, place) AS project,
        argMax(l.team, place) AS team,
        argMax(l.cost_center, place) AS cost_center,
        argMax(l.environment, place) AS environment,
        argMax(l.workload_type, place) AS workload_type,
        argMax(l.feature, place) AS feature,
        argMax(l.user, place) AS user,
        argMax(l.api_key_id, place) AS api_key_id,
        argMax(l.session, place) AS session,
        argMax(l.agent_run, place) AS agent_run,
        argMax(tuple(l.agent_step), place).1 AS agent_step,
        argMax(l.source_kind, place) AS source_kind,
        argMax(l.gateway, place) AS gateway,
        argMax(l.provider, place) AS provider,
        argMax(l.model, place) AS model,
        argMax(l.region, place) AS region,
        argMax(l.service_tier, place) AS service_tier,
        argMax(l.pricing_currency, place) AS pricing_currency,
        argMax(l.billing_currency, place) AS billing_currency,
        argMax(l.price_key, place) AS price_key,
        argMax(l.price_revision, place) AS price_revision,
        argMax(l.attribution_revision, place) AS attribution_revision,
        argMax(l.exchange_rate_revision, place) AS exchange_rate_revision,
        argMax(l.rule_version, place) AS rule_version,
        argMax(l.reason, place) AS reason,
        argMax(l.request_id, place) AS request_id,
        argMax(l.tags, place) AS tags,
        argMax(l.pricing_attributes, place) AS pricing_attributes,
        argMax(tuple(l.latency_ms), place).1 AS latency_ms,
        argMax(l.outcome, place) AS outcome,
        argMax(tuple(l.attempt), place).1 AS attempt,
        argMax(l.prompt_hash, place) AS prompt_hash,
        argMax(l.experiment, place) AS experiment,
        argMax(l.variant, place) AS variant,
        argMax(tuple(l.quality), place).1 AS quality,
        argMax(l.src_topic, place) AS src_topic,
        argMax(l.src_partition, place) AS src_partition,
        argMax(l.src_offset, place) AS src_offset,
        argMax(l.src_element, place) AS src_element
    FROM ${database}.ledger AS l
    GROUP BY tenant, event_id
) AS p;

-- Usage that stands in the ledger without a price, or with a part that has none; unpriced_meters tells which.
CREATE OR REPLACE VIEW ${database}.unpriced_usage ${on_cluster}
SQL SECURITY INVOKER
AS SELECT *
FROM ${database}.usage_current
WHERE standing
    AND (status = 'unpriced' OR notEmpty(unpriced_meters))
    -- Few events were ever unpriced: only those are grouped.
    AND (tenant, event_id) IN (
        SELECT u.tenant, u.event_id FROM ${database}.ledger AS u WHERE u.status = 'unpriced' OR notEmpty(u.unrated));

-- Records of events that came when what they change was no longer held, and that no request has applied yet. A deletion
-- of an event that the job didn't know is one of them if the ledger knows the event.
CREATE OR REPLACE VIEW ${database}.pending_corrections ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    l.tenant AS tenant,
    l.event_id AS event_id,
    l.entry_id AS entry_id,
    l.revision AS revision,
    l.recorded_at AS recorded_at,
    l.reason AS reason,
    l.record AS record,
    l.src_topic AS src_topic,
    l.src_partition AS src_partition,
    l.src_offset AS src_offset,
    l.src_element AS src_element
FROM ${database}.ledger AS l
WHERE l.status IN ('position_expired', 'deleted')
    AND isNotNull(l.record)
    AND (l.status = 'position_expired'
        OR l.event_id IN (
            SELECT e.event_id
            FROM ${database}.ledger AS e
            WHERE e.event_id IN (
                SELECT d.event_id FROM ${database}.ledger AS d WHERE d.status = 'deleted' AND isNotNull(d.record))
            GROUP BY e.event_id
            HAVING sum(e.requests) > 0))
    AND concat('late:', l.entry_id) NOT IN (
        SELECT r.request_id FROM ${database}.ledger AS r WHERE startsWith(r.request_id, 'late:'));

-- Events that stand in the ledger more than once: they came again after the dedup window. `costops ledger reverse` takes
-- back what is too much.
CREATE OR REPLACE VIEW ${database}.booked_again ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    l.event_id AS event_id,
    groupUniqArray(l.tenant) AS tenants,
    sum(l.requests) AS charges,
    min(l.event_time) AS event_time,
    max(l.recorded_at) AS recorded_at,
    anyLast(l.billing_currency) AS billing_currency,
    sum(l.billed_cost) AS billed_cost
FROM ${database}.ledger AS l
WHERE l.requests != 0
GROUP BY event_id
HAVING charges > 1
SETTINGS max_bytes_before_external_group_by = 500000000;
