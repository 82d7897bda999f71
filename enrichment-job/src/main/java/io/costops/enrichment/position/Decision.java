package io.costops.enrichment.position;

import io.costops.schemas.avro.LedgerEntry;
import java.util.List;

/** What a record of an event, or a request about it, leads to. */
public sealed interface Decision {
    /** Nothing: the record or request was seen, or says no more than what stands. */
    record Duplicate() implements Decision {}

    /** Nothing: what is asked for is what stands. */
    record Unchanged() implements Decision {}

    /**
     * Nothing: the request was made from a ledger that lacks entries of the event, so that what it carries isn't what
     * stands. Whoever asked reads the ledger again and asks anew.
     */
    record Stale() implements Decision {}

    /**
     * Entries, and what is known from then on.
     *
     * @param entries in the order of their sequence numbers, at least one
     */
    record Booked(List<LedgerEntry> entries, Known next) implements Decision {
        public Booked {
            entries = List.copyOf(entries);
        }
    }

    /** The ledger can't hold the cost exactly: the record is rejected as out of range and nothing else changes. */
    record Refused(String field, String message) implements Decision {}
}
