package io.costops.infra.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.bench.AlertLatency;
import io.costops.infra.bench.BenchDirectory;
import io.costops.infra.bench.BenchException;
import io.costops.infra.bench.Machine;
import io.costops.infra.text.TextTable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How soon people hear of a retry loop. */
@Command(
        name = "alert",
        description = {
            "Starts a platform of its own, gives some tenants four days of history and then usual traffic in real time, lets one"
                    + " after the other fall into a retry loop, and measures the time from a loop's first event to the request"
                    + " at Slack, which is a server on this machine. In the end the notifier is killed, and the time is"
                    + " measured until it does its work again.",
            "Takes about six minutes. Its data directory, bench-alert in the platform's, begins empty and stays for a look at"
                    + " the logs."
        },
        mixinStandardHelpOptions = true)
final class AlertBench implements Runnable {
    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Option(
            names = "--incidents",
            paramLabel = "N",
            defaultValue = "20",
            description = "Loops, each of another tenant (default: ${DEFAULT-VALUE}).")
    private int incidents;

    @Option(
            names = "--apart",
            paramLabel = "TIME",
            defaultValue = "PT7.7S",
            description =
                    "Time from one loop's begin to the next one's (default: ${DEFAULT-VALUE}, so that they begin at"
                            + " all seconds of the minute).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration apart;

    @Option(names = "--json", description = "Print the figures as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        if (incidents < 1 || apart.isNegative()) {
            throw new BenchException("--incidents must be 1 or more and --apart not negative");
        }
        Path directory = data.ownPath().resolve("bench-alert");
        BenchDirectory.empty(directory);
        PrintWriter err = spec.commandLine().getErr();
        err.println("starting a platform in " + directory);
        AlertLatency.Outcome outcome =
                AlertLatency.run(new AlertLatency.Plan(incidents, apart), directory, Clock.systemUTC(), err::println);
        Machine machine = Machine.here();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode document = Bench.document("alert", machine);
            document.put("loops", outcome.incidents());
            document.put("told", outcome.told().size());
            document.put("messages", outcome.messages());
            document.put("median_seconds", outcome.quantile(0.5));
            document.put("p95_seconds", outcome.quantile(0.95));
            document.put("max_seconds", outcome.quantile(1));
            document.put("notifier_back_seconds", outcome.notifierBack().toMillis() / 1e3);
            document.putPOJO("seconds", outcome.told());
            out.println(document);
            return;
        }
        TextTable table = new TextTable(
                "loops", "told of", "messages", "median s", "p95 s", "max s", "killed notifier back after s");
        table.row(
                outcome.incidents(),
                outcome.told().size(),
                outcome.messages(),
                DetectionBench.rounded(outcome.quantile(0.5), 1),
                DetectionBench.rounded(outcome.quantile(0.95), 1),
                DetectionBench.rounded(outcome.quantile(1), 1),
                DetectionBench.rounded(outcome.notifierBack().toMillis() / 1e3, 1));
        Bench.print(table, machine, out);
    }
}
