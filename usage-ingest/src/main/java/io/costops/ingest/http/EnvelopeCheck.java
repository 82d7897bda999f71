package io.costops.ingest.http;

import io.costops.schemas.avro.RejectReason;

/**
 * Asks the stream's own reader early, so that the sender learns at once what would be rejected later.
 *
 * <p>It must be the very reader that the stream uses: a second opinion would let through what the other refuses.
 */
@FunctionalInterface
public interface EnvelopeCheck {
    Verdict verdict(byte[] envelope);

    /** What the stream will make of an envelope. */
    sealed interface Verdict {
        enum Good implements Verdict {
            /** One or more usage events come of it. */
            USAGE,
            /** Nothing to bill and nothing wrong, such as a span that only sums up its children. */
            NO_USAGE
        }

        /**
         * The stream would reject it.
         *
         * @param field path of the field, empty if the envelope as a whole is meant
         * @param message one sentence with the fix
         * @param keep true where the fault lies in the provider's payload, which the sender didn't write and can't mend:
         *     the bytes are worth keeping until the parser can read them
         */
        record Bad(String field, String message, RejectReason reason, boolean keep) implements Verdict {}
    }
}
