-- Events that are charged more often than they should be, as they came again after the dedup window: twice, or once though
-- they were deleted before. `costops ledger reverse` takes back what is too much. A row that the ledger holds twice counts
-- once here: it is one entry of usage.priced, which `costops rebuild` mends and no entry could.

CREATE OR REPLACE VIEW ${database}.booked_again ${on_cluster}
SQL SECURITY INVOKER
AS SELECT event_id, tenants, charges, event_time, recorded_at, billing_currency, billed_cost
FROM
(
    SELECT
        e.event_id AS event_id,
        groupUniqArrayIf(e.tenant, e.requests != 0) AS tenants,
        sum(e.requests) AS charges,
        minIf(e.event_time, e.requests != 0) AS event_time,
        maxIf(e.recorded_at, e.requests != 0) AS recorded_at,
        anyLastIf(e.billing_currency, e.requests != 0) AS billing_currency,
        sumIf(e.billed_cost, e.requests != 0) AS billed_cost,
        maxIf(e.revision, e.kind IN ('usage', 'correction')) AS highest_charge,
        -- A correction follows the reversal of what it replaces; a reversal that none follows deletes.
        groupArrayIf((e.recorded_at, e.sequence), e.kind = 'correction') AS corrections,
        groupArrayIf(
            (ifNull(e.cause_revision, 0), (e.recorded_at, toInt32(e.sequence + 1))),
            e.kind = 'reversal' AND isNotNull(e.cause_revision)) AS reversals,
        arrayMap(r -> r.1, arrayFilter(r -> NOT has(corrections, r.2), reversals)) AS deletions,
        maxIf(e.revision, e.kind = 'memo' AND e.status = 'deleted' AND e.sequence > 0) AS deleted_once_more
    FROM
    (
        SELECT DISTINCT
            tenant, event_id, entry_id, recorded_at, sequence, kind, status, revision, cause_revision, requests,
            event_time, billing_currency, billed_cost
        FROM ${database}.ledger
        -- Few events come again: only those are looked at. Each time one does its entries are numbered from 0.
        WHERE event_id IN (
            SELECT l.event_id
            FROM ${database}.ledger AS l
            WHERE l.requests != 0
            GROUP BY l.event_id
            HAVING sum(l.requests) > 1 OR (sum(l.requests) = 1 AND countIf(l.sequence = 0) > 1)
            SETTINGS max_bytes_before_external_group_by = 500000000)
    ) AS e
    GROUP BY event_id
)
WHERE charges > 1
    OR (charges = 1 AND notEmpty(deletions) AND greatest(arrayMax(deletions), deleted_once_more) >= highest_charge);
