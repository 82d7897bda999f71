package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Amazon Bedrock's ModelInvocationLog: what a response itself doesn't say, its model, region and time.
 *
 * @param log the log record, null if the payload is the bare response
 * @param body the response
 */
record InvocationLog(@Nullable JsonObject log, @Nullable Json body) {
    /** Takes a log apart; any other payload is the response itself. */
    static InvocationLog of(Json payload) {
        if (payload instanceof JsonObject log
                && ("ModelInvocationLog".equals(Fields.label(log, "schemaType"))
                        || Fields.has(Fields.section(log, "output"), "outputBodyJson"))) {
            JsonObject output = Fields.section(log, "output");
            return new InvocationLog(log, output == null ? null : output.get("outputBodyJson"));
        }
        return new InvocationLog(null, payload);
    }

    /** The model by which Bedrock bills: the one that was invoked, with its region's prefix; never the response's. */
    void furnish(Fields fields, CallContext context, CallUsage.Builder call) {
        String requested = context.requestModel();
        String modelId = fields.text(log, "modelId");
        if (modelId != null || requested != null) {
            call.model(log, "modelId", modelId != null ? modelId : requested, requested);
        }
        String region = fields.text(log, "region");
        call.region(region != null ? region : context.region());
        Instant at = fields.time(log, "timestamp");
        if (at != null) {
            call.eventTime(log, "timestamp", at);
        }
    }

    /** The request's id: what the log says, or what an SDK adds to the response it hands out. */
    @Nullable
    String requestId(Fields fields) {
        if (log != null || !(body instanceof JsonObject response)) {
            return fields.text(log, "requestId");
        }
        String ofPython = Fields.label(Fields.section(response, "ResponseMetadata"), "RequestId");
        return ofPython != null ? ofPython : Fields.label(Fields.section(response, "$metadata"), "requestId");
    }

    @Nullable
    String outcome() {
        return Fields.has(log, "errorCode") ? PayloadShapes.ERROR : null;
    }
}
