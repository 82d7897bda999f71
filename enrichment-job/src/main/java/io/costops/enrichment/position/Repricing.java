package io.costops.enrichment.position;

import io.costops.schemas.avro.LedgerEntry;

/** What a charge would be by the books as they are now. */
public sealed interface Repricing {
    /**
     * The charge anew.
     *
     * @param changes whether an amount, a currency or the status differs from what stands
     */
    record To(LedgerEntry target, boolean changes) implements Repricing {}

    /** The ledger can't hold the new cost exactly. */
    record Refused(String field, String message) implements Repricing {}
}
