package io.costops.infra.cli;

import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.infra.books.BookException;
import io.costops.infra.books.BookTopic;
import io.costops.infra.books.PriceDraft;
import io.costops.infra.books.PriceImporter;
import io.costops.infra.books.PriceSource;
import io.costops.infra.books.RevisionJson;
import io.costops.schemas.avro.PriceRevision;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts one thing into the book of prices, or the revisions of a file, all of them or none. */
@Command(
        name = "put",
        description = {
            "Puts a price, a discount, a mark-up, an exchange rate or a billing currency into the topic of the running"
                    + " platform; or the revisions of a FILE, in the form that prices list --json prints: all of them, or"
                    + " none if one is wrong. What holds already as it is is not put again.",
            "--tenant says for whom: '*' is every tenant without a word of its own. A price with a tenant is a negotiated"
                    + " one; the fields that it doesn't name are the list's. A discount is off the public price of what has"
                    + " no negotiated rate, and lowers the contracted cost; a mark-up raises what is billed."
        },
        footer = {
            "",
            "Examples:",
            "  costops prices put --tenant acme --model gpt-4o --input-per-million 2 --output-per-million 8",
            "  costops prices put --tenant acme --provider openai --discount 15 --effective-from 2026-07-01T00:00:00Z",
            "  costops prices put --tenant '*' --markup 5",
            "  costops prices put --tenant acme --billing-currency EUR",
            "  costops prices put --exchange-rate EUR/USD=1.0837",
            "  costops prices put --model selfhosted/llama-3.3-70b --provider selfhosted --per-gpu-second 0.0007"
        },
        mixinStandardHelpOptions = true)
