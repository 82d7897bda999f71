package io.costops.ingest.http;

import io.costops.ingest.normalise.SourceKind;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/** {@code POST /v1/usage}: envelopes. The headers fill in what an envelope leaves out. */
final class UsageRoute implements Route {
    private final JsonBatch batch;
    private final Admission admission;

    UsageRoute(JsonBatch batch, Admission admission) {
        this.batch = batch;
        this.admission = admission;
    }

    @Override
    public String name() {
        return "/v1/usage";
    }

    @Override
    public String contentTypes() {
        return "application/json or application/x-ndjson";
    }

    @Override
    public Optional<Dialect> dialect(HttpFields headers) {
        return SourceRoute.jsonOrLines(headers);
    }

    @Override
    public Decoded decode(Call call) {
        Attribution attribution = call.attribution();
        if (!attribution.tags().isEmpty() || !attribution.context().isEmpty()) {
            return new Decoded.Refused(Problem.of(
                    HttpStatus.BAD_REQUEST_400,
                    "bad-header",
                    "the headers X-CostOps-Tag-* and X-CostOps-Context-* go with raw payloads: here, put them into the"
                            + " envelope's tags and context"));
        }
        return batch.decode(call, (index, body, from, length) -> element(call, index, body, from, length));
    }

    private Element element(Call call, int index, byte[] body, int from, int length) {
        Envelope envelope;
        try {
            envelope = Envelope.read(body, from, length);
        } catch (IOException e) {
            return new Element.Refuse(Fault.malformed(
                    index, StrictJson.field(e), "the element is not a valid envelope: " + StrictJson.why(e)));
        }
        if (envelope.isCloudEvent()) {
            // The stream would take it as it stands; wrapped, the tenant is the envelope's to say.
            return admission.admit(
                    index,
                    Envelope.around(
                            SourceKind.CLOUDEVENTS,
                            call.attribution().openEnvelope(SourceKind.CLOUDEVENTS.wireName()),
                            call.attribution().idOf(index),
                            body,
                            from,
                            length));
        }
        Optional<Fault> foreign = call.tenantRule().violation(index, "tenant", envelope.tenant());
        if (foreign.isPresent()) {
            return new Element.Refuse(foreign.get());
        }
        Map<String, String> defaults = new HashMap<>(call.attribution().members());
        call.attribution().idOf(index).ifPresent(id -> defaults.put("id", id));
        RawEnvelope complete = envelope.with(defaults);
        return admission.admit(index, complete);
    }
}
