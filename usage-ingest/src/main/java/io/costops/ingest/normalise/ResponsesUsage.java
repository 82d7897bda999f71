package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;

/**
 * The usage object of OpenAI's Responses API: {@code input_tokens} includes what was read from and written to the cache,
 * {@code output_tokens} includes reasoning.
 */
final class ResponsesUsage {
    private ResponsesUsage() {}

    static boolean isIn(JsonObject usage) {
        return Fields.has(usage, "input_tokens") || Fields.has(usage, "output_tokens");
    }

    static void read(Fields fields, JsonObject usage, Quantities into) {
        JsonObject inDetails = fields.object(usage, "input_tokens_details");
        long cached = fields.count(inDetails, "cached_tokens");
        long written = fields.count(inDetails, "cache_write_tokens");
        long audioIn = fields.count(inDetails, "audio_tokens");
        long input = fields.count(usage, "input_tokens");
        JsonObject outDetails = fields.object(usage, "output_tokens_details");
        long reasoning = fields.count(outDetails, "reasoning_tokens");
        long audioOut = fields.count(outDetails, "audio_tokens");
        long output = fields.count(usage, "output_tokens");
        into.add(Meter.CACHE_READ, cached)
                .add(Meter.CACHE_WRITE_5M, written)
                .add(Meter.AUDIO_IN, audioIn)
                .add(Meter.UNCACHED_INPUT, fields.remainder(usage, "input_tokens", input, cached + written + audioIn))
                .add(Meter.REASONING, reasoning)
                .add(Meter.AUDIO_OUT, audioOut)
                .add(Meter.OUTPUT_TEXT, fields.remainder(usage, "output_tokens", output, reasoning + audioOut));
    }
}
