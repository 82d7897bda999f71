package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers of Amazon Bedrock's Converse API, bare, streamed or in a log.
 *
 * <p>{@code inputTokens} leaves out what was read from and written to the cache. The twins called {@code ...TokenCount} say
 * the same again and are left alone.
 */
final class BedrockConverse implements PayloadParser {
    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        InvocationLog log = InvocationLog.of(payload);
        JsonObject answer;
        List<JsonObject> events = log.body() == null ? null : StreamedPayload.chunks(fields, log.body());
        if (events != null) {
            answer = metadata(events);
        } else if (log.body() == null || log.body() instanceof JsonObject) {
            answer = (JsonObject) log.body();
        } else {
            return PayloadShapes.notAnObject(payload);
        }
        CallUsage.Builder call = CallUsage.of(Providers.BEDROCK)
                .responseId(log.requestId(fields))
                .model(answer, "modelId", fields.text(answer, "modelId"), context.requestModel())
                .serviceTier(context.serviceTier(tier(answer)))
                .latencyMs(latency(fields, answer))
                .outcome(log.outcome() != null ? log.outcome() : Fields.label(answer, "stopReason"));
        log.furnish(fields, context, call);
        JsonObject usage = fields.object(answer, "usage");
        if (usage == null) {
            call.noUsage();
        } else if (Fields.has(usage, "inputTokens") || Fields.has(usage, "outputTokens")) {
            read(fields, usage, call.quantities());
        } else {
            PayloadShapes.requireCounts(fields, usage, "inputTokens", call);
        }
        return Parsing.of(fields, call);
    }

    /** The last event of a stream carries the usage. */
    private static @Nullable JsonObject metadata(List<JsonObject> events) {
        for (int i = events.size() - 1; i >= 0; i--) {
            JsonObject metadata = Fields.section(events.get(i), "metadata");
            if (Fields.has(metadata, "usage")) {
                return metadata;
            }
            if (Fields.has(events.get(i), "usage")) {
                return events.get(i);
            }
        }
        return null;
    }

    private static void read(Fields fields, JsonObject usage, Quantities into) {
        long written = fields.count(usage, "cacheWriteInputTokens");
        long oneHour = oneHour(fields, fields.array(usage, "cacheDetails"));
        into.add(Meter.UNCACHED_INPUT, fields.count(usage, "inputTokens"))
                .add(Meter.CACHE_READ, fields.count(usage, "cacheReadInputTokens"))
                .add(Meter.CACHE_WRITE_1H, oneHour)
                .add(Meter.CACHE_WRITE_5M, fields.remainder(usage, "cacheWriteInputTokens", written, oneHour))
                .add(Meter.OUTPUT_TEXT, fields.count(usage, "outputTokens"));
    }

    private static long oneHour(Fields fields, @Nullable JsonArray details) {
        long tokens = 0;
        for (int i = 0; details != null && i < details.size(); i++) {
            if (details.get(i) instanceof JsonObject detail && "1h".equals(Fields.label(detail, "ttl"))) {
                tokens += fields.count(detail, "inputTokens");
            }
        }
        return tokens;
    }

    private static @Nullable String tier(@Nullable JsonObject answer) {
        String tier = Fields.label(answer, "serviceTier");
        return tier != null ? tier : Fields.label(Fields.section(answer, "serviceTier"), "type");
    }

    private static @Nullable Long latency(Fields fields, @Nullable JsonObject answer) {
        JsonObject metrics = Fields.section(answer, "metrics");
        return Fields.has(metrics, "latencyMs") ? Long.valueOf(fields.count(metrics, "latencyMs")) : null;
    }
}
