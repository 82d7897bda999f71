package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers of Anthropic's Messages API, whole or streamed, from Anthropic or from a cloud that hosts its models. */
final class AnthropicMessages implements PayloadParser {
    private final String provider;

    AnthropicMessages(String provider) {
        this.provider = provider;
    }

    /** What a wrapper around the answer knows better. */
    interface Furnishing {
        void furnish(Fields fields, CallUsage.Builder call);
    }

    @Override
    public Parsing parse(Json payload, CallContext context) {
        return parse(payload, context, (fields, call) -> {});
    }

    Parsing parse(Json payload, CallContext context, Furnishing furnishing) {
        Fields fields = new Fields();
        List<JsonObject> events = StreamedPayload.chunks(fields, payload);
        if (events != null) {
            Streamed streamed = Streamed.of(events);
            return answer(fields, streamed.message(), streamed.usage(), streamed.stopReason(), context, furnishing);
        }
        if (payload instanceof JsonObject message) {
            return answer(fields, message, fields.object(message, "usage"), outcome(message), context, furnishing);
        }
        return PayloadShapes.notAnObject(payload);
    }

    private Parsing answer(
            Fields fields,
            @Nullable JsonObject message,
            @Nullable JsonObject usage,
            @Nullable String outcome,
            CallContext context,
            Furnishing furnishing) {
        CallUsage.Builder call = call(fields, message, usage, context).outcome(outcome);
        furnishing.furnish(fields, call);
        if (usage == null) {
            call.noUsage();
        } else if (!AnthropicUsage.isIn(usage)) {
            PayloadShapes.requireCounts(fields, usage, "input_tokens", call);
        } else {
            AnthropicUsage.read(fields, usage, call.quantities());
        }
        List<CallUsage.Builder> further = further(fields, message, usage, context, furnishing);
        if (fields.defect() != null || further.isEmpty()) {
            return Parsing.of(fields, call);
        }
        List<Parsing> parts = new ArrayList<>(further.size() + 1);
        parts.add(Parsing.of(fields, call));
        further.forEach(part -> parts.add(Parsing.of(fields, part)));
        return new Parsing.Several(parts);
    }

    private CallUsage.Builder call(
            Fields fields, @Nullable JsonObject message, @Nullable JsonObject usage, CallContext context) {
        CallUsage.Builder call = CallUsage.of(provider)
                .responseId(fields.text(message, "id"))
                .model(message, "model", fields.text(message, "model"), context.requestModel())
                .region(context.region())
                .serviceTier(context.serviceTier(fields.text(usage, "service_tier")));
        if (usage != null) {
            AnthropicUsage.readAttributes(usage, call);
        }
        return call;
    }

    /**
     * Calls that the server made on the way and bills beside the answer: compaction by the same model, advice by another.
     * The iterations of type message are what the totals sum up.
     */
    private List<CallUsage.Builder> further(
            Fields fields,
            @Nullable JsonObject message,
            @Nullable JsonObject usage,
            CallContext context,
            Furnishing furnishing) {
        JsonArray iterations = usage == null ? null : fields.array(usage, "iterations");
        if (iterations == null) {
            return List.of();
        }
        List<CallUsage.Builder> further = new ArrayList<>();
        for (int i = 0; i < iterations.size(); i++) {
            if (iterations.get(i) instanceof JsonObject iteration
                    && !"message".equals(Fields.label(iteration, "type"))
                    && AnthropicUsage.isIn(iteration)) {
                CallUsage.Builder part = call(fields, message, usage, context).part("iteration-" + i);
                furnishing.furnish(fields, part);
                String model = fields.text(iteration, "model");
                if (model != null) {
                    part.model(iteration, "model", model, context.requestModel());
                }
                AnthropicUsage.read(fields, iteration, part.quantities());
                further.add(part);
            }
        }
        return further;
    }

    private static @Nullable String outcome(JsonObject message) {
        return "error".equals(Fields.label(message, "type"))
                ? PayloadShapes.ERROR
                : Fields.label(message, "stop_reason");
    }

    /**
     * A streamed answer: the usage of message_start, overlaid by that of each message_delta. Deltas carry running totals,
     * so the last wins, and leave out what did not change.
     */
    private record Streamed(
            @Nullable JsonObject message,
            @Nullable JsonObject usage,
            @Nullable String stopReason) {
        static Streamed of(List<JsonObject> events) {
            JsonObject message = null;
            JsonObject usage = null;
            String stopReason = null;
            for (JsonObject event : events) {
                String type = Fields.label(event, "type");
                if ("message_start".equals(type)) {
                    message = Fields.section(event, "message");
                    usage = Fields.section(message, "usage");
                } else if ("message_delta".equals(type)) {
                    usage = overlaid(usage, Fields.section(event, "usage"));
                    stopReason = Fields.label(Fields.section(event, "delta"), "stop_reason");
                } else if ("error".equals(type)) {
                    stopReason = PayloadShapes.ERROR;
                }
            }
            return new Streamed(message, usage, stopReason);
        }

        private static @Nullable JsonObject overlaid(@Nullable JsonObject usage, @Nullable JsonObject delta) {
            if (usage == null || delta == null) {
                return delta == null ? usage : delta;
            }
            return usage.overlaidBy(delta);
        }
    }
}
