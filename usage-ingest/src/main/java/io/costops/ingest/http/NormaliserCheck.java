package io.costops.ingest.http;

import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.topics.Topics;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** The stream's normaliser, asked before the record is written. */
public final class NormaliserCheck implements EnvelopeCheck {
    private static final Origin NOT_YET_WRITTEN = new Origin(Topics.USAGE_RAW.name(), 0, 0L, null);

    private final Normaliser normaliser;
    private final InstantSource clock;

    public NormaliserCheck(Normaliser normaliser, InstantSource clock) {
        this.normaliser = normaliser;
        this.clock = clock;
    }

    @Override
    public Verdict verdict(byte[] envelope) {
        boolean usage = false;
        List<Outcome> outcomes = normaliser.normalise(envelope, NOT_YET_WRITTEN, clock.instant(), Map.of());
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Rejected rejected) {
                return bad(rejected, outcomes.size() > 1);
            }
            usage |= outcome instanceof Outcome.Usage;
        }
        return usage ? Verdict.Good.USAGE : Verdict.Good.NO_USAGE;
    }

    /**
     * @param severalCalls the record holds further calls, which must not be lost with the one that is wrong
     */
    private static Verdict bad(Outcome.Rejected rejected, boolean severalCalls) {
        String field = rejected.field() == null ? "" : rejected.field();
        boolean inPayload = field.startsWith("payload.") || field.startsWith("payload[");
        return new Verdict.Bad(field, rejected.message(), rejected.reason(), inPayload || severalCalls);
    }
}
