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

    /**
     * What was found among events.
     *
     * @param chargedTwice events that came again after the dedup window and are left alone: the job may hold the one charge,
     *     and the ledger's is another
     */
    public record Found(List<Change> changes, List<LedgerPosition> chargedTwice) {
        public Found {
            changes = List.copyOf(changes);
            chargedTwice = List.copyOf(chargedTwice);
        }
    }

    /** The changes among events, each given by all its entries. */
    public Found changes(Collection<List<LedgerEntry>> events) {
        List<Change> changes = new ArrayList<>();
        List<LedgerPosition> chargedTwice = new ArrayList<>();
        for (List<LedgerEntry> entries : events) {
            LedgerPosition position = LedgerPosition.of(entries);
            if (!position.bookedAgain().isEmpty()) {
                chargedTwice.add(position);
                continue;
            }
            LedgerEntry standing = position.position().getStanding();
            if (standing != null && bookkeeper.reprice(standing) instanceof Repricing.To to && to.changes()) {
                changes.add(new Change(position, standing, to.target()));
            }
        }
        return new Found(changes, chargedTwice);
    }
}
