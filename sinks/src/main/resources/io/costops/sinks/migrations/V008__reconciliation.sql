-- The proof that ledger and roll-ups agree: for each check and measure both sums and their difference.
--
-- The sums are compared by tenant, month, kind and currency; groups_that_differ counts where they disagree, so that
-- errors which cancel out are seen too. Differences are exact. Amounts in different currencies are never added up.
-- The check `lines` compares the entries that have lines with the sums of their lines.
-- The check `statements` compares the statements of closed months with the ledger's entries that are billed in them.
-- The check `facts` counts what wants a look; what falsifies sums makes a difference: entries that the ledger has twice, and
-- events that were charged again after the dedup window and not taken back yet.

CREATE OR REPLACE VIEW ${database}.reconciliation ${on_cluster}
SQL SECURITY INVOKER
AS SELECT `check`, measure, currency, ledger, rollup, difference, groups_that_differ
FROM
(
    SELECT
        `check`,
        pair.1 AS measure,
        pair.2 AS currency,
        sum(pair.3) AS ledger,
        sum(pair.4) AS rollup,
        ifNull(sum(pair.3), 0) - ifNull(sum(pair.4), 0) AS difference,
        countIf(ifNull(pair.3, 0) != ifNull(pair.4, 0)) AS groups_that_differ
    FROM
    (
        SELECT
            `check`,
            sumIf(entries, side = 'ledger') AS ledger_entries,
            sumIf(entries, side = 'rollup') AS rollup_entries,
            sumIf(requests, side = 'ledger') AS ledger_requests,
            sumIf(requests, side = 'rollup') AS rollup_requests,
            sumIf(input_tokens, side = 'ledger') AS ledger_input_tokens,
            sumIf(input_tokens, side = 'rollup') AS rollup_input_tokens,
            sumIf(output_tokens, side = 'ledger') AS ledger_output_tokens,
            sumIf(output_tokens, side = 'rollup') AS rollup_output_tokens,
            sumIf(list_cost, side = 'ledger') AS ledger_list_cost,
            sumIf(list_cost, side = 'rollup') AS rollup_list_cost,
            sumIf(contracted_cost, side = 'ledger') AS ledger_contracted_cost,
            sumIf(contracted_cost, side = 'rollup') AS rollup_contracted_cost,
            sumIf(billed_cost, side = 'ledger') AS ledger_billed_cost,
            sumIf(billed_cost, side = 'rollup') AS rollup_billed_cost,
            sumIf(effective_cost, side = 'ledger') AS ledger_effective_cost,
            sumIf(effective_cost, side = 'rollup') AS rollup_effective_cost,
            arrayJoin(arrayFilter(
                m -> `check` != 'lines' OR m.1 NOT IN ('entries', 'requests'),
                CAST(
                    [
                        ('entries', '', ledger_entries, rollup_entries),
                        ('requests', '', ledger_requests, rollup_requests),
                        ('input_tokens', '', ledger_input_tokens, rollup_input_tokens),
                        ('output_tokens', '', ledger_output_tokens, rollup_output_tokens),
                        ('list_cost', pricing_currency, ledger_list_cost, rollup_list_cost),
                        ('contracted_cost', pricing_currency, ledger_contracted_cost, rollup_contracted_cost),
                        ('billed_cost', billing_currency, ledger_billed_cost, rollup_billed_cost),
                        ('effective_cost', billing_currency, ledger_effective_cost, rollup_effective_cost)
                    ],
                    'Array(Tuple(String, String, Nullable(Decimal(76, 30)), Nullable(Decimal(76, 30))))'))) AS pair
        FROM
        (
            SELECT
                arrayJoin(['hourly', 'daily', 'monthly']) AS `check`, 'ledger' AS side, tenant, month, kind,
                pricing_currency, billing_currency, entries, requests, input_tokens, output_tokens, list_cost,
                contracted_cost, billed_cost, effective_cost
            FROM
            (
                SELECT
                    l.tenant AS tenant, toStartOfMonth(l.event_time) AS month, l.kind AS kind,
                    l.pricing_currency AS pricing_currency, l.billing_currency AS billing_currency,
                    toDecimal256(count(), 30) AS entries,
                    toDecimal256(sum(l.requests), 30) AS requests,
                    toDecimal256(sum(l.input_tokens), 30) AS input_tokens,
                    toDecimal256(sum(l.output_tokens), 30) AS output_tokens,
                    sum(l.list_cost) AS list_cost,
                    sum(l.contracted_cost) AS contracted_cost,
                    sum(l.billed_cost) AS billed_cost,
                    sum(l.effective_cost) AS effective_cost
                FROM ${database}.ledger AS l
                GROUP BY tenant, month, kind, pricing_currency, billing_currency
            )
            UNION ALL
            SELECT
                s.`check` AS `check`, 'rollup' AS side, s.tenant AS tenant, s.month AS month, s.kind AS kind,
                s.pricing_currency AS pricing_currency, s.billing_currency AS billing_currency,
                toDecimal256(sum(s.entries), 30) AS entries,
                toDecimal256(sum(s.requests), 30) AS requests,
                toDecimal256(sum(s.input_tokens), 30) AS input_tokens,
                toDecimal256(sum(s.output_tokens), 30) AS output_tokens,
                sum(s.list_cost) AS list_cost,
                sum(s.contracted_cost) AS contracted_cost,
                sum(s.billed_cost) AS billed_cost,
                sum(s.effective_cost) AS effective_cost
            FROM
            (
                SELECT
                    'hourly' AS `check`, toStartOfMonth(hour) AS month, tenant, kind, pricing_currency, billing_currency,
                    entries, requests, input_tokens, output_tokens, list_cost, contracted_cost, billed_cost, effective_cost
                FROM ${database}.chargeback_hourly_store
                UNION ALL
                SELECT
                    'daily' AS `check`, toStartOfMonth(day) AS month, tenant, kind, pricing_currency, billing_currency,
                    entries, requests, input_tokens, output_tokens, list_cost, contracted_cost, billed_cost, effective_cost
                FROM ${database}.chargeback_daily_store
                UNION ALL
                SELECT
                    'monthly' AS `check`, month, tenant, kind, pricing_currency, billing_currency,
                    entries, requests, input_tokens, output_tokens, list_cost, contracted_cost, billed_cost, effective_cost
                FROM ${database}.chargeback_monthly_store
            ) AS s
            GROUP BY `check`, tenant, month, kind, pricing_currency, billing_currency
            UNION ALL
            SELECT
                'lines' AS `check`, side, tenant, month, kind, pricing_currency, billing_currency,
                toDecimal256(0, 30) AS entries,
                toDecimal256(0, 30) AS requests,
                input_tokens, output_tokens, list_cost, contracted_cost, billed_cost, effective_cost
            FROM
            (
                SELECT
                    l.tenant AS tenant, toStartOfMonth(l.event_time) AS month, l.kind AS kind,
                    l.pricing_currency AS pricing_currency, l.billing_currency AS billing_currency,
                    arrayJoin(CAST(
                        [
                            (
                                'ledger',
                                toDecimal256(sum(l.input_tokens), 30), toDecimal256(sum(l.output_tokens), 30),
                                sum(l.list_cost), sum(l.contracted_cost), sum(l.billed_cost), sum(l.effective_cost)
                            ),
                            (
                                'rollup',
                                sumArray(arrayFilter(
                                    (q, m) -> m IN (
                                        'uncached_input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'audio_in',
                                        'cache_read_audio', 'image_in', 'video_in'),
                                    l.`lines.quantity`, l.`lines.meter`)),
                                sumArray(arrayFilter(
                                    (q, m) -> m IN ('output_text', 'reasoning', 'audio_out', 'image_out'),
                                    l.`lines.quantity`, l.`lines.meter`)),
                                sumArray(l.`lines.list_cost`), sumArray(l.`lines.contracted_cost`),
                                sumArray(l.`lines.billed_cost`), sumArray(l.`lines.effective_cost`)
                            )
                        ],
                        'Array(Tuple(
                            side String, input_tokens Decimal(76, 30), output_tokens Decimal(76, 30),
                            list_cost Nullable(Decimal(76, 30)), contracted_cost Nullable(Decimal(76, 30)),
                            billed_cost Nullable(Decimal(76, 30)), effective_cost Nullable(Decimal(76, 30))))')) AS sums,
                    sums.side AS side, sums.input_tokens AS input_tokens, sums.output_tokens AS output_tokens,
                    sums.list_cost AS list_cost, sums.contracted_cost AS contracted_cost,
                    sums.billed_cost AS billed_cost, sums.effective_cost AS effective_cost
                FROM ${database}.ledger AS l
                WHERE notEmpty(l.`lines.meter`)
                GROUP BY tenant, month, kind, pricing_currency, billing_currency
            )
            UNION ALL
            SELECT
                'statements' AS `check`, side, tenant, month, kind, pricing_currency, billing_currency, entries, requests,
                input_tokens, output_tokens, list_cost, contracted_cost, billed_cost, effective_cost
            FROM
            (
                SELECT
                    'ledger' AS side, l.tenant AS tenant, l.billing_period AS month, l.kind AS kind,
                    l.pricing_currency AS pricing_currency, l.billing_currency AS billing_currency,
                    toDecimal256(count(), 30) AS entries,
                    toDecimal256(sum(l.requests), 30) AS requests,
                    toDecimal256(sum(l.input_tokens), 30) AS input_tokens,
                    toDecimal256(sum(l.output_tokens), 30) AS output_tokens,
                    sum(l.list_cost) AS list_cost,
                    sum(l.contracted_cost) AS contracted_cost,
                    sum(l.billed_cost) AS billed_cost,
                    sum(l.effective_cost) AS effective_cost
                FROM ${database}.ledger AS l
                WHERE l.billing_period IN (SELECT f.billing_period FROM ${database}.statements AS f)
                GROUP BY tenant, month, kind, pricing_currency, billing_currency
                UNION ALL
                SELECT
                    'rollup' AS side, f.tenant AS tenant, f.billing_period AS month, f.kind AS kind,
                    f.pricing_currency AS pricing_currency, f.billing_currency AS billing_currency,
                    toDecimal256(sum(f.entries), 30) AS entries,
                    toDecimal256(sum(f.requests), 30) AS requests,
                    toDecimal256(sum(f.input_tokens), 30) AS input_tokens,
                    toDecimal256(sum(f.output_tokens), 30) AS output_tokens,
                    sum(f.list_cost) AS list_cost,
                    sum(f.contracted_cost) AS contracted_cost,
                    sum(f.billed_cost) AS billed_cost,
                    sum(f.effective_cost) AS effective_cost
                FROM ${database}.statements AS f
                GROUP BY tenant, month, kind, pricing_currency, billing_currency
            )
        )
        GROUP BY `check`, tenant, month, kind, pricing_currency, billing_currency
    )
    GROUP BY `check`, measure, currency
    UNION ALL
    SELECT
        'facts' AS `check`,
        fact.1 AS measure,
        '' AS currency,
        toNullable(toDecimal256(fact.2, 30)) AS ledger,
        NULL AS rollup,
        toDecimal256(if(fact.1 IN ('duplicate entries', 'booked again'), fact.2, 0), 30) AS difference,
        0 AS groups_that_differ
    FROM
    (
        SELECT arrayJoin([
            ('conflicts', countIf(l.status = 'conflict')),
            ('superseded', countIf(l.status = 'superseded')),
            ('position expired', countIf(l.status = 'position_expired')),
            ('memos that carry an amount', countIf(
                l.kind = 'memo'
                AND (l.requests != 0 OR l.input_tokens != 0 OR l.output_tokens != 0 OR ifNull(l.billed_cost, 0) != 0)))
        ]) AS fact
        FROM ${database}.ledger AS l
        UNION ALL
        SELECT ('unpriced events', count()) AS fact
        FROM ${database}.unpriced_usage
        UNION ALL
        SELECT ('corrections pending', count()) AS fact
        FROM ${database}.pending_corrections
        UNION ALL
        SELECT ('booked again', count()) AS fact
        FROM ${database}.booked_again
        UNION ALL
        SELECT ('duplicate entries', toUInt64(sum(times) - count())) AS fact
        FROM
        (
            -- Along the sorting key, so that memory doesn't grow with the ledger.
            SELECT count() AS times
            FROM ${database}.ledger AS l
            GROUP BY l.tenant, l.event_time, l.event_id, l.sequence, l.entry_id, l.recorded_at
            SETTINGS optimize_aggregation_in_order = 1
        )
    )
)
ORDER BY
    indexOf(['hourly', 'daily', 'monthly', 'lines', 'statements', 'facts'], `check`),
    indexOf(
        [
            'entries', 'requests', 'input_tokens', 'output_tokens', 'list_cost', 'contracted_cost', 'billed_cost',
            'effective_cost', 'duplicate entries', 'booked again', 'memos that carry an amount', 'unpriced events', 'conflicts',
            'superseded', 'position expired', 'corrections pending'
        ],
        measure),
    currency;
