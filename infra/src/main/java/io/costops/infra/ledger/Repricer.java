package io.costops.infra.ledger;

import io.costops.enrichment.position.BillingCalendar;
import io.costops.enrichment.position.Bookkeeper;
import io.costops.enrichment.position.LedgerPosition;
import io.costops.enrichment.position.Rating;
import io.costops.enrichment.position.Repricing;
import io.costops.schemas.avro.LedgerEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Compares what stands in the ledger with what it would cost by the prices of now. */
public final class Repricer {
    private final Bookkeeper bookkeeper;

    public Repricer(Rating rating) {
        this.bookkeeper = new Bookkeeper(rating, BillingCalendar.everyMonthOpen());
    }

    /**
     * A charge that another price changes.
     *
     * @param standing what stands
     * @param target what it would be
     */
    public record Change(LedgerPosition position, LedgerEntry standing, LedgerEntry target) {}

    /** The changes among events, each given by all its entries. */
    public List<Change> changes(Collection<List<LedgerEntry>> events) {
        List<Change> changes = new ArrayList<>();
        for (List<LedgerEntry> entries : events) {
            LedgerPosition position = LedgerPosition.of(entries);
            LedgerEntry standing = position.position().getStanding();
            if (standing != null && bookkeeper.reprice(standing) instanceof Repricing.To to && to.changes()) {
                changes.add(new Change(position, standing, to.target()));
            }
        }
        return changes;
    }
}
