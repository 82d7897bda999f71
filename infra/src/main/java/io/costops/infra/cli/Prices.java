package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.enrichment.pricebook.PriceScope;
import io.costops.enrichment.pricebook.PriceScope.Kind;
import io.costops.infra.books.BookException;
import io.costops.infra.books.BookTopic;
import io.costops.infra.books.PriceImporter;
import io.costops.infra.books.PriceShelf;
import io.costops.infra.books.PriceSource;
import io.costops.infra.books.RevisionJson;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
        description = {
            "The book of prices: public ones, what tenants negotiated, discounts, mark-ups, currencies and exchange rates.",
            "The built-in price map is LiteLLM's of 2026-07-24."
        },
        mixinStandardHelpOptions = true,
        subcommands = {Prices.Import.class, Prices.Listing.class, PricesPut.class, PricesDiff.class},
        synopsisSubcommandLabel = "COMMAND")
final class Prices implements Runnable {

    private static final int MILLION_DIGITS = 6;

    /** In the message of a rate above the bound of unit errors. */
    private static final String UNIT_CHECKED = "unit_checked";

    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static BookTopic<PriceRevision> topic(PlatformAddresses addresses) {
        return BookTopic.prices(
                addresses.requireKafka(), new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())));
    }

    @Command(
            name = "import",
            description = {
                "Imports prices into the topic of the running platform: LiteLLM's"
                        + " model_prices_and_context_window.json, or dated prices"
                        + " ({\"models\": {KEY: [{\"effective_from\", \"prices\"}]}}), or revisions as prices list --json"
                        + " prints them; which of them, the file shows.",
                "Without a FILE the built-in price map and the dated prices before it.",
                "A price that holds already as it is stays out; one that can't be right is refused and named, and holds"
                        + " up no other. The same file again changes nothing; one that differs at the same time of effect"
                        + " corrects what was imported before."
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
                description = "All rates above the bound of unit errors (1,000 a million tokens, 360 a GPU's hour) were"
                        + " checked by a person.")
        private boolean unitsConfirmed;

        @Option(
                names = "--confirm-units-of",
                paramLabel = "KEY",
                description = "The rates of this key were, those of no other; may be given several times.")
        private Set<String> confirmedKeys = Set.of();

        @Option(
                names = "--tenant",
                paramLabel = "NAME",
                description = "The prices of the FILE are those that this tenant negotiated; '*' for every tenant.")
        private @Nullable String tenant;

        @Option(
                names = "--currency",
                paramLabel = "CODE",
                description = "The prices of a map are in this currency (default: USD).")
        private @Nullable String currency;

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
                if (tenant != null || currency != null || !confirmedKeys.isEmpty()) {
                    throw new BookException(
                            "--tenant, --currency and --confirm-units-of say how to read a FILE: name one");
                }
                PriceImport map = BuiltInPrices.map();
                if (effectiveFrom != null) {
                    map.revisions().forEach(revision -> revision.setEffectiveFrom(effectiveFrom));
                }
                return List.of(BuiltInPrices.history(), map);
            }
            Options options = new Options(
                    tenant == null ? PriceBook.LIST : Kind.NEGOTIATED.of(tenant),
                    effectiveFrom == null ? now : effectiveFrom,
                    now,
                    String.valueOf(file.getFileName()),
                    unitsConfirmed);
            PriceImport read = PriceSource.read(file, options, confirmedKeys);
            return List.of(currency == null ? read : PriceSource.inCurrency(currency, read));
        }

        private void print(PriceImporter.Plan plan) {
            PrintWriter out = spec.commandLine().getOut();
            out.printf(
                    Locale.ROOT,
                    "imported %,d prices, skipped %,d that hold already, refused %,d%n",
                    plan.added().size(),
                    plan.unchanged(),
                    plan.refusals().size());
            if (plan.superseded() > 0) {
                out.printf(Locale.ROOT, "skipped %,d that were corrected since they became known%n", plan.superseded());
            }
            for (Refusal refusal : plan.refusals()) {
                out.println("refused " + refusal.key() + ": " + refusal.message());
            }
            if (plan.refusals().stream().anyMatch(refusal -> refusal.message().contains(UNIT_CHECKED))) {
                out.println("to take a rate above the bound that a person checked: prices import FILE"
                        + " --confirm-units-of KEY");
            }
            if (!plan.freeKeys().isEmpty()) {
                out.printf(
                        Locale.ROOT,
                        "%,d models are listed without any rate and stand at 0: %s%n",
                        plan.freeKeys().size(),
                        String.join(", ", plan.freeKeys()));
            }
        }

        private void printJson(PriceImporter.Plan plan) {
            ObjectNode result = JSON.createObjectNode();
            result.put("imported", plan.added().size());
            result.put("skipped", plan.unchanged());
            result.put("corrected_since", plan.superseded());
            var refused = result.putArray("refused");
            for (Refusal refusal : plan.refusals()) {
                refused.addObject()
                        .put("key", refusal.key())
                        .put("field", refusal.field())
                        .put("message", refusal.message());
            }
            var free = result.putArray("free");
            plan.freeKeys().forEach(free::add);
            spec.commandLine().getOut().println(result);
        }
    }

    @Command(
            name = "list",
            description = {
                "Lists the prices of the running platform: what holds now, or at a moment; public prices, then what"
                        + " tenants pay otherwise, and exchange rates.",
                "Rates are per million tokens."
            },
            mixinStandardHelpOptions = true)
    static final class Listing implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--key", paramLabel = "TEXT", description = "Only keys that contain this, whatever the case.")
        private String key = "";

        @Option(
                names = "--tenant",
                paramLabel = "NAME",
                description = "Only what this tenant pays otherwise than by the public prices; '*' is every tenant.")
        private @Nullable String tenant;

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
                            .filter(price ->
                                    tenant == null || tenant.equals(scope(price).tenant()))
                            .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                prices.forEach(price -> out.println(RevisionJson.of(price)));
            } else {
                sections(prices).forEach(out::println);
                out.println("built in: " + BuiltInPrices.MAP_SOURCE);
            }
            if (contents.undecodable() > 0) {
                spec.commandLine()
                        .getErr()
                        .println(contents.undecodable() + " records of the topic prices are no prices; the table"
                                + " rejected_usage says why");
            }
        }
    }

    /** A table for prices and one for all else, each only if there is any of it. */
    static List<String> sections(List<PriceRevision> revisions) {
        List<PriceRevision> prices =
                revisions.stream().filter(Prices::hasRatesOfModels).toList();
        List<PriceRevision> others = revisions.stream()
                .filter(revision -> !hasRatesOfModels(revision))
                .toList();
        List<String> lines = new ArrayList<>();
        if (!prices.isEmpty() || others.isEmpty()) {
            lines.addAll(pricesTable(prices).lines());
        }
        if (!others.isEmpty()) {
            lines.addAll(othersTable(others).lines());
        }
        return lines;
    }

    private static boolean hasRatesOfModels(PriceRevision revision) {
        return switch (scope(revision).kind()) {
            case LIST, NEGOTIATED -> true;
            case DISCOUNT, MARKUP, BILLING_CURRENCY, EXCHANGE_RATE -> false;
        };
    }

    /** What broke the rules never came into the topic's book; it is shown among the public prices all the same. */
    private static PriceScope scope(PriceRevision revision) {
        return PriceScope.parse(revision.getScope()).orElse(new PriceScope(Kind.LIST, null));
    }

    private static TextTable pricesTable(List<PriceRevision> prices) {
        TextTable table = new TextTable(
                "tenant", "key", "provider", "input", "cache read", "output", "currency", "holds from", "rates");
        for (PriceRevision price : prices) {
            String tenant = scope(price).tenant();
            table.row(
                    tenant == null ? "" : tenant,
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
                                            .mapToInt(tier -> tier.getRates().size())
                                            .sum()));
        }
        return table;
    }

    private static TextTable othersTable(List<PriceRevision> others) {
        TextTable table = new TextTable("what", "tenant", "of", "number", "unit", "holds from", "state");
        for (PriceRevision other : others) {
            PriceScope scope = scope(other);
            table.row(
                    switch (scope.kind()) {
                        case LIST -> "public price";
                        case NEGOTIATED -> "negotiated price";
                        case DISCOUNT -> "discount";
                        case MARKUP -> "mark-up";
                        case BILLING_CURRENCY -> "billing currency";
                        case EXCHANGE_RATE -> "exchange rate";
                    },
                    scope.tenant() == null ? "" : scope.tenant(),
                    other.getPriceKey(),
                    other.getRates().values().stream().findFirst().orElse(null),
                    switch (scope.kind()) {
                        case DISCOUNT, MARKUP -> "%";
                        case LIST, NEGOTIATED, BILLING_CURRENCY, EXCHANGE_RATE -> other.getCurrency();
                    },
                    other.getEffectiveFrom().toString(),
                    other.getWithdrawn() ? "withdrawn" : "");
        }
        return table;
    }

    private static @Nullable BigDecimal perMillion(PriceRevision price, String field) {
        BigDecimal rate = price.getRates().get(field);
        return rate == null ? null : rate.movePointRight(MILLION_DIGITS);
    }
}
