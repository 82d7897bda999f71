package io.costops.infra.demo;

import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.text.TextTable;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the ledger says of the month, in tables. */
final class Report {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String NULL = "\\N";
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

    private final ClickHouseHttp clickHouse;
    private final PrintWriter out;

    Report(ClickHouseHttp clickHouse, PrintWriter out) {
        this.clickHouse = clickHouse;
        this.out = out;
    }

    void print() {
        table("Chargeback by tenant", """
                SELECT if(tenant = '', '(no tenant)', tenant) AS who, sum(requests), sum(input_tokens),
                    sum(output_tokens), sum(billed_cost) AS cost, billing_currency
                FROM costops.chargeback_daily GROUP BY who, billing_currency ORDER BY cost DESC NULLS LAST, who
                """, "tenant", "requests", "input tokens", "output tokens", "billed cost", "");
        table("Chargeback by project", """
                SELECT if(tenant = '', '(no tenant)', tenant) AS who, if(project = '', '(no project)', project) AS what,
                    arrayStringConcat(arraySort(groupUniqArray(team)), ', '), sum(requests),
                    sum(billed_cost) AS cost, billing_currency
                FROM costops.chargeback_daily GROUP BY who, what, billing_currency
                ORDER BY cost DESC NULLS LAST, who, what
                """, "tenant", "project", "teams", "requests", "billed cost", "");
        table(
                "Chargeback by model; a model without a price has no cost, which is not 0",
                """
                SELECT c.provider, if(c.model = '', '(none named)', c.model) AS what, c.requests, u.events, c.input,
                    c.output, if(u.events > 0 AND c.cost = 0, NULL, c.cost) AS known_cost, c.billing_currency
                FROM
                (
                    SELECT provider, model, billing_currency, sum(requests) AS requests, sum(input_tokens) AS input,
                        sum(output_tokens) AS output, sum(billed_cost) AS cost
                    FROM costops.chargeback_daily GROUP BY provider, model, billing_currency
                ) AS c
                LEFT JOIN
                (
                    SELECT provider, model, count() AS events FROM costops.unpriced_usage GROUP BY provider, model
                ) AS u ON c.provider = u.provider AND c.model = u.model
                ORDER BY known_cost DESC NULLS LAST, c.provider, what
                """,
                "provider",
                "model",
                "requests",
                "unpriced",
                "input tokens",
                "output tokens",
                "billed cost",
                "");
        table("Rejected records, kept with their bytes", """
                SELECT reason, field, count() FROM costops.rejected_usage GROUP BY reason, field ORDER BY reason, field
                """, "reason", "field", "records");
        table(
                "Reconciliation of the ledger with its roll-ups and its lines",
                """
                SELECT check, count(), countIf(difference != 0 OR groups_that_differ != 0),
                    anyIf(ledger, measure = 'billed_cost'), anyIf(rollup, measure = 'billed_cost'),
                    anyIf(currency, measure = 'billed_cost')
                FROM costops.reconciliation WHERE check != 'facts' GROUP BY check
                ORDER BY indexOf(['hourly', 'daily', 'monthly', 'lines'], check)
                """,
                "check",
                "measures",
                "that differ",
                "billed in the ledger",
                "in the roll-up",
                "");
        table(
                "Facts beside the sums",
                "SELECT measure, ledger FROM costops.reconciliation WHERE check = 'facts'",
                "fact",
                "count");
    }

    /** The differences that falsify a sum; there must be none. */
    List<String> reconciliationDifferences() {
        return rows("SELECT check, measure, difference FROM costops.reconciliation WHERE difference != 0").stream()
                .map(row -> String.join(" ", row))
                .toList();
    }

    private void table(String title, String query, String... header) {
        TextTable table = new TextTable(header);
        for (String[] row : rows(query)) {
            @Nullable Object[] cells = new @Nullable Object[header.length];
            for (int i = 0; i < cells.length; i++) {
                cells[i] = cell(row[i]);
            }
            table.row(cells);
        }
        out.println();
        out.println(title);
        table.lines().forEach(line -> out.println("  " + line));
    }

    /** Numbers as numbers, so that they are aligned and grouped. */
    private static @Nullable Object cell(String text) {
        if (text.equals(NULL)) {
            return null;
        }
        return NUMBER.matcher(text).matches() ? new BigDecimal(text) : text;
    }

    private List<String[]> rows(String query) {
        return clickHouse
                .query(query.strip() + " FORMAT TSV", PATIENCE)
                .lines()
                .map(line -> line.split("\t", -1))
                .toList();
    }
}
