package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonText;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * LiteLLM's StandardLoggingPayload.
 *
 * <p>{@code metadata.usage_object} is already in OpenAI's shape for every provider: {@code prompt_tokens} includes cache
 * reads and writes even for Anthropic and Bedrock. {@code response_cost} is what LiteLLM computed; it is kept beside.
 */
final class LiteLlmCallback implements PayloadParser {
    private static final String GATEWAY = "litellm";

    /** Names that LiteLLM puts before a model; any other first part of a model's name belongs to the name. */
    private static final Set<String> PREFIXES = Set.of(
            Providers.OPENAI,
            Providers.ANTHROPIC,
            Providers.AZURE,
            Providers.BEDROCK,
            Providers.VERTEX_AI,
            Providers.GEMINI,
            Providers.XAI,
            Providers.GROQ,
            Providers.DEEPSEEK,
            Providers.MISTRAL,
            Providers.COHERE,
            Providers.DASHSCOPE,
            Providers.TOGETHER_AI,
            Providers.PERPLEXITY,
            Providers.OPENROUTER);

    @Override
    public Parsing parse(Json payload, CallContext context) {
        if (!(payload instanceof JsonObject log)) {
            return PayloadShapes.notAnObject(payload);
        }
        Fields fields = new Fields();
        JsonObject metadata = Fields.section(log, "metadata");
        JsonObject usage = fields.object(metadata, "usage_object");
        String model = fields.text(log, "model");
        Instant start = fields.time(log, "startTime");
        String provider = provider(fields, log, model);
        CallUsage.Builder call = CallUsage.of(provider)
                .gateway(GATEWAY)
                .responseId(fields.text(log, "id"))
                .model(log, "model", model, context.requestModel())
                .eventTime(log, "startTime", start)
                .serviceTier(context.serviceTier(tier(log, usage)))
                .outcome(Fields.label(log, "status"))
                .latencyMs(latencyMs(start, fields.time(log, "endTime")));
        if (provider != null) {
            OpenAiRegions.read(provider, context.calledAt(Fields.label(log, "api_base")), call);
        }
        attribute(log, metadata, call);
        if (usage == null || usage.size() == 0) {
            call.noUsage();
        } else if (ChatUsage.isIn(usage)) {
            readUsage(fields, usage, call.quantities());
            AnthropicUsage.readAttributes(usage, call);
        } else {
            PayloadShapes.requireCounts(fields, usage, "prompt_tokens", call);
        }
        boolean cacheHit = fields.flag(log, "cache_hit");
        if (cacheHit) {
            call.status(UsageStatus.GATEWAY_CACHE_HIT).reporterCallId(callId(fields, log));
        }
        call.reportedCost(reportedCost(fields, log, usage != null || cacheHit));
        return Parsing.of(fields, call);
    }

    private static @Nullable String provider(Fields fields, JsonObject log, @Nullable String model) {
        String named = Providers.canonical(fields.text(log, "custom_llm_provider"));
        if (named != null || model == null || model.indexOf('/') < 0) {
            return named;
        }
        String prefix = Providers.canonical(model.substring(0, model.indexOf('/')));
        return prefix != null && PREFIXES.contains(prefix) ? prefix : null;
    }

    private static @Nullable String tier(JsonObject log, @Nullable JsonObject usage) {
        String ofUsage = Fields.label(usage, "service_tier");
        return ofUsage != null ? ofUsage : Fields.label(Fields.section(log, "response"), "service_tier");
    }

    private static void readUsage(Fields fields, JsonObject usage, Quantities into) {
        long prompt = fields.count(usage, "prompt_tokens");
        JsonObject details = fields.object(usage, "prompt_tokens_details");
        long cached = Math.max(fields.count(details, "cached_tokens"), fields.count(usage, "cache_read_input_tokens"));
        long written = Math.max(
                Math.max(
                        fields.count(details, "cache_creation_tokens"),
                        fields.count(usage, "cache_creation_input_tokens")),
                fields.count(details, "cache_write_tokens"));
        long oneHour =
                fields.count(fields.object(details, "cache_creation_token_details"), "ephemeral_1h_input_tokens");
        long audio = fields.count(details, "audio_tokens");
        long rest = fields.remainder(usage, "prompt_tokens", prompt, cached + written + audio);
        long image = Math.min(rest, fields.count(details, "image_tokens"));
        long video = Math.min(rest - image, fields.count(details, "video_tokens"));
        into.add(Meter.UNCACHED_INPUT, rest - image - video)
                .add(Meter.CACHE_READ, cached)
                .add(Meter.CACHE_WRITE_1H, oneHour)
                .add(Meter.CACHE_WRITE_5M, fields.remainder(details, "cache_creation_tokens", written, oneHour))
                .add(Meter.AUDIO_IN, audio)
                .add(Meter.IMAGE_IN, image)
                .add(Meter.VIDEO_IN, video)
                .add(Meter.WEB_SEARCH, searches(fields, usage, details));
        ChatUsage.readOutput(fields, usage, prompt, ChatUsage.Dialect.OPENAI, into);
    }

    private static long searches(Fields fields, JsonObject usage, @Nullable JsonObject details) {
        return Math.max(
                fields.count(Fields.section(usage, "server_tool_use"), "web_search_requests"),
                fields.count(details, "web_search_requests"));
    }

    /** A hit must not be taken for the answer that it repeats, whose id it may carry: the gateway's own id of the call. */
    private static @Nullable String callId(Fields fields, JsonObject log) {
        String callId = fields.text(log, "litellm_call_id");
        if (callId != null) {
            return callId;
        }
        String id = fields.text(log, "id");
        String start = Fields.has(log, "startTime") ? fields.text(log, "startTime") : null;
        return id == null || start == null ? id : id + "@" + start;
    }

    /** LiteLLM writes 0 for a call that has no usage: that is no statement of a cost. */
    private static @Nullable BigDecimal reportedCost(Fields fields, JsonObject log, boolean used) {
        BigDecimal cost = fields.decimal(log, "response_cost");
        return cost != null && (used || cost.signum() != 0) ? cost : null;
    }

    private static @Nullable Long latencyMs(@Nullable Instant start, @Nullable Instant end) {
        return start == null || end == null || end.isBefore(start)
                ? null
                : Long.valueOf(Duration.between(start, end).toMillis());
    }

    private static void attribute(JsonObject log, @Nullable JsonObject metadata, CallUsage.Builder call) {
        String endUser = Fields.label(log, "end_user");
        String team = Fields.label(metadata, "user_api_key_team_alias");
        call.attribution("api_key_id", Fields.label(metadata, "user_api_key_hash"))
                .attribution("team", team != null ? team : Fields.label(metadata, "user_api_key_team_id"))
                .attribution("user", endUser != null ? endUser : Fields.label(metadata, "user_api_key_user_id"))
                .tag("litellm.key_alias", Fields.label(metadata, "user_api_key_alias"))
                .tag("litellm.model_group", Fields.label(log, "model_group"));
        Json requestTags = log.get("request_tags");
        if (requestTags instanceof io.costops.ingest.json.JsonArray tags && tags.size() > 0) {
            call.tag("litellm.request_tags", JsonText.plain(tags));
        }
    }
}
