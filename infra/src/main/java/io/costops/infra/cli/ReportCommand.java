package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.ledger.MonthEnd;
import io.costops.infra.text.TextTable;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the statement of a month. */
@Command(
        name = "report",
        description = {
            "Prints what is billed in a month: the statement of a closed one, what it comes to so far of an open one.",
            "Corrections are charges of months that were closed before."
        },
        mixinStandardHelpOptions = true)
final class ReportCommand implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private final LedgerAccess access = new LedgerAccess();

    @Parameters(paramLabel = "MONTH", converter = MonthConverter.class, description = "The month, such as 2026-07.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private YearMonth month;

    @Option(names = "--tenant", paramLabel = "NAME", description = "Only this tenant's lines.")
    private @Nullable String tenant;

    @Option(
            names = "--by",
            split = ",",
            paramLabel = "COLUMN",
            description = "Group by these: ${COMPLETION-CANDIDATES} (default: tenant).")
    private List<Column> by = List.of(Column.TENANT);

    @Option(names = "--json", description = "Print one JSON object with every digit.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /** What a statement can be grouped by. */
    enum Column {
        TENANT,
        DEPARTMENT,
        PROJECT,
        TEAM,
        COST_CENTER,
        ENVIRONMENT,
        PROVIDER,
        MODEL,
        SERVICE_TIER;

        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String toString() {
            return wireName();
        }
    }

    @Override
    public void run() {
        MonthEnd monthEnd = access.monthEnd();
        boolean frozen = monthEnd.isFrozen(month);
        List<MonthEnd.Line> lines =
                monthEnd.lines(month, by.stream().map(Column::wireName).toList(), tenant);
        if (json) {
            printJson(frozen, lines);
        } else {
            print(frozen, lines);
        }
    }

    private void print(boolean frozen, List<MonthEnd.Line> lines) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(frozen ? "statement of " + month : month + " so far: the month is open");
        if (lines.isEmpty()) {
            out.println("nothing is billed in it");
            return;
        }
        List<String> header = new ArrayList<>(by.stream().map(Column::wireName).toList());
        header.addAll(List.of(
                "class",
                "requests",
                "input tokens",
                "output tokens",
                "unpriced",
                "list cost",
                "billed cost",
                "currency"));
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (MonthEnd.Line line : lines) {
            List<@Nullable Object> row = new ArrayList<>(line.group());
            row.add(line.chargeClass().isEmpty() ? "Charge" : line.chargeClass());
            row.add(line.requests());
            row.add(line.inputTokens());
            row.add(line.outputTokens());
            row.add(line.unpricedRequests());
            row.add(line.listCost());
            row.add(line.billedCost());
            row.add(line.currency());
            table.row(row.toArray());
        }
        table.lines().forEach(out::println);
    }

    private void printJson(boolean frozen, List<MonthEnd.Line> lines) {
        ObjectNode result = JSON.createObjectNode();
        result.put("month", month.toString());
        result.put("closed", frozen);
        ArrayNode all = result.putArray("lines");
        for (MonthEnd.Line line : lines) {
            ObjectNode node = all.addObject();
            for (int i = 0; i < by.size(); i++) {
                node.put(by.get(i).wireName(), line.group().get(i));
            }
            node.put("charge_class", line.chargeClass());
            node.put("currency", line.currency());
            node.put("requests", line.requests());
            node.put("input_tokens", line.inputTokens());
            node.put("output_tokens", line.outputTokens());
            node.put("unpriced_requests", line.unpricedRequests());
            node.put("list_cost", plain(line.listCost()));
            node.put("billed_cost", plain(line.billedCost()));
        }
        spec.commandLine().getOut().println(result);
    }

    /** As text, so that no reader rounds it; null is unknown and not 0. */
    private static @Nullable String plain(@Nullable BigDecimal amount) {
        return amount == null
                ? null
                : amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
    }
}
