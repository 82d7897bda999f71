package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonReading;
import io.costops.schemas.avro.RejectReason;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a record.
 *
 * @param path the field, for example {@code payload.usage.prompt_tokens}; null where no field is to blame
 * @param message one sentence with the fix
 */
record Defect(RejectReason reason, @Nullable String path, String message) {
    static Defect of(JsonReading.Unreadable unreadable) {
        String path = unreadable.path().isEmpty() ? null : unreadable.path();
        RejectReason reason = switch (unreadable.defect()) {
            case MALFORMED -> RejectReason.MALFORMED_JSON;
            case TOO_LARGE -> RejectReason.TOO_LARGE;
            case TOO_DEEP -> RejectReason.TOO_DEEP;
            case NUMBER_OUT_OF_RANGE -> RejectReason.OUT_OF_RANGE;
        };
        return new Defect(reason, path, unreadable.message());
    }
}
