package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import java.util.List;

/** Lines of an OpenAI batch's output file: a response of any endpoint, at the batch's price. */
final class OpenAiBatchOutput implements PayloadParser {
    private final PayloadParser chat;
    private final PayloadParser responses;

    OpenAiBatchOutput(PayloadParser chat, PayloadParser responses) {
        this.chat = chat;
        this.responses = responses;
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
        JsonObject response = fields.object(line, "response");
        JsonObject body = fields.object(response, "body");
        Defect defect = fields.defect();
        if (defect != null) {
            return new Parsing.Rejected(defect);
        }
        if (body == null) {
            // A request that failed has no body; its line tells nothing but that it did.
            return chat.parse(line, context.inBatch());
        }
        PayloadParser parser = "response".equals(Fields.label(body, "object")) ? responses : chat;
        return parser.parse(body, context.inBatch());
    }
}
