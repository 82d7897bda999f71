package io.costops.ingest.http;

import io.costops.ingest.normalise.SourceKind;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/**
 * {@code POST /v1/usage/{source}}: raw payloads of one source kind, wrapped into envelopes here.
 *
 * <p>An array or lines are several payloads, which is how LiteLLM's generic callback sends them; it says
 * {@code application/json} for lines too.
 */
final class SourceRoute implements Route {
    private static final String NAMES =
            Arrays.stream(SourceKind.values()).map(SourceKind::wireName).collect(Collectors.joining(", "));

    private final JsonBatch batch;
    private final Admission admission;

    SourceRoute(JsonBatch batch, Admission admission) {
        this.batch = batch;
        this.admission = admission;
    }

    @Override
    public String name() {
        return "/v1/usage/{source}";
    }

    @Override
    public String contentTypes() {
        return "application/json or application/x-ndjson";
    }

    @Override
    public Optional<Dialect> dialect(HttpFields headers) {
        return jsonOrLines(headers);
    }

    static Optional<Dialect> jsonOrLines(HttpFields headers) {
        MediaType type = MediaType.of(headers);
        return type.utf8() && (type.isJson() || type.isJsonLines())
                ? Optional.of(JsonDialect.INSTANCE)
                : Optional.empty();
    }

    @Override
    public Decoded decode(Call call) {
        Optional<SourceKind> kind = SourceKind.named(call.path());
        if (kind.isEmpty()) {
            return new Decoded.Refused(Problem.of(
                    HttpStatus.NOT_FOUND_404,
                    "unknown-source",
                    "the source kind '" + Fault.printable(call.path(), 64)
                            + "' in the path is not known; the kinds are " + NAMES));
        }
        byte[] open = call.attribution().openEnvelope(kind.get().wireName());
        return batch.decode(call, (index, body, from, length) -> {
            Optional<Fault> broken = StrictJson.fault(index, body, from, length);
            if (broken.isPresent()) {
                return new Element.Refuse(broken.get());
            }
            return admission.admit(
                    index, Envelope.around(kind.get(), open, call.attribution().idOf(index), body, from, length));
        });
    }
}