final class PricesPut implements Runnable {
    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "Revisions, one by one, of every kind.")
    private @Nullable Path file;

    @ArgGroup(validate = false, heading = "%nFor whom and for what:%n")
    private Subject subject = new Subject();

    @ArgGroup(validate = false, heading = "%nOne of:%n")
    private Terms terms = new Terms();

    @Option(
            names = "--effective-from",
            paramLabel = "TIME",
            description =
                    "From when it holds, such as 2026-07-01T00:00:00Z (default: now). Revisions of a FILE may say so"
                            + " themselves.")
    private @Nullable Instant effectiveFrom;

    @Option(
            names = "--withdraw",
            description = "It ends instead: name what holds until then, such as --tenant acme --discount 0 --withdraw.")
    private boolean withdrawn;

    @Option(
            names = "--confirm-units",
            description =
                    "A rate above the bound of unit errors (1,000 a million tokens, 360 a GPU's hour) was checked by"
                            + " a person.")
    private boolean unitsConfirmed;

    @Option(names = "--source", paramLabel = "TEXT", description = "Where it was taken from, for people to read.")
    private @Nullable String source;

    @Option(names = "--json", description = "Print what was put as JSON, a line each.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    static final class Subject {
        @Option(names = "--tenant", paramLabel = "NAME", description = "The tenant; '*' for every tenant.")
        @Nullable
        String tenant;

        @Option(names = "--model", paramLabel = "KEY", description = "Price key of the model.")
        @Nullable
        String model;

        @Option(names = "--provider", paramLabel = "NAME", description = "Provider in the price map's spelling.")
        @Nullable
        String provider;

        @Option(names = "--currency", paramLabel = "CODE", description = "Currency of the rates (default: USD).")
        @Nullable
        String currency;

        boolean isNamed() {
            return Stream.of(tenant, model, provider, currency).anyMatch(Objects::nonNull);
        }
    }

    static final class Terms {
        @Option(
                names = "--rate",
                paramLabel = "FIELD=RATE",
                description =
                        "Rate of one unit by its field of the price map, such as input_cost_per_token=0.000002; may be"
                                + " given several times.")
        Map<String, BigDecimal> rates = Map.of();

        @Option(names = "--input-per-million", paramLabel = "RATE", description = "Rate of a million input tokens.")
        @Nullable
        BigDecimal inputPerMillion;

        @Option(names = "--cache-read-per-million", paramLabel = "RATE", description = "Of a million cached ones.")
        @Nullable
        BigDecimal cacheReadPerMillion;

        @Option(names = "--output-per-million", paramLabel = "RATE", description = "Of a million output tokens.")
        @Nullable
        BigDecimal outputPerMillion;

        @Option(
                names = "--per-gpu-second",
                paramLabel = "RATE",
                description = "Rate of a GPU's second, for a model that one runs oneself; its tokens then cost nothing"
                        + " unless they have a rate too.")
        @Nullable
        BigDecimal perGpuSecond;

        @Option(names = "--discount", paramLabel = "PERCENT", description = "Off the public price, 0 to 100.")
        @Nullable
        BigDecimal discount;

        @Option(names = "--markup", paramLabel = "PERCENT", description = "On what is billed, 0 to 1000.")
        @Nullable
        BigDecimal markup;

        @Option(names = "--billing-currency", paramLabel = "CODE", description = "What the tenant is billed in.")
        @Nullable
        String billingCurrency;

        @Option(
                names = "--exchange-rate",
                paramLabel = "AAA/BBB=RATE",
                description = "What one unit of AAA is worth in BBB. The opposite direction divides by it.")
        @Nullable
        String exchangeRate;

        boolean areNamed() {
            return !rates.isEmpty()
                    || Stream.of(
                                    inputPerMillion,
                                    cacheReadPerMillion,
                                    outputPerMillion,
                                    perGpuSecond,
                                    discount,
                                    markup,
                                    billingCurrency,
                                    exchangeRate)
                            .anyMatch(Objects::nonNull);
        }
    }

    @Override
    public void run() {
        Instant now = Clock.systemUTC().instant().truncatedTo(ChronoUnit.MICROS);
        if (file != null && (withdrawn || subject.isNamed() || terms.areNamed())) {
            throw new BookException(
                    "what is put stands in " + file + ": leave out the options that say it, or the file");
        }
        PriceImport asked = file == null ? fromOptions(now) : fromFile(file, now);
        BookTopic<PriceRevision> topic = Prices.topic(data.addresses());
        PriceImporter.Plan plan = PriceImporter.plan(topic.read().revisions(), List.of(asked));
        topic.append(plan.added());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            for (PriceRevision revision : plan.added()) {
                out.println(RevisionJson.of(revision));
            }
        } else {
            out.printf(
                    Locale.ROOT,
                    "put %,d, left out %,d that hold already%n",
                    plan.added().size(),
                    plan.unchanged() + plan.superseded());
            Prices.sections(plan.added()).forEach(out::println);
        }
    }

    private PriceImport fromOptions(Instant now) {
        PriceDraft draft = new PriceDraft()
                .tenant(subject.tenant)
                .model(subject.model)
                .provider(subject.provider)
                .currency(subject.currency)
                .rates(terms.rates)
                .inputPerMillion(terms.inputPerMillion)
                .cacheReadPerMillion(terms.cacheReadPerMillion)
                .outputPerMillion(terms.outputPerMillion)
                .perGpuSecond(terms.perGpuSecond)
                .discount(terms.discount)
                .markup(terms.markup)
                .billedIn(terms.billingCurrency)
                .exchange(terms.exchangeRate)
                .unitChecked(unitsConfirmed)
                .withdrawn(withdrawn);
        return new PriceImport(
                List.of(draft.revision(effectiveFrom == null ? now : effectiveFrom, now, source)),
                List.of(),
                List.of());
    }

    /** What a file says of when it became known is another book's: here it becomes known now. */
    private PriceImport fromFile(Path revisions, Instant now) {
        PriceImport read = PriceSource.read(
                revisions,
                new Options(PriceBook.LIST, effectiveFrom == null ? now : effectiveFrom, now, source, unitsConfirmed));
        if (!read.refusals().isEmpty()) {
            throw new BookException("nothing was put, because of " + revisions + ": "
                    + read.refusals().stream()
                            .map(refusal -> refusal.key() + ": " + refusal.message())
                            .collect(Collectors.joining("; ")));
        }
        read.revisions().forEach(revision -> revision.setRecordedAt(now));
        return read;
    }
}
