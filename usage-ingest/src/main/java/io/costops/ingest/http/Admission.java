package io.costops.ingest.http;

import io.costops.schemas.avro.RejectReason;
import java.util.Optional;
import org.eclipse.jetty.http.HttpStatus;

/** Looks at a finished envelope as the stream will, before it is written. */
final class Admission {
    /** Up to here what a text becomes in memory doesn't matter. */
    private static final int SMALL_BYTES = 64 * 1024;

    private final Object largeOnes = new Object();
    private final EnvelopeCheck check;
    private final int maxEnvelopeBytes;

    Admission(EnvelopeCheck check, Limits limits) {
        this.check = check;
        this.maxEnvelopeBytes = limits.envelopeBytes();
    }

    /** An element that is too large to be parsed, let alone written. */
    Optional<Element> tooLarge(int index, int bytes) {
        return bytes <= maxEnvelopeBytes
                ? Optional.empty()
                : Optional.of(new Element.Refuse(Fault.tooLarge(
                        index,
                        "the element has " + bytes + " bytes, more than the " + maxEnvelopeBytes
                                + " of an envelope: leave prompts and answers out, only usage is needed")));
    }

    Element admit(int index, RawEnvelope envelope) {
        Optional<Element> tooLarge = tooLarge(index, envelope.size());
        if (tooLarge.isPresent()) {
            return tooLarge.get();
        }
        EnvelopeCheck.Verdict verdict = verdict(envelope.bytes());
        if (verdict instanceof EnvelopeCheck.Verdict.Bad bad) {
            Fault fault = new Fault(
                    index, bad.field(), bad.message(), status(bad.reason()), bad.keep(), Fault.label(bad.reason()));
            return bad.keep() ? new Element.Keep(envelope, fault) : new Element.Refuse(fault);
        }
        return switch ((EnvelopeCheck.Verdict.Good) verdict) {
            case USAGE -> new Element.Take(index, envelope);
            case NO_USAGE -> new Element.Ignore(index);
        };
    }

    /**
     * Nothing but brackets takes a dozen times its bytes while it is looked at. Large envelopes come one after the other, so
     * that those of many senders can't fill the memory together.
     */
    private EnvelopeCheck.Verdict verdict(byte[] envelope) {
        if (envelope.length <= SMALL_BYTES) {
            return check.verdict(envelope);
        }
        synchronized (largeOnes) {
            return check.verdict(envelope);
        }
    }

    private static int status(RejectReason reason) {
        return switch (reason) {
            case MALFORMED_JSON -> HttpStatus.BAD_REQUEST_400;
            case TOO_LARGE -> HttpStatus.PAYLOAD_TOO_LARGE_413;
            case UNKNOWN,
                    TOO_DEEP,
                    UNKNOWN_SOURCE,
                    MISSING_FIELD,
                    INVALID_FIELD,
                    NEGATIVE_QUANTITY,
                    OUT_OF_RANGE,
                    INVALID_TAG,
                    FUTURE_TIME,
                    UNDECODABLE_AVRO,
                    UNKNOWN_SCHEMA,
                    INVALID_PRICE,
                    INVALID_ATTRIBUTION,
                    UNSUPPORTED,
                    INVALID_REQUEST,
                    INVALID_PERIOD -> HttpStatus.UNPROCESSABLE_ENTITY_422;
        };
    }
}
