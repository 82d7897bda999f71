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
                SELECT if(tenant = '', '(no tenant)', tenant) AS tenant, sum(requests), sum(input_tokens),
                    sum(output_tokens), sum(billed_cost), any(billing_currency)
                FROM costops.chargeback_daily GROUP BY tenant ORDER BY sum(billed_cost) DESC, tenant
                """, "tenant", "requests", "input tokens", "output tokens", "billed cost", "");
        table("Chargeback by project", """
                SELECT if(tenant = '', '(no tenant)', tenant) AS tenant, if(project = '', '(no project)', project),
                    arrayStringConcat(arraySort(groupUniqArray(team)), ', '), sum(requests), sum(billed_cost),
                    any(billing_currency)
                FROM costops.chargeback_daily GROUP BY tenant, project ORDER BY sum(billed_cost) DESC, tenant, project
                """, "tenant", "project", "team", "requests", "billed cost", "");
        table(
                "Chargeback by model",
                """
                SELECT if(provider = '', '-', provider), if(model = '', '(none named)', model), sum(requests),
                    sum(input_tokens), sum(output_tokens), sum(billed_cost), any(billing_currency)
                FROM costops.chargeback_daily GROUP BY provider, model
                ORDER BY sum(billed_cost) DESC NULLS LAST, provider, model
                """,
                "provider",
                "model",
                "requests",
                "input tokens",
                "output tokens",
                "billed cost",
                "");
        table(
                "Usage that waits for a price (its cost is unknown, not 0)",
                """
                SELECT provider, model, count(), sum(input_tokens), sum(output_tokens)
                FROM costops.unpriced_usage GROUP BY provider, model ORDER BY provider, model
                """,
                "provider",
                "model",
                "events",
                "input tokens",
                "output tokens");
        table("Rejected records (kept with their bytes)", """
                SELECT reason, field, count() FROM costops.rejected_usage GROUP BY reason, field ORDER BY reason, field
                """, "reason", "field", "records");
        table(
                "Reconciliation of the ledger with its roll-ups and lines",
                """
                SELECT check, measure, currency, ledger, rollup, difference FROM costops.reconciliation
                """,
                "check",
                "measure",
                "",
                "ledger",
                "roll-up",
                "difference");
    }

    /** The first difference that falsifies a sum. */
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
