package io.costops.infra.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.infra.bench.BenchDirectory;
import io.costops.infra.bench.BenchException;
import io.costops.infra.bench.Freshness;
import io.costops.infra.bench.Machine;
import io.costops.infra.books.BookTopic;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformOptions.StateBackend;
import io.costops.infra.text.TextTable;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures how soon usage stands in the ledger, in good times and after faults. */
@Command(
        name = "freshness",
        description = {
            "Starts a platform of its own and puts live usage through it. Ten events a second are timed, from the moment before"
                    + " they are sent until a query finds them in the ledger.",
            "Measured are their times under a steady load; how long it takes after a TaskManager was killed until the ledger is"
                    + " fresh again (everything older than 5 s is found); and the same after an outage of ClickHouse, from its"
                    + " return, while the load goes on.",
            "Its data directory, bench-freshness in the platform's, begins empty and stays for a look at the logs."
        },
        mixinStandardHelpOptions = true)
final class FreshnessCommand implements Runnable {
    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Events a second of the steady load (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(
            names = "--time",
            paramLabel = "TIME",
            defaultValue = "PT2M",
            description = "How long the steady load is measured (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration time;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many times the TaskManager is killed (default: ${DEFAULT-VALUE}).")
    private int kills;

    @Option(
            names = "--kill-rate",
            paramLabel = "N",
            defaultValue = "500",
            description = "Events a second meanwhile (default: ${DEFAULT-VALUE}).")
    private double killRate;

    @Option(
            names = "--outage",
            paramLabel = "TIME",
            defaultValue = "PT5M",
            description = "How long ClickHouse is away; PT0S leaves that out (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration outage;

    @Option(
            names = "--outage-rate",
            paramLabel = "N",
            defaultValue = "5000",
            description = "Events a second meanwhile and until the ledger has caught up (default: ${DEFAULT-VALUE}).")
    private double outageRate;

    @Option(
            names = "--state",
            paramLabel = "heap|rocksdb",
            defaultValue = "ROCKSDB",
            description = "Where Flink keeps keyed state (default: rocksdb).")
    private StateBackend state = StateBackend.ROCKSDB;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "Which usage (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--json", description = "Print the outcome as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        if (rate <= 0
                || killRate <= 0
                || outageRate <= 0
                || kills < 0
                || time.isZero()
                || time.isNegative()
                || outage.isNegative()) {
            throw new BenchException(
                    "--rate, --kill-rate, --outage-rate and --time must be above 0, --kills and --outage 0 or more");
        }
        Path directory = data.ownPath().resolve("bench-freshness");
        BenchDirectory.empty(directory);
        PrintWriter err = spec.commandLine().getErr();
        err.println("starting a platform in " + directory);
        Freshness.Plan plan =
                new Freshness.Plan(seed, rate, time, killRate, kills, outageRate, outage, Clock.systemUTC());
        Freshness.Outcome outcome;
        try (Platform platform = Platform.builder(directory)
                .stateBackend(state)
                .longLived()
                .beforeJobs(FreshnessCommand::fillPrices)
                .start()) {
            outcome = Freshness.run(plan, platform, err::println);
        }
        print(outcome);
    }

    private static void fillPrices(PlatformAddresses addresses) {
        BookTopic.prices(
                        addresses.requireKafka(),
                        new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())))
                .append(Stream.concat(
                                BuiltInPrices.history().revisions().stream(), BuiltInPrices.map().revisions().stream())
                        .toList());
    }

    private void print(Freshness.Outcome outcome) {
        PrintWriter out = spec.commandLine().getOut();
        Machine machine = Machine.here();
        if (json) {
            out.println(document(outcome, machine));
            return;
        }
        TextTable times = new TextTable("events/s", "timed", "median s", "p95 s", "p99 s", "longest s");
        times.row(
                String.format(Locale.ROOT, "%,.0f", outcome.sent()),
                outcome.times().events(),
                seconds(outcome.times().median()),
                seconds(outcome.times().p95()),
                seconds(outcome.times().p99()),
                seconds(outcome.times().longest()));
        times.lines().forEach(out::println);
        out.println();
        if (!outcome.recoveries().isEmpty()) {
            TextTable recoveries = new TextTable("TaskManager killed at events/s", "events again s", "fresh again s");
            for (Freshness.Recovery recovery : outcome.recoveries()) {
                recoveries.row(
                        String.format(Locale.ROOT, "%,.0f", killRate),
                        seconds(recovery.again()),
                        seconds(recovery.fresh()));
            }
            recoveries.lines().forEach(out::println);
            out.println();
        }
        if (outcome.backlogGone() != null) {
            out.printf(
                    Locale.ROOT,
                    "%,d events that were sent while ClickHouse was away were in the ledger %s s after it came back%n",
                    outcome.outageRecords(),
                    seconds(outcome.backlogGone()));
        }
        if (outcome.caughtUp() == null && !outage.isZero()) {
            out.printf(
                    Locale.ROOT,
                    "not fresh again within %d minutes after ClickHouse came back, while %,.0f events a second went on coming%n",
                    Freshness.PATIENCE.toMinutes(),
                    outageRate);
        }
        if (outcome.caughtUp() != null) {
            out.printf(
                    Locale.ROOT,
                    "fresh again %s s after it came back, while %,.0f events a second went on coming%n",
                    seconds(outcome.caughtUp()),
                    outageRate);
        }
        out.printf(
                Locale.ROOT,
                "at most %.1f GiB resident in %d processes%n",
                outcome.memory().bytes() / (double) (1L << 30),
                outcome.memory().processes());
        out.println(machine);
    }

    private ObjectNode document(Freshness.Outcome outcome, Machine machine) {
        ObjectNode document = Bench.document("freshness", machine);
        document.put("events_per_second", outcome.sent());
        document.put("timed", outcome.times().events());
        document.put("median_seconds", outcome.times().median().toNanos() / 1e9);
        document.put("p95_seconds", outcome.times().p95().toNanos() / 1e9);
        document.put("p99_seconds", outcome.times().p99().toNanos() / 1e9);
        document.put("longest_seconds", outcome.times().longest().toNanos() / 1e9);
        ArrayNode recoveries = document.putArray("recoveries");
        for (Freshness.Recovery recovery : outcome.recoveries()) {
            ObjectNode one = recoveries.addObject();
            one.put("events_per_second", killRate);
            one.put("again_seconds", recovery.again().toNanos() / 1e9);
            one.put("fresh_seconds", recovery.fresh().toNanos() / 1e9);
        }
        if (outcome.backlogGone() != null) {
            document.put("events_while_away", outcome.outageRecords());
            document.put("backlog_gone_seconds", outcome.backlogGone().toNanos() / 1e9);
        }
        if (outcome.caughtUp() != null) {
            document.put("catch_up_seconds", outcome.caughtUp().toNanos() / 1e9);
        }
        document.put("resident_bytes", outcome.memory().bytes());
        return document;
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.2f", time.toNanos() / 1e9);
    }
}
