package io.costops.enrichment.position;

import io.costops.schemas.avro.Position;

/** What is known of an event when another of its records arrives. */
public sealed interface Known {
    /** The event is new, or came last before the dedup window. */
    record Unseen() implements Known {}

    /** The event was seen, but its position has passed its horizon: what stands can't be reversed from here. */
    record Remembered(Memory memory) implements Known {}

    /** What stands in the ledger is at hand. */
    record Held(Memory memory, Position position) implements Known {}
}
