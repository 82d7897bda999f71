package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.ledger.RejectedTopic;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Puts rejected usage back. */
@Command(
        name = "replay",
        description = {
            "Puts rejected usage back where it came from, byte for byte, once what was wrong is mended.",
            "Each record is tried first; what would be rejected again, or is in the ledger by now, is left alone. It may be"
                    + " killed and run again: nothing is charged twice."
        },
        mixinStandardHelpOptions = true)
final class Replay implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private final LedgerAccess access = new LedgerAccess();

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description =
                    "Only what was rejected from then on, such as 2026-07-01 (default: all that Kafka keeps, 90 days).")
    private @Nullable Instant since;

    @Option(names = "--dry-run", description = "Try the records, and put none back.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        RejectedTopic.Result result = new RejectedTopic(
                        access.addresses().requireKafka(), access.registry(), access.ledger())
                .replay(since, dryRun);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode node = JSON.createObjectNode();
            node.put("dry_run", dryRun);
            node.put("replayed", result.replayed());
            node.put("in_ledger", result.booked());
            node.put("other_topics", result.otherTopics());
            ObjectNode wrong = node.putObject("still_wrong");
            result.stillWrong().forEach(wrong::put);
            out.println(node);
            return;
        }
        out.printf(
                Locale.ROOT, dryRun ? "%,d records would be put back%n" : "put back %,d records%n", result.replayed());
        if (result.booked() > 0) {
            out.printf(Locale.ROOT, "left alone: %,d whose usage the ledger holds%n", result.booked());
        }
        if (result.otherTopics() > 0) {
            out.printf(
                    Locale.ROOT,
                    "left alone: %,d that are no usage; publish prices and rules anew%n",
                    result.otherTopics());
        }
        result.stillWrong()
                .forEach((reason, count) -> out.printf(Locale.ROOT, "still wrong, %,d times: %s%n", count, reason));
    }
}
