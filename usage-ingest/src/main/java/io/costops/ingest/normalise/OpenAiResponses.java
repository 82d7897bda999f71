package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Responses of OpenAI's Responses API, from OpenAI or Azure, whole or as the events of a stream. */
final class OpenAiResponses implements PayloadParser {
    private final String provider;

    OpenAiResponses(String provider) {
        this.provider = provider;
    }

    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        List<JsonObject> events = StreamedPayload.chunks(fields, payload);
        JsonObject response;
        if (events != null) {
            response = lastResponse(events);
        } else if (payload instanceof JsonObject whole) {
            // A single event of a stream carries the response in itself.
            response = Fields.has(whole, "usage") ? whole : inEvent(whole);
        } else {
            return PayloadShapes.notAnObject(payload);
        }
        return Parsing.of(fields, call(fields, response, context));
    }

    private static JsonObject inEvent(JsonObject whole) {
        JsonObject response = Fields.section(whole, "response");
        return response == null ? whole : response;
    }

    /** The event that ends the response: it alone has usage. Without one, any event tells whose usage is missing. */
    private static @Nullable JsonObject lastResponse(List<JsonObject> events) {
        JsonObject any = null;
        JsonObject ended = null;
        for (JsonObject event : events) {
            JsonObject response = Fields.section(event, "response");
            if (response == null) {
                continue;
            }
            any = response;
            String type = Fields.label(event, "type");
            if ("response.completed".equals(type) || "response.incomplete".equals(type)) {
                ended = response;
            }
        }
        return ended != null ? ended : any;
    }

    private CallUsage.Builder call(Fields fields, @Nullable JsonObject response, CallContext context) {
        JsonObject usage = fields.object(response, "usage");
        CallUsage.Builder call = CallUsage.of(provider)
                .responseId(fields.text(response, "id"))
                .model(response, "model", fields.text(response, "model"), context.requestModel())
                .eventTime(response, "created_at", fields.time(response, "created_at"))
                .serviceTier(context.serviceTier(fields.text(response, "service_tier")))
                .outcome(Fields.label(response, "status"));
        OpenAiRegions.read(provider, context, call);
        if (usage == null) {
            return call.noUsage();
        }
        if (!ResponsesUsage.isIn(usage)) {
            PayloadShapes.requireCounts(fields, usage, "input_tokens", call);
            return call;
        }
        ResponsesUsage.read(fields, usage, call.quantities());
        long searches = searches(Fields.list(response, "output"));
        if (searches > 0) {
            call.quantities().add(Meter.WEB_SEARCH, searches);
            call.pricingAttribute(PricingAttributes.SEARCH_CONTEXT_SIZE, searchContextSize(response, context));
        }
        return call;
    }

    private static long searches(@Nullable JsonArray output) {
        long searches = 0;
        for (int i = 0; output != null && i < output.size(); i++) {
            if (output.get(i) instanceof JsonObject item
                    && "web_search_call".equals(Fields.label(item, "type"))
                    && "completed".equals(Fields.label(item, "status"))) {
                searches++;
            }
        }
        return searches;
    }

    /** The response repeats the tools that it was given. */
    private static @Nullable String searchContextSize(@Nullable JsonObject response, CallContext context) {
        JsonArray tools = Fields.list(response, "tools");
        for (int i = 0; tools != null && i < tools.size(); i++) {
            if (tools.get(i) instanceof JsonObject tool) {
                String type = Fields.label(tool, "type");
                String size = Fields.label(tool, "search_context_size");
                if (type != null && type.startsWith("web_search") && size != null) {
                    return size;
                }
            }
        }
        return context.searchContextSize();
    }
}
