package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        Set<OtelSpan> containers = containers(spans);
        List<Parsing> parts = new ArrayList<>(spans.size());
        for (OtelSpan span : spans) {
            parts.add(containers.contains(span) ? OtelSpan.CONTAINER : span.parse(context));
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

    /**
     * Spans with usage around other spans with usage. One that answered with an id of its own is a call all the same: a
     * tool of an agent may well call a model.
     */
    static Set<OtelSpan> containers(List<OtelSpan> spans) {
        Map<String, OtelSpan> byId = new HashMap<>();
        for (OtelSpan span : spans) {
            if (span.id() != null) {
                byId.put(span.id(), span);
            }
        }
        Set<OtelSpan> containers = new HashSet<>();
        for (OtelSpan span : spans) {
            if (!span.isBilled()) {
                continue;
            }
            Set<OtelSpan> seen = new HashSet<>();
            OtelSpan above = span.parentId() == null ? null : byId.get(span.parentId());
            // A loop of parents ends where it began; what is marked already has been walked up from.
            while (above != null && seen.add(above)) {
                if (above.isBilled() && !above.answersBeside(span) && !containers.add(above)) {
                    break;
                }
                above = above.parentId() == null ? null : byId.get(above.parentId());
            }
        }
        return containers;
    }
}
