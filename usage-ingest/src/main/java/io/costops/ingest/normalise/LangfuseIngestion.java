package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Ingestion events of Langfuse, one or a batch of them.
 *
 * <p>Only generations and embeddings use a model. Their usage is in disjoint buckets ({@code input} leaves out what was
 * cached, {@code output} leaves out reasoning, {@code total} is no bucket) unless it has OpenAI's shape. Langfuse names no
 * provider.
 */
final class LangfuseIngestion implements PayloadParser {
    /** LiteLLM names a generation by the call's start and the response's id: {@code time-10-15-30-123456_chatcmpl-1}. */
    private static final Pattern OF_LITELLM = Pattern.compile("time-\\d{2}-\\d{2}-\\d{2}-\\d{6}_(.+)");

    @Override
    public Parsing parse(Json payload, CallContext context) {
        JsonArray batch = payload instanceof JsonArray array ? array : null;
        if (payload instanceof JsonObject envelope && Fields.has(envelope, "batch")) {
            Fields fields = new Fields();
            batch = fields.array(envelope, "batch");
            Defect defect = fields.defect();
            if (defect != null) {
                return new Parsing.Rejected(defect);
            }
        }
        if (batch == null) {
            return payload instanceof JsonObject event ? event(event, context) : PayloadShapes.notAnObject(payload);
        }
        List<Parsing> parts = new ArrayList<>(batch.size());
        for (Json element : batch.elements()) {
            parts.add(element instanceof JsonObject event ? event(event, context) : PayloadShapes.notAnObject(element));
        }
        return new Parsing.Several(parts);
    }

    private static Parsing event(JsonObject event, CallContext context) {
        Fields fields = new Fields();
        // An observation as the API returns it has no event around it.
        JsonObject body = Fields.has(event, "body") ? fields.object(event, "body") : event;
        if (fields.defect() == null && !usesModel(Fields.label(event, "type"), Fields.label(body, "type"))) {
            return new Parsing.NotUsage("not a generation");
        }
        Instant start = fields.time(body, "startTime");
        String id = fields.text(body, "id");
        CallUsage.Builder call = CallUsage.of(null)
                .responseId(responseId(id))
                .reporterCallId(id)
                .model(body, "model", fields.text(body, "model"), context.requestModel())
                .region(context.region())
                .serviceTier(context.serviceTier(null))
                .latencyMs(latency(start, fields.time(body, "endTime")))
                .outcome("ERROR".equals(Fields.label(body, "level")) ? PayloadShapes.ERROR : null)
                .reportedCost(reportedCost(fields, body))
                .attribution("environment", environment(body))
                .tag("langfuse.trace_id", Fields.label(body, "traceId"));
        if (start != null) {
            call.eventTime(body, "startTime", start);
        } else {
            call.eventTime(event, "timestamp", fields.time(event, "timestamp"));
        }
        JsonObject usage = usage(fields, body);
        if (usage == null) {
            call.noUsage();
        } else {
            read(fields, usage, call);
        }
        return Parsing.of(fields, call);
    }

    /** The response's own id where the generation's holds it, so that the response is one charge through any door. */
    private static @Nullable String responseId(@Nullable String generation) {
        if (generation == null || !generation.startsWith("time-")) {
            return null;
        }
        Matcher named = OF_LITELLM.matcher(generation);
        return named.matches() ? named.group(1) : null;
    }

    private static boolean usesModel(@Nullable String eventType, @Nullable String bodyType) {
        String type = eventType == null ? "" : eventType.toLowerCase(Locale.ROOT);
        if (type.startsWith("observation")) {
            type = bodyType == null ? "" : bodyType.toLowerCase(Locale.ROOT);
        }
        return type.startsWith("generation") || type.startsWith("embedding");
    }

    private static @Nullable JsonObject usage(Fields fields, @Nullable JsonObject body) {
        JsonObject details = fields.object(body, "usageDetails");
        return details != null && details.size() > 0 ? details : fields.object(body, "usage");
    }

