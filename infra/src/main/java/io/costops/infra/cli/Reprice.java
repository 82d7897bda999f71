package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.ledger.EventRequests;
import io.costops.infra.ledger.RepriceRun;
import io.costops.infra.ledger.Repricer;
import io.costops.infra.ledger.RequestTopic;
import io.costops.infra.text.TextTable;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prices what stands in the ledger anew. */
@Command(
        name = "reprice",
        description = {
            "Books the difference where the prices of now come to another cost than the ledger has: shows first what"
                    + " changes, by tenant and model, then asks for it.",
            "It may be killed and run again, and run beside the live stream: no difference is booked twice."
        },
        mixinStandardHelpOptions = true)
final class Reprice implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long TELL_EVERY = 100_000;

    @Mixin
    private final LedgerAccess access = new LedgerAccess();

    @Option(
            names = "--from",
            required = true,
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description = "First moment of the usage, such as 2026-07-01 or 2026-07-01T12:00:00Z.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Instant from;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description = "Where the usage ends: the moment after.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Instant to;

    @Option(names = "--tenant", paramLabel = "NAME", description = "Only this tenant's usage.")
    private @Nullable String tenant;

    @Option(names = "--model", paramLabel = "NAME", description = "Only usage of this model.")
    private @Nullable String model;

    @Option(names = "--dry-run", description = "Show what would change, and change nothing.")
    private boolean dryRun;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            description = "How long to wait until the ledger shows the new prices (default: ${DEFAULT-VALUE}).")
    private long patienceSeconds = 600;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        RepriceRun run = new RepriceRun(access.ledger(), new RepriceRun.Scope(from, to, tenant, model));
        RepriceRun.Survey survey = run.round(new Repricer(access.prices()), changes -> {}, this::tell);
        if (!json) {
            print(survey);
        }
        long asked = 0;
        if (!dryRun && survey.changed() > 0) {
            try (RequestTopic requests = access.requests()) {
                asked = run.apply(
                        access::prices,
                        new EventRequests(Clock.systemUTC()),
                        requests::send,
                        access.tail(),
                        Duration.ofSeconds(patienceSeconds),
                        this::tell);
            }
        }
        if (json) {
            printJson(survey, asked);
        } else if (asked > 0) {
            out().printf(Locale.ROOT, "priced %,d events anew; the ledger shows it%n", asked);
        }
    }

    private void tell(long events) {
        if (events >= TELL_EVERY && events % TELL_EVERY < 5_000) {
            spec.commandLine().getErr().printf(Locale.ROOT, "%,d events looked at%n", events);
        }
    }

    private void print(RepriceRun.Survey survey) {
        out().printf(
                        Locale.ROOT,
                        "%,d of %,d events %s%n",
                        survey.changed(),
                        survey.events(),
                        dryRun ? "would change" : "change");
        if (survey.chargedTwice() > 0) {
            out().printf(
                            Locale.ROOT,
                            "left alone: %,d that are charged more than once; take that back with ./costops ledger reverse"
                                    + " and run this again%n",
                            survey.chargedTwice());
        }
        if (survey.changed() == 0) {
            return;
        }
        TextTable table = new TextTable(
                "tenant",
                "model",
                "events",
                "unpriced",
                "still unpriced",
                "billed now",
                "billed then",
                "difference",
                "currency");
        survey.changes()
                .forEach((group, effect) -> table.row(
                        group.tenant(),
                        group.model(),
                        effect.events(),
                        effect.unpricedBefore(),
                        effect.unpricedAfter(),
                        effect.before(),
                        effect.after(),
                        effect.difference(),
                        group.currency()));
        table.lines().forEach(out()::println);
    }

    private void printJson(RepriceRun.Survey survey, long asked) {
        ObjectNode result = JSON.createObjectNode();
        result.put("events", survey.events());
        result.put("changed", survey.changed());
        result.put("applied", asked);
        result.put("charged_twice", survey.chargedTwice());
        result.put("dry_run", dryRun);
        ArrayNode changes = result.putArray("changes");
        survey.changes()
                .forEach((group, effect) -> changes.addObject()
                        .put("tenant", group.tenant())
                        .put("model", group.model())
                        .put("currency", group.currency())
                        .put("events", effect.events())
                        .put("unpriced_before", effect.unpricedBefore())
                        .put("unpriced_after", effect.unpricedAfter())
                        .put("billed_before", plain(effect.before()))
                        .put("billed_after", plain(effect.after()))
                        .put("difference", plain(effect.difference())));
        out().println(result);
    }

    private static String plain(BigDecimal amount) {
        return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
