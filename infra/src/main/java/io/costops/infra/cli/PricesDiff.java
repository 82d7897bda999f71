package io.costops.infra.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.infra.books.PriceDiff;
import io.costops.infra.books.PriceSource;
import io.costops.infra.books.RevisionJson;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.PriceRevision;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What changes from one price list to another. */
@Command(
        name = "diff",
        description = {
            "Shows what changes from the price list A to the list B: keys that come and go, and each field of the others"
                    + " with its old and new value and by how many percent it grew. Rates are those of one unit.",
            "A price that can't be right in one of the lists, such as one above the bound of unit errors, is named and left"
                    + " out: it neither comes nor goes.",
            "A and B are files (a map, dated prices, or revisions as prices list --json prints them), 'built-in' for the"
                    + " map that comes with CostOps, or 'running' for the book of the running platform."
        },
        mixinStandardHelpOptions = true)
final class PricesDiff implements Runnable {
    private static final String RUNNING = "running";

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Parameters(index = "0", paramLabel = "A", description = "The old list.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path before;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "B",
            defaultValue = RUNNING,
            description = "The new list (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path after;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "Of dated prices, those that hold at this moment (default: now).")
    private @Nullable Instant at;

    @Option(names = "--key", paramLabel = "TEXT", description = "Only keys that contain this, whatever the case.")
    private String key = "";

    @Option(names = "--json", description = "Print the differences as one JSON object; numbers are texts.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /**
     * One of the two lists.
     *
     * @param refusals entries that can't be right
     */
    private record Book(List<PriceRevision> revisions, List<Refusal> refusals) {
        List<PriceRevision> without(Set<String> keys) {
            return revisions.stream()
                    .filter(revision -> !keys.contains(lower(revision.getPriceKey())))
                    .toList();
        }
    }

    @Override
    public void run() {
        Book old = read(before);
        Book now = read(after);
        Set<String> refused = Stream.concat(old.refusals().stream(), now.refusals().stream())
                .map(refusal -> lower(refusal.key()))
                .collect(Collectors.toSet());
        PriceDiff diff = PriceDiff.between(
                old.without(refused),
                now.without(refused),
                at == null ? Clock.systemUTC().instant() : at);
        PrintWriter err = spec.commandLine().getErr();
        // What both lists have wrong in the same way makes no difference.
        tell(before, old.refusals(), now.refusals(), err);
        tell(after, now.refusals(), old.refusals(), err);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(asJson(diff, refused));
        } else {
            print(diff, out);
        }
    }

    private static void tell(Path list, List<Refusal> refusals, List<Refusal> others, PrintWriter err) {
        refusals.stream()
                .filter(refusal -> !others.contains(refusal))
                .forEach(refusal ->
                        err.println("not compared: " + list + ": " + refusal.key() + ": " + refusal.message()));
    }

    private Book read(Path name) {
        PriceImport read = name.toString().equals(RUNNING)
                ? new PriceImport(Prices.topic(data.addresses()).read().revisions(), List.of(), List.of())
                // A map doesn't say since when it holds: always.
                : PriceSource.read(name, Options.listFrom(Instant.EPOCH));
        return new Book(
                read.revisions().stream()
                        .filter(revision -> isAskedFor(revision.getPriceKey()))
                        .toList(),
                read.refusals().stream()
                        .filter(refusal -> isAskedFor(refusal.key()))
                        .toList());
    }

    private boolean isAskedFor(String priceKey) {
        return lower(priceKey).contains(lower(key));
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private static void print(PriceDiff diff, PrintWriter out) {
        diff.removed().forEach(price -> out.println("- " + price.getScope() + "/" + price.getPriceKey()));
        diff.added().forEach(price -> out.println("+ " + price.getScope() + "/" + price.getPriceKey()));
        if (!diff.changed().isEmpty()) {
            TextTable table = new TextTable("changed", "field", "old", "new", "%");
            diff.changed()
                    .forEach(change -> table.row(
                            change.scope() + "/" + change.priceKey(),
                            change.field(),
                            change.before() == null ? "-" : change.before(),
                            change.after() == null ? "-" : change.after(),
                            change.percent()));
            table.lines().forEach(out::println);
        }
        out.printf(
                Locale.ROOT,
                "%,d added, %,d removed, %,d changed, %,d the same%n",
                diff.added().size(),
                diff.removed().size(),
                keys(diff),
                diff.unchanged());
    }

    private static long keys(PriceDiff diff) {
        return diff.changed().stream()
                .map(change -> change.scope() + "/" + change.priceKey())
                .distinct()
                .count();
    }

    private static ObjectNode asJson(PriceDiff diff, Set<String> refused) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        ArrayNode added = node.putArray("added");
        diff.added().forEach(price -> added.add(RevisionJson.of(price)));
        ArrayNode removed = node.putArray("removed");
        diff.removed().forEach(price -> removed.add(RevisionJson.of(price)));
        ArrayNode changed = node.putArray("changed");
        diff.changed()
                .forEach(change -> changed.addObject()
                        .put("scope", change.scope())
                        .put("price_key", change.priceKey())
                        .put("field", change.field())
                        .put("old", change.before())
                        .put("new", change.after())
                        .put(
                                "percent",
                                change.percent() == null
                                        ? null
                                        : change.percent().toPlainString()));
        node.put("unchanged", diff.unchanged());
        ArrayNode notCompared = node.putArray("not_compared");
        refused.stream().sorted().forEach(notCompared::add);
        return node;
    }
}
