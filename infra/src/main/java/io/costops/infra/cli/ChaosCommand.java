package io.costops.infra.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.bench.BenchDirectory;
import io.costops.infra.bench.BenchException;
import io.costops.infra.bench.Chaos;
import io.costops.infra.bench.LedgerProof;
import io.costops.infra.bench.Machine;
import io.costops.infra.platform.Platform;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.EntryKind;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Kills everything under load and proves that the books balance. */
@Command(
        name = "chaos",
        description = {
            "Starts a platform of its own, streams a known load through it with duplicates, disorder, corrections, deletions and"
                    + " malformed records, and meanwhile kills and restarts each process, cuts ClickHouse off, lets it run out of"
                    + " space, upgrades the jobs from savepoints and kills everything at once.",
            "In the end the ledger, the chargeback tables and the position of each event are compared with the truth, which is"
                    + " worked out in memory. Exits with 1 if a digit differs or an entry stands twice.",
            "Its data directory, bench-chaos in the platform's, begins empty and stays for a look at the logs."
        },
        mixinStandardHelpOptions = true)
final class ChaosCommand implements Runnable {
    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "10",
            description = "How long the load and the faults last (default: ${DEFAULT-VALUE}).")
    private int minutes;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "Which load and which faults (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "200",
            description = "Records a second (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(
            names = "--down",
            paramLabel = "TIME",
            defaultValue = "PT70S",
            description =
                    "How long everything stays down after it was killed at once (default: ${DEFAULT-VALUE}; Kafka's"
                            + " transactions last a minute if nobody says otherwise).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration down;

    @Option(
            names = "--away",
            paramLabel = "TIME",
            defaultValue = "PT60S",
            description = "How long ClickHouse is away, and how long it is out of space (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration away;

    @Option(
            names = "--task-managers",
            paramLabel = "N",
            defaultValue = "2",
            description = "TaskManagers (default: ${DEFAULT-VALUE}).")
    private int taskManagers;

    @Option(names = "--json", description = "Print the outcome as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        if (minutes < 1 || rate <= 0) {
            throw new BenchException("--minutes must be 1 or more and --rate above 0");
        }
        Path directory = data.ownPath().resolve("bench-chaos");
        BenchDirectory.empty(directory);
        PrintWriter err = spec.commandLine().getErr();
        err.println("starting a platform in " + directory);
        Chaos.Plan plan = new Chaos.Plan(
                seed, Duration.ofMinutes(minutes), rate, Clock.systemUTC().instant(), down, away, false);
        Chaos.Outcome outcome;
        try (Platform platform = Platform.builder(directory)
                .taskManagers(taskManagers)
                .beforeJobs(addresses -> Chaos.fillBooks(plan, addresses))
                .start()) {
            outcome = Chaos.run(plan, platform, err::println);
        }
        print(outcome);
        if (!outcome.balances()) {
            throw new BenchException("the books don't balance: " + String.join("; ", outcome.differences()));
        }
    }

    private void print(Chaos.Outcome outcome) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(document(outcome));
            return;
        }
        TextTable faults = new TextTable("what happened", "times");
        new TreeMap<>(outcome.faults()).forEach((name, count) -> faults.row(name, count));
        faults.lines().forEach(out::println);
        out.println();
        TextTable counts = new TextTable("counted", "expected");
        counts.row("records published", outcome.records());
        for (EntryKind kind : EntryKind.values()) {
            long expected = outcome.expectation().entries().getOrDefault(kind, 0L);
            if (expected != 0) {
                counts.row(kind.name().toLowerCase(Locale.ROOT) + " entries", expected);
            }
        }
        counts.row("rejected records", outcome.expectation().rejectedRecords());
        counts.row("repeats", outcome.expectation().repeats());
        counts.lines().forEach(out::println);
        out.println();
        TextTable tables = new TextTable("table", "compared", "differing", "requests", "billed cost USD");
        tables.row(
                "(the truth)",
                null,
                null,
                outcome.proof().truth().requests(),
                outcome.proof().truth().billed());
        for (LedgerProof.Row row : outcome.proof().rows()) {
            tables.row(
                    row.table(),
                    row.compared(),
                    row.differing(),
                    row.found().requests(),
                    row.found().billed());
        }
        tables.lines().forEach(out::println);
        out.println();
        out.printf(
                Locale.ROOT,
                "%d processes killed; %d entries twice; all accounted for %.1f s after the last record%s%n",
                outcome.kills(),
                outcome.proof().duplicateEntries(),
                outcome.settled().toMillis() / 1e3,
                outcome.slowestReturn() == null
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; whole again at most %.1f s after a TaskManager was killed",
                                outcome.slowestReturn().toMillis() / 1e3));
        out.println(outcome.balances() ? "zero difference" : "NOT BALANCED");
        out.println(Machine.here());
    }

    private static ObjectNode document(Chaos.Outcome outcome) {
        ObjectNode document = Bench.document("chaos", Machine.here());
        document.put("balances", outcome.balances());
        document.put("killed", outcome.kills());
        document.put("records", outcome.records());
        document.put("duplicate_entries", outcome.proof().duplicateEntries());
        document.put("settled_seconds", outcome.settled().toMillis() / 1e3);
        document.putPOJO("faults", outcome.faults());
        document.put("truth_billed", outcome.proof().truth().billed().toPlainString());
        ArrayNode tables = document.putArray("tables");
        for (LedgerProof.Row row : outcome.proof().rows()) {
            tables.addObject()
                    .put("table", row.table())
                    .put("compared", row.compared())
                    .put("differing", row.differing())
                    .put("billed", row.found().billed().toPlainString());
        }
        ArrayNode differences = document.putArray("differences");
        List<String> all = outcome.differences();
        all.forEach(differences::add);
        return document;
    }
}
