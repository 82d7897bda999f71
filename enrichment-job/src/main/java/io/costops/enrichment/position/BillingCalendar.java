package io.costops.enrichment.position;

import io.costops.schemas.value.BillingPeriod;
import java.time.Instant;

/** Which month a charge is billed in: its own while that is open, else the one that is open when it is recorded. */
public interface BillingCalendar {
    BillingPeriod billedIn(Instant charged, Instant recorded);

    /** The calendar in which no month was closed. */
    static BillingCalendar everyMonthOpen() {
        return (charged, recorded) -> BillingPeriod.of(charged);
    }
}
