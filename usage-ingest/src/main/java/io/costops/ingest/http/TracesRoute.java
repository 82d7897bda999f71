package io.costops.ingest.http;

import io.costops.ingest.normalise.ContainerSpans;
import io.costops.ingest.normalise.SourceKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/**
 * {@code POST /v1/traces}: OTLP/HTTP, so that any exporter or collector sends its spans here as well.
 *
 * <p>Each span that may carry the usage of a model becomes an envelope; all others are taken and dropped, which is what a
 * backend of one purpose does with them.
 */
final class TracesRoute implements Route {
    private static final String SOURCE = SourceKind.OTEL_GENAI.wireName();

    /** Attributes of a resource that attribute its spans; those below them are the sender's own words for tags. */
    private static final String OWN_PREFIX = "costops.";

    private static final List<String> TAG_PREFIXES = List.of("service.", "deployment.", "k8s.namespace.", "cloud.");

    private final ContainerSpans containerSpans = new ContainerSpans();
    private final Limits limits;
    private final Admission admission;

    TracesRoute(Limits limits, Admission admission) {
        this.limits = limits;
        this.admission = admission;
    }

    @Override
    public String name() {
        return "/v1/traces";
    }

    @Override
    public String contentTypes() {
        return OtlpDialect.PROTOBUF_TYPE + " or " + OtlpDialect.JSON_TYPE;
    }

    @Override
    public Optional<Dialect> dialect(HttpFields headers) {
        return switch (MediaType.of(headers).value()) {
            case OtlpDialect.PROTOBUF_TYPE -> Optional.of(OtlpDialect.PROTOBUF);
            case OtlpDialect.JSON_TYPE -> Optional.of(OtlpDialect.JSON);
            default -> Optional.empty();
        };
    }

    @Override
    public Decoded decode(Call call) {
        Elements elements = new Elements(call);
        try {
            if (MediaType.of(call.headers()).value().equals(OtlpDialect.JSON_TYPE)) {
                OtlpJson.read(call.body(), limits.elements(), elements);
            } else {
                OtlpProtobuf.read(call.body(), limits.envelopeBytes(), elements);
            }
            elements.admitAll();
        } catch (OtlpUnreadable e) {
            return new Decoded.Refused(
                    Problem.of(HttpStatus.BAD_REQUEST_400, "malformed-body", String.valueOf(e.getMessage())));
        } catch (OtlpReader.NoRoom e) {
            return new Decoded.Refused(e.problem());
        }
        return JsonBatch.foreign(elements.found).orElseGet(() -> new Decoded.Batch(elements.found));
    }

    /** A span that may be a model's. */
    private static final class Candidate {
        private final int index;
        private final byte[] json;

        /** Its envelope up to the payload. */
        private final byte[] open;

        /** By its resource. */
        private final Optional<String> tenantNamed;

        Candidate(int index, byte[] json, byte[] open, Optional<String> tenantNamed) {
            this.index = index;
            this.json = json;
            this.open = open;
            this.tenantNamed = tenantNamed;
        }
    }

    /** Makes elements of spans: containers can be told only once all spans of the request are known. */
    private final class Elements implements OtlpReader {
        private final Call call;
        private final List<Element> found = new ArrayList<>();
        private final List<Candidate> candidates = new ArrayList<>();
        private Optional<String> tenantNamed = Optional.empty();
        private byte[] open;

        Elements(Call call) {
            this.call = call;
            this.open = call.attribution().openEnvelope(SOURCE);
        }

        @Override
        public void resource(Map<String, String> attributes) {
            Attribution headers = call.attribution();
            tenantNamed = Optional.ofNullable(attributes.get(OWN_PREFIX + "tenant"));
            open = headers.withDefaults(members(attributes), tags(attributes)).openEnvelope(SOURCE);
        }

        @Override
        public void span(byte[] json, int from, int length) throws NoRoom {
            int index = next();
            // What stands around the spans of a resource is made once for all of them.
            boolean first = candidates.isEmpty() || candidates.get(candidates.size() - 1).open != open;
            grow(length + (first ? open.length : 0));
            // Its place; what becomes of it is said at the end.
            found.add(new Element.Ignore(index));
            candidates.add(new Candidate(index, Arrays.copyOfRange(json, from, from + length), open, tenantNamed));
        }

        void admitAll() throws NoRoom {
            BitSet containers = containerSpans.among(
                    candidates.stream().map(span -> span.json).toList());
            for (int i = 0; i < candidates.size(); i++) {
                if (!containers.get(i)) {
                    Candidate span = candidates.get(i);
                    Element element = admitted(span);
                    grow(element.keptBytes());
                    found.set(span.index, element);
                }
            }
        }

        private Element admitted(Candidate span) {
            return call.tenantRule()
                    .violation(span.index, "resource attribute " + OWN_PREFIX + "tenant", span.tenantNamed)
                    .<Element>map(Element.Refuse::new)
                    .orElseGet(() -> admission.admit(
                            span.index,
                            Envelope.around(
                                    SourceKind.OTEL_GENAI,
                                    span.open,
                                    call.attribution().idOf(span.index),
                                    span.json,
                                    0,
                                    span.json.length)));
        }

        @Override
        public void unrelated() throws NoRoom {
            found.add(new Element.Ignore(next()));
        }

        @Override
        public void unusable(String message) throws NoRoom {
            found.add(new Element.Refuse(Fault.malformed(next(), message)));
        }

        private void grow(int bytes) throws NoRoom {
            Optional<Problem> noRoom = call.grow(bytes);
            if (noRoom.isPresent()) {
                throw new NoRoom(noRoom.get());
            }
        }

        private int next() throws NoRoom {
            if (found.size() == limits.elements()) {
                throw NoRoom.tooManySpans(limits.elements());
            }
            return found.size();
        }

        private static Map<String, String> members(Map<String, String> resource) {
            Map<String, String> members = new java.util.TreeMap<>();
            for (String name : Attribution.MEMBERS) {
                Optional.ofNullable(resource.get(OWN_PREFIX + name)).ifPresent(value -> members.put(name, value));
            }
            Optional.ofNullable(resource.getOrDefault(
                            "deployment.environment.name", resource.get("deployment.environment")))
                    .ifPresent(value -> members.putIfAbsent("environment", value));
            return members;
        }

        private static Map<String, String> tags(Map<String, String> resource) {
            Map<String, String> tags = new java.util.TreeMap<>();
            resource.forEach((name, value) -> {
                if (TAG_PREFIXES.stream().anyMatch(name::startsWith)) {
                    tags.put(name, value);
                }
            });
            return tags;
        }
    }
}
