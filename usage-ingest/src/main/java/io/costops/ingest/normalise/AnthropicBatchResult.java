package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import java.util.List;

/** Lines of the results of an Anthropic message batch. Only a request that succeeded is billed, at the batch's price. */
final class AnthropicBatchResult implements PayloadParser {
    private final AnthropicMessages messages;

    AnthropicBatchResult(AnthropicMessages messages) {
        this.messages = messages;
    }

    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        List<JsonObject> lines = StreamedPayload.chunks(fields, payload);
        Defect defect = fields.defect();
        if (defect != null) {
            return new Parsing.Rejected(defect);
        }
        if (lines != null) {
            return new Parsing.Several(
                    lines.stream().map(line -> line(line, context)).toList());
        }
        return payload instanceof JsonObject line ? line(line, context) : PayloadShapes.notAnObject(payload);
    }

    private Parsing line(JsonObject line, CallContext context) {
        Fields fields = new Fields();
        JsonObject result = fields.object(line, "result");
        JsonObject message = fields.object(result, "message");
        Defect defect = fields.defect();
        if (defect != null) {
            return new Parsing.Rejected(defect);
        }
        if (message != null) {
            return messages.parse(message, context.inBatch());
        }
        return Parsing.of(
                fields,
                CallUsage.of(Providers.ANTHROPIC)
                        .noUsage()
                        .model(line, "model", null, context.requestModel())
                        .serviceTier(ServiceTiers.BATCH)
                        .outcome(Fields.label(result, "type")));
    }
}
