package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.ledger.Again;
import io.costops.infra.ledger.EventRequests;
import io.costops.infra.ledger.RequestTopic;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.LedgerEntry;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What is done to the ledger by hand; always by entries. */
@Command(
        name = "ledger",
        description = "Mends the ledger, by entries that say why.",
        mixinStandardHelpOptions = true,
        subcommands = {LedgerCommand.Reverse.class},
        synopsisSubcommandLabel = "COMMAND")
final class LedgerCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    @Command(
            name = "reverse",
            description = {
                "Takes back what was charged twice: usage that came again after the dedup window.",
                "The view booked_again lists it. It may be killed and run again."
            },
            mixinStandardHelpOptions = true)
    static final class Reverse implements Runnable {
        private static final ObjectMapper JSON = new ObjectMapper();
        private static final int SHOWN = 50;

        @Mixin
        private final LedgerAccess access = new LedgerAccess();

        @Option(names = "--event", paramLabel = "ID", description = "Only this event.")
        private @Nullable String eventId;

        @Option(names = "--dry-run", description = "Show what would be taken back, and change nothing.")
        private boolean dryRun;

        @Option(
                names = "--patience",
                paramLabel = "SECONDS",
                description = "How long to wait until the ledger shows it (default: ${DEFAULT-VALUE}).")
        private long patienceSeconds = 300;

        @Option(names = "--json", description = "Print the result as JSON.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            Again again = new Again(access.ledger(), new EventRequests(Clock.systemUTC()));
            List<Again.Charge> charges = again.charges(eventId);
            if (!dryRun && !charges.isEmpty()) {
                try (RequestTopic requests = access.requests()) {
                    again.takeBack(charges, eventId, requests::send, Duration.ofSeconds(patienceSeconds));
                }
            }
            if (json) {
                printJson(charges);
            } else {
                print(charges);
            }
        }

        private void print(List<Again.Charge> charges) {
            PrintWriter out = spec.commandLine().getOut();
            if (charges.isEmpty()) {
                out.println("no event is charged twice");
                return;
            }
            TextTable table = new TextTable("event", "tenant", "model", "recorded again at", "billed cost", "currency");
            charges.stream().limit(SHOWN).map(Again.Charge::entry).forEach(entry -> row(table, entry));
            table.lines().forEach(out::println);
            if (charges.size() > SHOWN) {
                out.printf(Locale.ROOT, "and %,d more%n", charges.size() - SHOWN);
            }
            out.printf(
                    Locale.ROOT,
                    dryRun ? "%,d charges would be taken back%n" : "took back %,d charges%n",
                    charges.size());
        }

        private static void row(TextTable table, LedgerEntry entry) {
            table.row(
                    entry.getEventId(),
                    entry.getDimensions().getTenant(),
                    entry.getModel(),
                    entry.getRecordedAt().toString(),
                    entry.getBilledCost(),
                    entry.getBillingCurrency());
        }

        private void printJson(List<Again.Charge> charges) {
            ObjectNode result = JSON.createObjectNode();
            result.put("dry_run", dryRun);
            ArrayNode all = result.putArray("charges");
            for (Again.Charge charge : charges) {
                BigDecimal cost = charge.billedCost();
                all.addObject()
                        .put("event_id", charge.entry().getEventId())
                        .put("entry_id", charge.entry().getEntryId())
                        .put("tenant", charge.entry().getDimensions().getTenant())
                        .put("recorded_at", charge.entry().getRecordedAt().toString())
                        .put(
                                "billed_cost",
                                cost == null ? null : cost.stripTrailingZeros().toPlainString());
            }
            spec.commandLine().getOut().println(result);
        }
    }
}
