package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.ledger.HeldLedgerWriter;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.text.TextTable;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.ledger.KafkaPricedLog;
import io.costops.sinks.ledger.LedgerRebuild;
import io.costops.sinks.ledger.PricedLog;
import io.costops.sinks.ledger.RebuildException;
import io.costops.sinks.migrations.Deployment;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the ledger anew from its log. */
@Command(
        name = "rebuild",
        description = {
            "Fills a second ledger from usage.priced, compares it with the one in use, and exchanges the two.",
            "The one in use can be read all the while, and is written until the exchange, which takes seconds. The tables"
                    + " of before are kept until --drop-old. It may be killed and run again."
        },
        mixinStandardHelpOptions = true)
final class Rebuild implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATABASE = "costops";
    private static final Duration REQUEST = Duration.ofMinutes(30);

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    static final class Instead {
        @Option(names = "--drop-old", description = "Drop the tables from before the last rebuild.")
        private boolean dropOld;

        @Option(names = "--abandon", description = "Give up a rebuild that was cut off; the ledger stays as it was.")
        private boolean abandon;
    }

    @ArgGroup
    private @Nullable Instead instead;

    @Option(
            names = "--accept-differences",
            description = "Exchange the tables though the ledger in use holds other entries than usage.priced.")
    private boolean acceptDifferences;

    @Option(
            names = "--writer-stopped",
            description = "No platform of this machine runs the ledger writer: somebody has stopped it, and starts it"
                    + " again from its newest checkpoint afterwards.")
    private boolean writerStopped;

    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            description = "ClickHouse cluster that the tables are on; without it one server.")
    private @Nullable String cluster;

    @Option(
            names = "--kafka-properties",
            paramLabel = "FILE",
            description = "Further properties of the Kafka consumer, for example security.protocol.")
    private @Nullable Path kafkaProperties;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            description = "How long the ledger writer may take to stop (default: ${DEFAULT-VALUE}).")
    private long patienceSeconds = 120;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    @SuppressWarnings("try") // the lock is held, not used
    public Integer call() {
        PlatformAddresses addresses = data.addresses();
        PlatformAddresses.ClickHouse server = addresses.requireClickHouse();
        ClickHouseAddress clickHouse =
                new ClickHouseAddress(URI.create(server.url()), server.user(), server.password(), DATABASE, REQUEST);
        try (FileChannel alone = alone();
                PricedLog log = new KafkaPricedLog(
                        addresses.requireKafka(),
                        properties(),
                        new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())))) {
            LedgerRebuild rebuild = LedgerRebuild.of(
                    clickHouse, Deployment.on(Optional.ofNullable(cluster)), log, writer(), this::tell);
            if (instead != null && instead.dropOld) {
                rebuild.dropOld();
                tell("dropped the tables from before the rebuild");
                return 0;
            }
            if (instead != null && instead.abandon) {
                rebuild.abandon();
                tell("gave the rebuild up; the ledger is as it was");
                return 0;
            }
            return report(rebuild.run(acceptDifferences));
        } catch (RebuildException | IOException e) {
            throw new PlatformException(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted; run it again to go on", e);
        }
    }

    /** Two at once would fill the same tables. The lock is the operating system's: one that was killed leaves none behind. */
    private FileChannel alone() throws IOException {
        Path file = Files.createDirectories(data.path()).resolve("rebuild.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new PlatformException("another costops rebuild is at work");
        }
        return channel;
    }

    private LedgerRebuild.Writer writer() {
        return writerStopped
                ? new StoppedByOthers()
                : new HeldLedgerWriter(data.path(), Duration.ofSeconds(patienceSeconds));
    }

    private static final class StoppedByOthers implements LedgerRebuild.Writer {
        @Override
        public boolean isHeld() {
            return true;
        }

        @Override
        public void hold() {}

        @Override
        public void release() {}
    }

    private Properties properties() {
        Properties properties = new Properties();
        if (kafkaProperties != null) {
            try (Reader reader = Files.newBufferedReader(kafkaProperties, StandardCharsets.UTF_8)) {
                properties.load(reader);
            } catch (IOException e) {
                throw new PlatformException("can't read " + kafkaProperties + ": " + e, e);
            }
        }
        return properties;
    }

    private void tell(String message) {
        (json ? spec.commandLine().getErr() : spec.commandLine().getOut()).println(message);
    }

    private int report(LedgerRebuild.Outcome outcome) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(json(outcome));
            return outcome.exchanged() ? 0 : 1;
        }
        outcome.comparison().ifPresent(found -> {
            TextTable table = new TextTable("currency", "billed before", "billed now");
            found.billed().forEach(sum -> table.row(sum.currency(), sum.before(), sum.after()));
            table.lines().forEach(out::println);
            if (!found.isEqual()) {
                out.printf(
                        Locale.ROOT,
                        "the ledger in use lacks %,d entries of usage.priced, has %,d that it doesn't know, %,d that"
                                + " differ and %,d more than once%n",
                        found.lost(),
                        found.unknown(),
                        found.changed(),
                        found.doubled());
            }
        });
        if (outcome.exchanged()) {
            out.printf(Locale.ROOT, "the ledger is rebuilt: %,d entries%n", outcome.entries());
            out.println(
                    "the tables of before are in " + DATABASE + "_rebuild; ./costops rebuild --drop-old drops them");
            return 0;
        }
        out.println(
                "nothing was exchanged: the rebuilt ledger is in " + DATABASE + "_rebuild to look at. usage.priced is"
                        + " the log of record; if the differences are damage to the ledger, run it with --accept-differences,"
                        + " else with --abandon");
        return 1;
    }

    private static ObjectNode json(LedgerRebuild.Outcome outcome) {
        ObjectNode result =
                JSON.createObjectNode().put("exchanged", outcome.exchanged()).put("entries", outcome.entries());
        outcome.comparison().ifPresent(found -> {
            ObjectNode comparison = result.putObject("comparison")
                    .put("equal", found.isEqual())
                    .put("lost", found.lost())
                    .put("unknown", found.unknown())
                    .put("changed", found.changed())
                    .put("doubled", found.doubled())
                    .put("in_flight", found.inFlight());
            ArrayNode sums = comparison.putArray("billed");
            found.billed()
                    .forEach(sum -> sums.addObject()
                            .put("currency", sum.currency())
                            .put("before", sum.before())
                            .put("after", sum.after()));
        });
        return result;
    }
}
