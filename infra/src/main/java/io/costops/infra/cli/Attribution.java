package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.books.BookException;
import io.costops.infra.books.BookTopic;
import io.costops.infra.books.RuleFile;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The book of attribution rules. */
@Command(
        name = "attribution",
        description = "The book of attribution rules: who pays for which usage.",
        mixinStandardHelpOptions = true,
        subcommands = {Attribution.Put.class, Attribution.Listing.class},
        synopsisSubcommandLabel = "COMMAND")
final class Attribution implements Runnable {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static BookTopic<AttributionRule> topic(PlatformAddresses addresses) {
        return BookTopic.attribution(
                addresses.requireKafka(), new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())));
    }

    @Command(
            name = "put",
            description = {
                "Puts the rules of a file into the topic of the running platform: all of them, or none if one is wrong.",
                "A FILE holds a JSON array or an object after another: {\"rule_id\", \"effective_from\", \"match\":"
                        + " {CONDITION: VALUE}, \"precedence\": \"event_wins\"|\"rule_wins\", \"priority\","
                        + " \"dimensions\": {...}, \"tags\": {...}, \"deleted\"}.",
                "A condition is a dimension such as api_key_id, provider, model or tags.NAME, and holds for the exact value."
            },
            mixinStandardHelpOptions = true)
    static final class Put implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(paramLabel = "FILE", description = "The rules; - is standard input.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path file;

        @Option(
                names = "--effective-from",
                paramLabel = "TIME",
                description = "From when rules hold that don't say so themselves, such as 2026-07-01T00:00:00Z.")
        private @Nullable Instant effectiveFrom;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            RuleFile.Rules rules = read();
            if (!rules.errors().isEmpty()) {
                throw new BookException(
                        "nothing was put, because of " + file + ": " + String.join("; ", rules.errors()));
            }
            topic(data.addresses()).append(rules.rules());
            PrintWriter out = spec.commandLine().getOut();
            out.printf(Locale.ROOT, "put %,d rules%n", rules.rules().size());
        }

        private RuleFile.Rules read() {
            RuleFile reader =
                    new RuleFile(effectiveFrom, Clock.systemUTC().instant().truncatedTo(ChronoUnit.MICROS));
            try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
                return reader.read(in);
            } catch (NoSuchFileException e) {
                throw new BookException("there is no file " + file, e);
            } catch (IOException e) {
                throw new BookException("can't read rules from " + file + ": " + e.getMessage(), e);
            }
        }
    }

    @Command(
            name = "list",
            description = "Lists the rules of the running platform, every revision.",
            mixinStandardHelpOptions = true)
    static final class Listing implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--json", description = "Print JSON, a line each, in the form that put reads.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            BookTopic.Contents<AttributionRule> contents =
                    topic(data.addresses()).read();
            List<AttributionRule> rules = contents.revisions().stream()
                    .sorted(Comparator.comparing(AttributionRule::getRuleId)
                            .thenComparing(AttributionRule::getEffectiveFrom)
                            .thenComparing(AttributionRule::getRecordedAt))
                    .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                rules.forEach(rule -> out.println(asJson(rule)));
            } else {
                table(rules).lines().forEach(out::println);
            }
            if (contents.undecodable() > 0) {
                spec.commandLine()
                        .getErr()
                        .println(contents.undecodable() + " records of the topic attribution are no rules; the table"
                                + " rejected_usage says why");
            }
        }

        private static TextTable table(List<AttributionRule> rules) {
            TextTable table = new TextTable("rule", "holds from", "priority", "if", "precedence", "sets");
            for (AttributionRule rule : rules) {
                Map<String, String> sets = new TreeMap<>(dimensions(rule.getDimensions()));
                rule.getTags().forEach((name, value) -> sets.put("tags." + name, value));
                table.row(
                        rule.getRuleId(),
                        rule.getEffectiveFrom().toString(),
                        rule.getPriority(),
                        rule.getMatch().isEmpty() ? "always" : text(new TreeMap<>(rule.getMatch())),
                        rule.getPrecedence().name().toLowerCase(Locale.ROOT),
                        rule.getDeleted() ? "nothing any more" : text(sets));
            }
            return table;
        }

        private static String text(Map<String, String> values) {
            return values.entrySet().stream()
                    .map(value -> value.getKey() + "=" + value.getValue())
                    .collect(Collectors.joining(", "));
        }

        private static Map<String, String> dimensions(Dimensions dimensions) {
            Map<String, String> set = new TreeMap<>();
            for (Schema.Field field : Dimensions.getClassSchema().getFields()) {
                Object value = dimensions.get(field.pos());
                if (value != null) {
                    set.put(field.name(), value.toString());
                }
            }
            return set;
        }

        private static ObjectNode asJson(AttributionRule rule) {
            ObjectNode node = JSON.createObjectNode();
            node.put("rule_id", rule.getRuleId());
            node.put("effective_from", rule.getEffectiveFrom().toString());
            node.put("deleted", rule.getDeleted());
            node.put("priority", rule.getPriority());
            ObjectNode match = node.putObject("match");
            new TreeMap<>(rule.getMatch()).forEach(match::put);
            node.put("precedence", rule.getPrecedence().name().toLowerCase(Locale.ROOT));
            ObjectNode dimensions = node.putObject("dimensions");
            for (Schema.Field field : Dimensions.getClassSchema().getFields()) {
                Object value = rule.getDimensions().get(field.pos());
                if (value instanceof Long number) {
                    dimensions.put(field.name(), number);
                } else if (value != null) {
                    dimensions.put(field.name(), value.toString());
                }
            }
            ObjectNode tags = node.putObject("tags");
            new TreeMap<>(rule.getTags()).forEach(tags::put);
            return node;
        }
    }
}
