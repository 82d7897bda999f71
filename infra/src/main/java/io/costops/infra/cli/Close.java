package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.ledger.MonthEnd;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.YearMonth;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Closes a month. */
@Command(
        name = "close",
        description = {
            "Closes a month and draws up its statement, which never changes from then on.",
            "What is recorded later for the month, be it late usage, a correction or another price, is billed in the month"
                    + " that is open then, as a correction."
        },
        mixinStandardHelpOptions = true)
final class Close implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private final LedgerAccess access = new LedgerAccess();

    @Parameters(paramLabel = "MONTH", converter = MonthConverter.class, description = "The month, such as 2026-07.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private YearMonth month;

    @Option(names = "--and-earlier", description = "Close every earlier month that is open, too.")
    private boolean andEarlier;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            description = "How long to wait for the job and the ledger (default: ${DEFAULT-VALUE}).")
    private long patienceSeconds = 300;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        MonthEnd monthEnd = access.monthEnd();
        Set<YearMonth> drawnUp = monthEnd.close(
                month,
                andEarlier,
                Duration.ofSeconds(patienceSeconds),
                message -> (json ? spec.commandLine().getErr() : out).println(message));
        if (json) {
            ObjectNode result = JSON.createObjectNode().put("month", month.toString());
            ArrayNode months = result.putArray("statements");
            drawnUp.forEach(each -> months.add(each.toString()));
            out.println(result);
            return;
        }
        drawnUp.forEach(each -> out.println("the statement of " + each + " is drawn up"));
        if (drawnUp.isEmpty()) {
            out.println(month + " was closed before");
        }
        out.println("./costops report " + month + " shows it");
    }
}
