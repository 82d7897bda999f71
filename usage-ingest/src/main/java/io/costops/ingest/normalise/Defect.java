package io.costops.ingest.normalise;

import io.costops.schemas.avro.RejectReason;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a record.
 *
 * @param path the field, for example {@code payload.usage.prompt_tokens}; null where no field is to blame
 * @param message one sentence with the fix
 */
record Defect(RejectReason reason, @Nullable String path, String message) {}