    private static void read(Fields fields, JsonObject usage, CallUsage.Builder call) {
        String unit = Fields.label(usage, "unit");
        if (unit != null && !unit.equalsIgnoreCase("TOKENS")) {
            fields.reject(
                    RejectReason.UNSUPPORTED,
                    usage.path("unit"),
                    usage.path("unit") + " is not TOKENS: only tokens can be priced");
            return;
        }
        if (ChatUsage.isIn(usage)) {
            ChatUsage.read(fields, usage, ChatUsage.Dialect.OPENAI, call.quantities());
        } else if (Fields.has(usage, "promptTokens") || Fields.has(usage, "completionTokens")) {
            call.quantities()
                    .add(Meter.UNCACHED_INPUT, fields.count(usage, "promptTokens"))
                    .add(Meter.OUTPUT_TEXT, fields.count(usage, "completionTokens"));
        } else if (Fields.has(usage, "input_tokens_details") || Fields.has(usage, "output_tokens_details")) {
            ResponsesUsage.read(fields, usage, call.quantities());
        } else if (!readBuckets(fields, usage, call.quantities())) {
            PayloadShapes.requireCounts(fields, usage, "input", call);
        }
    }

    /** True if there was a bucket that counts tokens. */
    private static boolean readBuckets(Fields fields, JsonObject usage, Quantities into) {
        boolean any = false;
        for (int i = 0; i < usage.size(); i++) {
            String bucket = usage.name(i);
            Meter meter = usage.value(i) == Json.Null.NULL ? null : meter(bucket);
            if (meter != null) {
                into.add(meter, fields.count(usage, bucket));
                any = true;
            }
        }
        return any;
    }

    /** What a bucket counts; null for totals, costs and what counts no tokens. */
    private static @Nullable Meter meter(String bucket) {
        String name = bucket.toLowerCase(Locale.ROOT);
        if (name.endsWith("cost") || name.startsWith("total")) {
            return null;
        }
        if (name.contains("cache_creation") || name.contains("cache_write")) {
            return name.contains("1h") ? Meter.CACHE_WRITE_1H : Meter.CACHE_WRITE_5M;
        }
        boolean audio = name.contains("audio");
        if (name.contains("cache")) {
            return audio ? Meter.CACHE_READ_AUDIO : Meter.CACHE_READ;
        }
        if (name.startsWith("output") || name.startsWith("completion")) {
            return outputMeter(name, audio);
        }
        if (name.startsWith("input") || name.startsWith("prompt")) {
            return audio ? Meter.AUDIO_IN : name.contains("image") ? Meter.IMAGE_IN : inputMeter(name);
        }
        return name.contains("reasoning") || name.contains("thinking") || name.contains("thought")
                ? Meter.REASONING
                : null;
    }

    private static Meter inputMeter(String name) {
        return name.contains("video") ? Meter.VIDEO_IN : Meter.UNCACHED_INPUT;
    }

    private static Meter outputMeter(String name, boolean audio) {
        if (name.contains("reasoning") || name.contains("thinking") || name.contains("thought")) {
            return Meter.REASONING;
        }
        return audio ? Meter.AUDIO_OUT : name.contains("image") ? Meter.IMAGE_OUT : Meter.OUTPUT_TEXT;
    }

    private static @Nullable BigDecimal reportedCost(Fields fields, @Nullable JsonObject body) {
        JsonObject details = Fields.section(body, "costDetails");
        if (Fields.has(details, "total")) {
            return fields.decimal(details, "total");
        }
        return fields.decimal(Fields.section(body, "usage"), "totalCost");
    }

    /** Langfuse calls it default where nobody named one. */
    private static @Nullable String environment(@Nullable JsonObject body) {
        String environment = Fields.label(body, "environment");
        return "default".equals(environment) ? null : environment;
    }

    private static @Nullable Long latency(@Nullable Instant start, @Nullable Instant end) {
        return start == null || end == null || end.isBefore(start)
                ? null
                : Long.valueOf(Duration.between(start, end).toMillis());
    }
}
