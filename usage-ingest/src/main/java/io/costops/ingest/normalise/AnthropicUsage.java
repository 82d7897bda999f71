package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;

/**
 * The usage object of Anthropic's Messages API, wherever the model runs.
 *
 * <p>{@code input_tokens} leaves out what was read from and written to the cache; {@code output_tokens} includes thinking
 * (PRICING.md, section 1).
 */
final class AnthropicUsage {
    private AnthropicUsage() {}

    static boolean isIn(JsonObject usage) {
        return Fields.has(usage, "input_tokens")
                || Fields.has(usage, "output_tokens")
                || Fields.has(usage, "cache_read_input_tokens")
                || Fields.has(usage, "cache_creation_input_tokens");
    }

    static void read(Fields fields, JsonObject usage, Quantities into) {
        into.add(Meter.UNCACHED_INPUT, fields.count(usage, "input_tokens"))
                .add(Meter.CACHE_READ, fields.count(usage, "cache_read_input_tokens"));
        readWrites(fields, usage, into);
        long output = fields.count(usage, "output_tokens");
        long thinking = fields.count(fields.object(usage, "output_tokens_details"), "thinking_tokens");
        into.add(Meter.REASONING, thinking)
                .add(Meter.OUTPUT_TEXT, fields.remainder(usage, "output_tokens", output, thinking))
                .add(Meter.WEB_SEARCH, fields.count(fields.object(usage, "server_tool_use"), "web_search_requests"));
    }

    /** What is not said to be kept for an hour is kept for five minutes. */
    private static void readWrites(Fields fields, JsonObject usage, Quantities into) {
        JsonObject breakdown = fields.object(usage, "cache_creation");
        long oneHour = fields.count(breakdown, "ephemeral_1h_input_tokens");
        long fiveMinutes = fields.count(breakdown, "ephemeral_5m_input_tokens");
        if (Fields.has(usage, "cache_creation_input_tokens")) {
            long written = fields.count(usage, "cache_creation_input_tokens");
            fiveMinutes = fields.remainder(usage, "cache_creation_input_tokens", written, oneHour);
        }
        into.add(Meter.CACHE_WRITE_1H, oneHour).add(Meter.CACHE_WRITE_5M, fiveMinutes);
    }

    /** Facts that Anthropic's rates depend on. */
    static void readAttributes(JsonObject usage, CallUsage.Builder call) {
        call.pricingAttribute(PricingAttributes.INFERENCE_GEO, Fields.label(usage, "inference_geo"))
                .pricingAttribute(PricingAttributes.SPEED, Fields.label(usage, "speed"));
    }
}
