package io.costops.ingest.normalise;

import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import org.jspecify.annotations.Nullable;

/** What became of one call in a raw record. */
public sealed interface Outcome {
    /** Canonical usage; it satisfies every rule of {@link io.costops.schemas.usage.UsageRules}. */
    record Usage(UsageEvent event) implements Outcome {}

    /**
     * It can't be used. What a rejection needs beside the record itself.
     *
     * @param field path of the field that is wrong, such as {@code payload.usage.prompt_tokens}
     * @param message one sentence that names what is wrong and how to mend it
     * @param sourceKind the source kind, where it could be read
     * @param eventId the event's id, where it could be derived
     * @param tenant the tenant, where it could be read
     * @param origin where the record stands
     */
    record Rejected(
            RejectReason reason,
            @Nullable String field,
            String message,
            @Nullable String sourceKind,
            @Nullable String eventId,
            @Nullable String tenant,
            Origin origin)
            implements Outcome {}

    /**
     * Nothing to bill and nothing wrong: a container span, a trace. It goes nowhere but into a counter.
     *
     * @param why in few words
     */
    record Ignored(String sourceKind, String why) implements Outcome {}
}
