package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;

/** OpenAI's images: the input is text and images, all output is image. The response names no model. */
final class OpenAiImages implements PayloadParser {
    @Override
    public Parsing parse(Json payload, CallContext context) {
        if (!(payload instanceof JsonObject response)) {
            return PayloadShapes.notAnObject(payload);
        }
        Fields fields = new Fields();
        CallUsage.Builder call = CallUsage.of(Providers.OPENAI)
                .responseId(fields.text(response, "id"))
                .model(response, "model", fields.text(response, "model"), context.requestModel())
                .eventTime(response, "created", fields.time(response, "created"))
                .serviceTier(context.serviceTier(fields.text(response, "service_tier")));
        OpenAiRegions.read(Providers.OPENAI, context, call);
        JsonObject usage = fields.object(response, "usage");
        if (usage == null) {
            call.noUsage();
        } else if (ResponsesUsage.isIn(usage)) {
            read(fields, usage, call.quantities());
        } else {
            PayloadShapes.requireCounts(fields, usage, "input_tokens", call);
        }
        return Parsing.of(fields, call);
    }

    private static void read(Fields fields, JsonObject usage, Quantities into) {
        JsonObject details = fields.object(usage, "input_tokens_details");
        long input = fields.count(usage, "input_tokens");
        long image = fields.count(details, "image_tokens");
        long cached = fields.count(details, "cached_tokens");
        into.add(Meter.IMAGE_IN, image)
                .add(Meter.CACHE_READ, cached)
                .add(Meter.UNCACHED_INPUT, fields.remainder(usage, "input_tokens", input, image + cached))
                .add(Meter.IMAGE_OUT, fields.count(usage, "output_tokens"));
    }
}
