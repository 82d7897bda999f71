package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chat completions in OpenAI's shape, whole or streamed. */
final class ChatCompletions implements PayloadParser {
    /** The meter's name, as a constant: members are found by interned names. */
    static final String GPU_SECONDS = "gpu_seconds";

    private final String provider;
    private final ChatUsage.Dialect dialect;

    ChatCompletions(String provider, ChatUsage.Dialect dialect) {
        this.provider = provider;
        this.dialect = dialect;
    }

    static ChatCompletions of(String provider) {
        return new ChatCompletions(provider, ChatUsage.Dialect.OPENAI);
    }

    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        CallUsage.Builder call = CallUsage.of(provider);
        List<JsonObject> chunks = StreamedPayload.chunks(fields, payload);
        if (chunks != null) {
            readStream(fields, chunks, context, call);
        } else if (payload instanceof JsonObject response) {
            readIdentity(fields, response, context, call);
            call.serviceTier(context.serviceTier(fields.text(response, "service_tier")));
            readUsage(fields, response, call);
            if (citesUrl(Fields.list(response, "choices"))) {
                search(context, call);
            }
        } else {
            return PayloadShapes.notAnObject(payload);
        }
        if (dialect == ChatUsage.Dialect.SELFHOSTED) {
            readGpuSeconds(fields, payload, context, call);
        }
        OpenAiRegions.read(provider, context, call);
        return Parsing.of(fields, call);
    }

    private void readIdentity(Fields fields, JsonObject response, CallContext context, CallUsage.Builder call) {
        call.responseId(fields.text(response, "id"))
                .model(response, "model", fields.text(response, "model"), context.requestModel())
                .eventTime(response, "created", fields.time(response, "created"))
                .outcome(outcome(response));
    }

    /**
     * The chunk that carries usage is the last one, its choices empty; who sends usage with every chunk sends running
     * totals. Identity is taken from any chunk: the first one of Azure has none.
     */
    private void readStream(Fields fields, List<JsonObject> chunks, CallContext context, CallUsage.Builder call) {
        JsonObject withUsage = null;
        JsonObject named = null;
        boolean searched = false;
        for (JsonObject chunk : chunks) {
            if (usageOf(chunk) != null) {
                withUsage = chunk;
            }
            if (Fields.label(chunk, "id") != null && Fields.label(chunk, "model") != null) {
                named = chunk;
            }
            searched |= citesUrl(Fields.list(chunk, "choices"));
        }
        if (named == null) {
            named = withUsage != null ? withUsage : chunks.isEmpty() ? null : chunks.get(0);
        }
        if (named != null) {
            readIdentity(fields, named, context, call);
        } else {
            call.model(null, "model", null, context.requestModel());
        }
        call.serviceTier(context.serviceTier(StreamedPayload.lastText(fields, chunks, "service_tier")));
        if (withUsage == null) {
            call.noUsage();
        } else {
            readUsage(fields, withUsage, call);
        }
        if (searched) {
            search(context, call);
        }
    }

    private void readUsage(Fields fields, JsonObject in, CallUsage.Builder call) {
        Json stated = usageOf(in);
        if (stated == null) {
            call.noUsage();
            return;
        }
        if (!(stated instanceof JsonObject usage)) {
            String path = in.path("usage");
            fields.reject(
                    RejectReason.INVALID_FIELD, path, path + " must be an object, but is " + Fields.shown(stated));
            return;
        }
        if (!ChatUsage.isIn(usage)) {
            if (dialect == ChatUsage.Dialect.SELFHOSTED && Fields.has(usage, GPU_SECONDS)) {
                return;
            }
            PayloadShapes.requireCounts(fields, usage, "prompt_tokens", call);
            return;
        }
        ChatUsage.read(fields, usage, dialect, call.quantities());
        readExtras(fields, usage, call);
    }

    /** Groq's stream carries it in a section of its own. */
    private static @Nullable Json usageOf(JsonObject chunk) {
        Json usage = chunk.get("usage");
        if (usage != null) {
            return usage;
        }
        JsonObject groq = Fields.section(chunk, "x_groq");
        return groq == null ? null : groq.get("usage");
    }

    /** What a provider adds to the common shape. */
    private void readExtras(Fields fields, JsonObject usage, CallUsage.Builder call) {
        switch (dialect) {
            case PERPLEXITY -> {
                // Every request searches; the size of what it read sets the fee.
                call.quantities().add(Meter.WEB_SEARCH, 1);
                call.pricingAttribute(
                        PricingAttributes.SEARCH_CONTEXT_SIZE, Fields.label(usage, "search_context_size"));
                call.reportedCost(fields.decimal(Fields.section(usage, "cost"), "total_cost"));
            }
            case OPENROUTER -> call.gateway(provider).reportedCost(fields.decimal(usage, "cost"));
            case XAI -> call.reportedCost(dollarsOfTicks(fields.decimal(usage, "cost_in_usd_ticks")));
            case OPENAI, DEEPSEEK, TOGETHER, SELFHOSTED -> {
                // Nothing beside the common shape.
            }
        }
    }

    /**
     * Time on the GPUs, which no server of models reports: whoever sends the payload adds it, to the payload or beside it in
     * the context. It is used even where the server counts no tokens.
     */
    private static void readGpuSeconds(Fields fields, Json payload, CallContext context, CallUsage.Builder call) {
        BigDecimal seconds = context.gpuSeconds();
        if (seconds == null && payload instanceof JsonObject response) {
            JsonObject usage = Fields.section(response, "usage");
            seconds = fields.quantity(Fields.has(usage, GPU_SECONDS) ? usage : response, GPU_SECONDS);
        }
        if (seconds != null && seconds.signum() > 0) {
            call.quantities().addGpuSeconds(seconds);
            call.status(UsageStatus.BILLABLE);
        }
    }

    /** xAI counts its costs in ticks of 10^-10 dollars. */
    private static @Nullable BigDecimal dollarsOfTicks(@Nullable BigDecimal ticks) {
        return ticks == null ? null : ticks.movePointLeft(10);
    }

    /** OpenAI bills one search for an answer that cites the web, however often it cites. */
    private void search(CallContext context, CallUsage.Builder call) {
        if (dialect == ChatUsage.Dialect.PERPLEXITY) {
            return;
        }
        call.quantities().add(Meter.WEB_SEARCH, 1);
        call.pricingAttribute(PricingAttributes.SEARCH_CONTEXT_SIZE, context.searchContextSize());
    }

    private static boolean citesUrl(@Nullable JsonArray choices) {
        for (int i = 0; choices != null && i < choices.size(); i++) {
            if (choices.get(i) instanceof JsonObject choice
                    && (cites(Fields.section(choice, "message")) || cites(Fields.section(choice, "delta")))) {
                return true;
            }
        }
        return false;
    }

    private static boolean cites(@Nullable JsonObject message) {
        JsonArray annotations = Fields.list(message, "annotations");
        for (int i = 0; annotations != null && i < annotations.size(); i++) {
            if (annotations.get(i) instanceof JsonObject annotation
                    && "url_citation".equals(Fields.label(annotation, "type"))) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String outcome(JsonObject response) {
        if (Fields.has(response, "error")) {
            return PayloadShapes.ERROR;
        }
        JsonArray choices = Fields.list(response, "choices");
        return choices != null && choices.size() > 0 && choices.get(0) instanceof JsonObject first
                ? Fields.label(first, "finish_reason")
                : null;
    }
}
