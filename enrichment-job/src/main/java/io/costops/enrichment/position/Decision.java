package io.costops.enrichment.position;

import io.costops.schemas.avro.LedgerEntry;
import java.util.List;

/** What a record of an event leads to. */
public sealed interface Decision {
    /** Nothing: the record was seen, or says no more than what stands. */
    record Duplicate() implements Decision {}

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
