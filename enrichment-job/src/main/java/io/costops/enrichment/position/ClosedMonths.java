package io.costops.enrichment.position;

import io.costops.schemas.value.BillingPeriod;
import java.time.Instant;
import java.util.Set;

/**
 * The calendar in which some months are closed: what comes for one of them is billed in the month that is open when it is
 * recorded.
 */
public record ClosedMonths(Set<BillingPeriod> closed) implements BillingCalendar {
    public ClosedMonths {
        closed = Set.copyOf(closed);
    }

    @Override
    public BillingPeriod billedIn(Instant charged, Instant recorded) {
        BillingPeriod own = BillingPeriod.of(charged);
        if (!closed.contains(own)) {
            return own;
        }
        BillingPeriod open = BillingPeriod.of(recorded);
        if (open.compareTo(own) < 0) {
            open = own;
        }
        while (closed.contains(open)) {
            open = new BillingPeriod(open.month().plusMonths(1));
        }
        return open;
    }
}
