package io.costops.ingest.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpStatus;

/** A body of JSON elements, one by one: what is wrong with one leaves the others as they are. */
final class JsonBatch {
    private final Limits limits;
    private final Admission admission;

    JsonBatch(Limits limits, Admission admission) {
        this.limits = limits;
        this.admission = admission;
    }

    /** Turns the bytes of one well-bounded element into what becomes of it. */
    interface Reader {
        Element read(int index, byte[] body, int from, int length);
    }

    Decoded decode(Call call, Reader reader) {
        Body body = call.body();
        Elements found = Elements.of(body.bytes(), body.length(), limits.elements());
        if (found instanceof Elements.Broken broken) {
            return new Decoded.Refused(Problem.of(HttpStatus.BAD_REQUEST_400, "malformed-body", broken.message()));
        }
        if (found instanceof Elements.TooMany tooMany) {
            return new Decoded.Refused(Problem.of(
                    HttpStatus.PAYLOAD_TOO_LARGE_413,
                    "too-many-elements",
                    "the request has more than " + tooMany.limit() + " elements: send several requests"));
        }
        List<Elements.Slice> slices = ((Elements.Found) found).slices();
        List<Element> elements = new ArrayList<>(slices.size());
        for (int index = 0; index < slices.size(); index++) {
            Element element = element(index, slices.get(index), body, reader);
            Optional<Problem> noRoom = call.grow(element.keptBytes());
            if (noRoom.isPresent()) {
                return new Decoded.Refused(noRoom.get());
            }
            elements.add(element);
        }
        return foreign(elements).orElseGet(() -> new Decoded.Batch(elements));
    }

    private Element element(int index, Elements.Slice slice, Body body, Reader reader) {
        Optional<Element> tooLarge = admission.tooLarge(index, slice.length());
        if (tooLarge.isPresent()) {
            return tooLarge.get();
        }
        Element element = reader.read(index, body.bytes(), slice.from(), slice.length());
        if (slice.line() > 0 && element instanceof Element.Refuse refuse) {
            return new Element.Refuse(refuse.fault().onLine(slice.line()));
        } else if (slice.line() > 0 && element instanceof Element.Keep keep) {
            return new Element.Keep(keep.envelope(), keep.fault().onLine(slice.line()));
        }
        return element;
    }

    /**
     * A request that names another tenant is refused whole: its key is in the wrong place, and what else it says can't be
     * trusted either.
     */
    static Optional<Decoded> foreign(List<Element> elements) {
        List<Fault> faults = new ArrayList<>();
        for (Element element : elements) {
            if (element instanceof Element.Refuse refuse && refuse.fault().status() == HttpStatus.FORBIDDEN_403) {
                faults.add(refuse.fault());
            }
        }
        return faults.isEmpty()
                ? Optional.empty()
                : Optional.of(new Decoded.Refused(Problem.of(
                                HttpStatus.FORBIDDEN_403,
                                "foreign-tenant",
                                "the API key may not write for a tenant that this request names; nothing was written")
                        .withFaults(faults)));
    }
}
