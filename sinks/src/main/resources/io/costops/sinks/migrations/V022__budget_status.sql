-- One row a budget: what was written last holds. The period that begins last need not be it: a budget for each day that is
-- made one for each month begins anew at the month's first day.
CREATE OR REPLACE VIEW ${database}.budget_status ${on_cluster}
SQL SECURITY INVOKER
AS SELECT
    *,
    limit_amount - spent AS remaining
FROM
(
    SELECT * FROM ${database}.budget_states
    ORDER BY tenant, budget_id, updated_at DESC
    LIMIT 1 BY tenant, budget_id
)
WHERE standing = 'active';
