package io.costops.infra.cli;

import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.infra.books.BookException;
import io.costops.infra.books.PriceCases;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prices cases without a platform. */
@Command(
        name = "price",
        description = {
            "Prices usage without a platform: a line of JSON for each case, with its exact cost.",
            "A FILE holds a case a line (NDJSON): {\"id\", \"source_kind\", \"context\", \"raw\"}, or an envelope as it is"
                    + " published. A case that can't be used is answered with its reason, field and fix.",
            "Where a tenant pays otherwise than the public price in US dollars, cost_usd is what is billed, null in another"
                    + " currency, and the line shows each cost with its currency.",
            "A case whose context.price_book is price_history.json is priced by the dated prices, every other by the map,"
                    + " which holds always."
        },
        footer = {"", "The built-in map is LiteLLM's of 2026-07-24; newer prices come from a file."},
        mixinStandardHelpOptions = true)
final class Price implements Runnable {

    @Parameters(paramLabel = "FILE", description = "The cases; - is standard input.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Option(
            names = "--prices",
            paramLabel = "FILE",
            description = {
                "Prices instead of the built-in map, in LiteLLM's format; or revisions as prices list --json prints them:"
                        + " negotiated rates, discounts, mark-ups, currencies and exchange rates, which go by the case's"
                        + " tenant. May be given several times.",
                "The built-in map stays if no file has public prices, or if it is named: --prices built-in."
            })
    private List<Path> prices = List.of();

    @Option(names = "--price-history", paramLabel = "FILE", description = "Dated prices instead of the built-in ones.")
    private @Nullable Path priceHistory;

    @Option(
            names = "--explain",
            description =
                    "How each cost came about: the keys tried, the revision, tier, threshold and multipliers, and the"
                            + " quantity, rate and rule of each line.")
    private boolean explain;

    @Option(
            names = "--json",
            description = "With --explain: a line of JSON for each case. The results are JSON anyway.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter err = spec.commandLine().getErr();
        PriceCases cases = PriceCases.with(
                prices, Optional.ofNullable(priceHistory), Clock.systemUTC().instant());
        for (Refusal refusal : cases.refusals()) {
            err.println("not used: " + refusal.key() + ": " + refusal.message());
        }
        try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
            PriceCases.Summary summary = cases.price(in, spec.commandLine().getOut(), form());
            err.printf(
                    Locale.ROOT,
                    "%,d cases: %,d priced, %,d unpriced, %,d without usage, %,d gateway cache hits, %,d rejected%n",
                    summary.cases(),
                    summary.priced(),
                    summary.unpriced(),
                    summary.withoutUsage(),
                    summary.gatewayCacheHits(),
                    summary.rejected());
        } catch (NoSuchFileException e) {
            throw new BookException("there is no file " + file, e);
        } catch (IOException e) {
            throw new BookException("can't read " + file + " to its end: " + e.getMessage(), e);
        }
    }

    private PriceCases.Form form() {
        if (!explain) {
            return PriceCases.Form.RESULT;
        }
        return json ? PriceCases.Form.EXPLANATION_JSON : PriceCases.Form.EXPLANATION;
    }
}
