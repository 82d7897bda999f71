package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cohere's chat, embeddings and reranking: {@code billed_units} are what is billed, {@code tokens} are not. The response
 * names no model.
 */
final class CohereUsage implements PayloadParser {
    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        List<JsonObject> events = StreamedPayload.chunks(fields, payload);
        JsonObject response;
        JsonObject named;
        if (events != null) {
            response = end(events);
            named = events.isEmpty() ? null : events.get(0);
        } else if (payload instanceof JsonObject whole) {
            response = whole;
            named = whole;
        } else {
            return PayloadShapes.notAnObject(payload);
        }
        CallUsage.Builder call = CallUsage.of(Providers.COHERE)
                .responseId(id(fields, named))
                .model(response, "model", fields.text(response, "model"), context.requestModel())
                .region(context.region())
                .serviceTier(context.serviceTier(null))
                .outcome(Fields.label(response, "finish_reason"));
        JsonObject usage = fields.object(response, "usage");
        JsonObject billed = fields.object(usage != null ? usage : Fields.section(response, "meta"), "billed_units");
        if (billed == null) {
            call.noUsage();
        } else {
            call.quantities()
                    .add(Meter.UNCACHED_INPUT, fields.count(billed, "input_tokens"))
                    .add(Meter.IMAGE_IN, fields.count(billed, "image_tokens"))
                    .add(Meter.OUTPUT_TEXT, fields.count(billed, "output_tokens"))
                    .add(Meter.SEARCH_UNITS, fields.count(billed, "search_units"));
            if (!isIn(billed)) {
                PayloadShapes.requireCounts(fields, billed, "input_tokens", call);
            }
        }
        return Parsing.of(fields, call);
    }

    private static boolean isIn(JsonObject billed) {
        return Fields.has(billed, "input_tokens")
                || Fields.has(billed, "output_tokens")
                || Fields.has(billed, "image_tokens")
                || Fields.has(billed, "search_units");
    }

    private static @Nullable String id(Fields fields, @Nullable JsonObject response) {
        String id = fields.text(response, "id");
        return id != null ? id : fields.text(response, "generation_id");
    }

    /** The event that ends a stream: message-end with a delta, or stream-end with the whole response. */
    private static @Nullable JsonObject end(List<JsonObject> events) {
        for (int i = events.size() - 1; i >= 0; i--) {
            JsonObject delta = Fields.section(events.get(i), "delta");
            if (Fields.has(delta, "usage")) {
                return delta;
            }
            JsonObject response = Fields.section(events.get(i), "response");
            if (Fields.has(response, "meta")) {
                return response;
            }
        }
        return null;
    }
}
