package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What the sender knows of a call and the payload may not say; the envelope's {@code context}.
 *
 * @param region region or data zone that served the call
 * @param batch true if it ran in a batch
 * @param requestModel model that was asked for
 * @param deploymentType Azure's deployment type, for example DataZoneStandard
 * @param apiBase address that was called
 * @param searchContextSize size of the search context that was asked for
 * @param gpuSeconds time on the GPUs of a model that one runs oneself
 */
record CallContext(
        @Nullable String region,
        boolean batch,
        @Nullable String requestModel,
        @Nullable String deploymentType,
        @Nullable String apiBase,
        @Nullable String searchContextSize,
        @Nullable BigDecimal gpuSeconds) {
    static final CallContext NONE = new CallContext(null, false, null, null, null, null, null);

    static CallContext of(Fields fields, @Nullable JsonObject context) {
        if (context == null) {
            return NONE;
        }
        String size = Fields.label(Fields.section(context, "web_search_options"), "search_context_size");
        return new CallContext(
                fields.text(context, "region"),
                fields.flag(context, "batch"),
                fields.text(context, "request_model"),
                fields.text(context, "deployment_type"),
                fields.text(context, "api_base"),
                size != null ? size : fields.text(context, "search_context_size"),
                fields.quantityOrText(context, ChatCompletions.GPU_SECONDS));
    }

    /** The tier: the one that the response reports; the tier that was asked for is no fact. */
    String serviceTier(@Nullable String reported) {
        return batch ? ServiceTiers.BATCH : ServiceTiers.canonical(reported);
    }

    /** This context with the address that a gateway or a tracer saw, where the sender named none. */
    CallContext calledAt(@Nullable String address) {
        return apiBase != null || address == null
                ? this
                : new CallContext(region, batch, requestModel, deploymentType, address, searchContextSize, gpuSeconds);
    }

    CallContext inBatch() {
        return new CallContext(region, true, requestModel, deploymentType, apiBase, searchContextSize, gpuSeconds);
    }
}
