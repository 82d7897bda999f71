package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Spans by OpenTelemetry's GenAI conventions: OTLP/JSON traces, a single span of one, or a span as an SDK's console
 * exporter prints it.
 *
 * <p>A span that contains others sums up what they report; only the innermost ones are billed.
 */
final class OtelSpans implements PayloadParser {
    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        List<OtelSpan> spans = new ArrayList<>();
        boolean single = false;
        if (payload instanceof JsonArray array) {
            addSpans(array, SpanAttributes.of(null), spans);
        } else if (payload instanceof JsonObject object && Fields.has(object, "resourceSpans")) {
            addResources(fields.array(object, "resourceSpans"), spans);
        } else if (payload instanceof JsonObject object && Fields.has(object, "scopeSpans")) {
            addScopes(fields.array(object, "scopeSpans"), SpanAttributes.of(Fields.section(object, "resource")), spans);
        } else if (payload instanceof JsonObject object && Fields.has(object, "spans")) {
            addSpans(fields.array(object, "spans"), SpanAttributes.of(null), spans);
        } else if (payload instanceof JsonObject span) {
            single = true;
            spans.add(OtelSpan.of(span, SpanAttributes.of(Fields.section(span, "resource"))));
        } else {
            return PayloadShapes.notAnObject(payload);
        }
        Defect defect = fields.defect();
        if (defect != null) {
            return new Parsing.Rejected(defect);
        }
        if (single) {
            return spans.get(0).parse(context);
        }
        BitSet containers =
                SpanPlace.containers(spans.stream().map(OtelSpan::place).toList());
        List<Parsing> parts = new ArrayList<>(spans.size());
        for (int i = 0; i < spans.size(); i++) {
            parts.add(containers.get(i) ? OtelSpan.CONTAINER : spans.get(i).parse(context));
        }
        return parts.isEmpty() ? new Parsing.NotUsage("no spans") : new Parsing.Several(parts);
    }

    private static void addResources(@Nullable JsonArray resources, List<OtelSpan> spans) {
        for (int i = 0; resources != null && i < resources.size(); i++) {
            if (resources.get(i) instanceof JsonObject resource) {
                addScopes(
                        Fields.list(resource, "scopeSpans"),
                        SpanAttributes.of(Fields.section(resource, "resource")),
                        spans);
            }
        }
    }

    private static void addScopes(@Nullable JsonArray scopes, SpanAttributes resource, List<OtelSpan> spans) {
        for (int i = 0; scopes != null && i < scopes.size(); i++) {
            if (scopes.get(i) instanceof JsonObject scope) {
                addSpans(Fields.list(scope, "spans"), resource, spans);
            }
        }
    }

    private static void addSpans(@Nullable JsonArray array, SpanAttributes resource, List<OtelSpan> spans) {
        for (int i = 0; array != null && i < array.size(); i++) {
            if (array.get(i) instanceof JsonObject span) {
                spans.add(OtelSpan.of(span, resource));
            }
        }
    }
}
