package io.costops.infra.books;

import io.costops.enrichment.pricebook.PriceImport;
import io.costops.schemas.avro.PriceRevision;
import java.util.ArrayList;
import java.util.List;

/** Decides what of an import goes into the topic: what would change nothing stays out of it. */
public final class PriceImporter {
    private PriceImporter() {}

    /**
     * What to do with an import.
     *
     * @param added revisions that go into the topic
     * @param unchanged how many hold already as they are
     * @param superseded how many were corrected since they became known
     * @param refusals entries that can't be used
     * @param freeKeys keys that a file lists without any rate: they stand at 0, and are worth a look
     */
    public record Plan(
            List<PriceRevision> added,
            int unchanged,
            int superseded,
            List<PriceImport.Refusal> refusals,
            List<String> freeKeys) {}

    /**
     * Compares an import with what the topic holds.
     *
     * @param held revisions of the topic
     */
    public static Plan plan(List<PriceRevision> held, List<PriceImport> imports) {
        PriceShelf shelf = PriceShelf.of(held);
        List<PriceRevision> added = new ArrayList<>();
        List<PriceImport.Refusal> refusals = new ArrayList<>();
        List<String> freeKeys = new ArrayList<>();
        int unchanged = 0;
        int superseded = 0;
        for (PriceImport prices : imports) {
            refusals.addAll(prices.refusals());
            freeKeys.addAll(prices.freeKeys());
            for (PriceRevision revision : prices.revisions()) {
                if (shelf.holds(revision)) {
                    unchanged++;
                } else if (shelf.supersedes(revision)) {
                    superseded++;
                } else {
                    shelf.add(revision);
                    added.add(revision);
                }
            }
        }
        return new Plan(added, unchanged, superseded, refusals, freeKeys);
    }
}
