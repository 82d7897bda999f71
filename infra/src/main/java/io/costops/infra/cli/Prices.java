package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceFiles;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.infra.books.BookException;
import io.costops.infra.books.BookTopic;
import io.costops.infra.books.PriceImporter;
import io.costops.infra.books.PriceShelf;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The book of prices. */
@Command(
        name = "prices",
        description = "The book of prices: import a price list, list what holds.",
        mixinStandardHelpOptions = true,
        subcommands = {Prices.Import.class, Prices.Listing.class},
        synopsisSubcommandLabel = "COMMAND")
final class Prices implements Runnable {

    private static final int MILLION_DIGITS = 6;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static BookTopic<PriceRevision> topic(PlatformAddresses addresses) {
        return BookTopic.prices(
                addresses.requireKafka(), new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())));
    }

    @Command(
            name = "import",
            description = {
                "Imports prices into the topic of the running platform: LiteLLM's"
                        + " model_prices_and_context_window.json, or dated prices"
                        + " ({\"models\": {KEY: [{\"effective_from\", \"prices\"}]}}); which of them, the file shows.",
                "Without a FILE the built-in price map and the dated prices before it.",
                "A price that holds already as it is stays out; one that can't be right is refused and named, and holds"
                        + " up no other."
            },
            mixinStandardHelpOptions = true)
    static final class Import implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(arity = "0..1", paramLabel = "FILE", description = "The prices.")
        private @Nullable Path file;

        @Option(
                names = "--effective-from",
                paramLabel = "TIME",
                description = "From when the prices of a map hold, such as 2026-07-01T00:00:00Z (default: now; the"
                        + " built-in map's own day without a FILE). Dated prices have their own times.")
        private @Nullable Instant effectiveFrom;

        @Option(
                names = "--confirm-units",
                description = "The rates above the bound of unit errors ($1,000 a million tokens) were checked by a"
                        + " person.")
        private boolean unitsConfirmed;

        @Option(names = "--json", description = "Print the result as JSON.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            List<PriceImport> imports = read(Clock.systemUTC().instant().truncatedTo(ChronoUnit.MICROS));
            BookTopic<PriceRevision> topic = topic(data.addresses());
            PriceImporter.Plan plan = PriceImporter.plan(topic.read().revisions(), imports);
            topic.append(plan.added());
            if (json) {
                printJson(plan);
            } else {
                print(plan);
            }
        }

        private List<PriceImport> read(Instant now) {
            if (file == null) {
                PriceImport map = BuiltInPrices.map();
                if (effectiveFrom != null) {
                    map.revisions().forEach(revision -> revision.setEffectiveFrom(effectiveFrom));
                }
                return List.of(BuiltInPrices.history(), map);
            }
            Options options = new Options(
                    "list",
                    effectiveFrom == null ? now : effectiveFrom,
                    now,
                    String.valueOf(file.getFileName()),
                    unitsConfirmed);
            try {
                return List.of(PriceFiles.read(Files.readAllBytes(file), options));
            } catch (NoSuchFileException e) {
                throw new BookException("there is no file " + file, e);
            } catch (IOException e) {
                throw new BookException("can't read prices from " + file + ": " + e.getMessage(), e);
            }
        }

        private void print(PriceImporter.Plan plan) {
            PrintWriter out = spec.commandLine().getOut();
            out.printf(
                    Locale.ROOT,
                    "imported %,d prices, skipped %,d that hold already, refused %,d%n",
                    plan.added().size(),
                    plan.unchanged(),
                    plan.refusals().size());
            for (Refusal refusal : plan.refusals()) {
                out.println("refused " + refusal.key() + ": " + refusal.message());
            }
        }

        private void printJson(PriceImporter.Plan plan) {
            ObjectNode result = JSON.createObjectNode();
            result.put("imported", plan.added().size());
            result.put("skipped", plan.unchanged());
            var refused = result.putArray("refused");
            for (Refusal refusal : plan.refusals()) {
                refused.addObject()
                        .put("key", refusal.key())
                        .put("field", refusal.field())
                        .put("message", refusal.message());
            }
            spec.commandLine().getOut().println(result);
        }
    }

    @Command(
            name = "list",
            description = {
                "Lists the prices of the running platform: what holds now, or at a moment.",
                "Rates are per million tokens."
            },
            mixinStandardHelpOptions = true)
    static final class Listing implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--key", paramLabel = "TEXT", description = "Only keys that contain this, whatever the case.")
        private String key = "";

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description = "What holds at this moment, such as 2026-07-01T00:00:00Z (default: now).")
        private @Nullable Instant at;

        @Option(names = "--all", description = "Every revision, not only what holds at one moment.")
        private boolean all;

        @Option(names = "--json", description = "Print every field as JSON, a line each; rates are per unit.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            BookTopic.Contents<PriceRevision> contents = topic(data.addresses()).read();
            PriceShelf shelf = PriceShelf.of(contents.revisions());
            List<PriceRevision> prices = (all
                            ? shelf.all()
                            : shelf.at(at == null ? Clock.systemUTC().instant() : at))
                    .stream()
                            .filter(price ->
                                    price.getPriceKey().toLowerCase(Locale.ROOT).contains(key.toLowerCase(Locale.ROOT)))
                            .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                prices.forEach(price -> out.println(asJson(price)));
            } else {
                table(prices).lines().forEach(out::println);
            }
            if (contents.undecodable() > 0) {
                spec.commandLine()
                        .getErr()
                        .println(contents.undecodable() + " records of the topic prices are no prices; the table"
                                + " rejected_usage says why");
            }
        }

        private static TextTable table(List<PriceRevision> prices) {
            TextTable table = new TextTable(
                    "key", "provider", "input", "cache read", "output", "currency", "holds from", "rates");
            for (PriceRevision price : prices) {
                table.row(
                        price.getPriceKey(),
                        price.getProvider() == null ? "any" : price.getProvider(),
                        perMillion(price, "input_cost_per_token"),
                        perMillion(price, "cache_read_input_token_cost"),
                        perMillion(price, "output_cost_per_token"),
                        price.getCurrency(),
                        price.getEffectiveFrom().toString(),
                        price.getWithdrawn()
                                ? "withdrawn"
                                : Integer.toString(price.getRates().size()
                                        + price.getTiers().stream()
                                                .mapToInt(
                                                        tier -> tier.getRates().size())
                                                .sum()));
            }
            return table;
        }

        private static @Nullable BigDecimal perMillion(PriceRevision price, String field) {
            BigDecimal rate = price.getRates().get(field);
            return rate == null ? null : rate.movePointRight(MILLION_DIGITS);
        }

        private static ObjectNode asJson(PriceRevision price) {
            ObjectNode node = JSON.createObjectNode();
            node.put("scope", price.getScope());
            node.put("price_key", price.getPriceKey());
            node.put("provider", price.getProvider());
            node.put("effective_from", price.getEffectiveFrom().toString());
            node.put("recorded_at", price.getRecordedAt().toString());
            node.put("withdrawn", price.getWithdrawn());
            node.put("currency", price.getCurrency());
            ObjectNode rates = node.putObject("rates");
            new TreeMap<>(price.getRates()).forEach((field, rate) -> rates.put(field, plain(rate)));
            var tiers = node.putArray("tiers");
            price.getTiers().forEach(tier -> {
                ObjectNode tierNode = tiers.addObject();
                tierNode.put("above_input_tokens", tier.getAboveInputTokens());
                tierNode.put("up_to_input_tokens", tier.getUpToInputTokens());
                ObjectNode tierRates = tierNode.putObject("rates");
                new TreeMap<>(tier.getRates()).forEach((field, rate) -> tierRates.put(field, plain(rate)));
            });
            ObjectNode attributes = node.putObject("attributes");
            new TreeMap<>(price.getAttributes()).forEach(attributes::put);
            node.put("unit_checked", price.getUnitChecked());
            node.put("source", price.getSource());
            return node;
        }

        /** As text, so that no reader rounds it. */
        private static String plain(BigDecimal rate) {
            return rate.signum() == 0 ? "0" : rate.stripTrailingZeros().toPlainString();
        }
    }
}
