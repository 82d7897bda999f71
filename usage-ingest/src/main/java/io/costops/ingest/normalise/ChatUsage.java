package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import org.jspecify.annotations.Nullable;

/**
 * The usage object of a chat completion, OpenAI's and of the many who copied it.
 *
 * <p>{@code prompt_tokens} includes cached, written, audio and image tokens; {@code completion_tokens} includes reasoning,
 * audio, image and both kinds of prediction tokens (PRICING.md, section 1).
 */
final class ChatUsage {
    /** How a provider departs from OpenAI. */
    enum Dialect {
        OPENAI,
        /** {@code prompt_cache_hit_tokens} are the cached ones. */
        DEEPSEEK,
        /** {@code completion_tokens} leaves reasoning out where the total says so. */
        XAI,
        /** {@code cached_tokens} stands beside the totals, not in the details. */
        TOGETHER,
        /** {@code cost} states what was billed. */
        OPENROUTER,
        /** Every request searches the web. */
        PERPLEXITY,
        /** The time on the GPUs may stand beside the tokens, or alone. */
        SELFHOSTED
    }

    private ChatUsage() {}

    /** True if an object has any of the counts at all. */
    static boolean isIn(JsonObject usage) {
        return Fields.has(usage, "prompt_tokens") || Fields.has(usage, "completion_tokens");
    }

    static void read(Fields fields, JsonObject usage, Dialect dialect, Quantities into) {
        long prompt = fields.count(usage, "prompt_tokens");
        JsonObject inDetails = fields.object(usage, "prompt_tokens_details");
        readInput(
                fields,
                usage,
                prompt,
                inDetails,
                cached(fields, usage, inDetails, dialect),
                written(fields, inDetails),
                into);
        readOutput(fields, usage, prompt, dialect, into);
    }

    private static long cached(Fields fields, JsonObject usage, @Nullable JsonObject details, Dialect dialect) {
        long inDetails = fields.count(details, "cached_tokens");
        return switch (dialect) {
            case DEEPSEEK ->
                Fields.has(usage, "prompt_cache_hit_tokens")
                        ? fields.count(usage, "prompt_cache_hit_tokens")
                        : inDetails;
            case TOGETHER -> Fields.has(details, "cached_tokens") ? inDetails : fields.count(usage, "cached_tokens");
            case OPENAI, XAI, OPENROUTER, PERPLEXITY, SELFHOSTED -> inDetails;
        };
    }

    private static long written(Fields fields, @Nullable JsonObject details) {
        return Fields.has(details, "cache_write_tokens")
                ? fields.count(details, "cache_write_tokens")
                : fields.count(details, "cache_creation_input_tokens");
    }

    /** Splits a total that includes everything into its disjoint parts. */
    private static void readInput(
            Fields fields,
            JsonObject usage,
            long prompt,
            @Nullable JsonObject details,
            long cached,
            long written,
            Quantities into) {
        long audio = fields.count(details, "audio_tokens");
        long rest = fields.remainder(usage, "prompt_tokens", prompt, cached + written + audio);
        // Cached images count as cached: what of the images is left over is new.
        long image = Math.min(rest, fields.count(details, "image_tokens"));
        long video = Math.min(rest - image, fields.count(details, "video_tokens"));
        into.add(Meter.CACHE_READ, cached)
                .add(Meter.CACHE_WRITE_5M, written)
                .add(Meter.AUDIO_IN, audio)
                .add(Meter.IMAGE_IN, image)
                .add(Meter.VIDEO_IN, video)
                .add(Meter.UNCACHED_INPUT, rest - image - video);
    }

    static void readOutput(Fields fields, JsonObject usage, long prompt, Dialect dialect, Quantities into) {
        long completion = fields.count(usage, "completion_tokens");
        JsonObject details = fields.object(usage, "completion_tokens_details");
        long reasoning = fields.count(details, "reasoning_tokens");
        long audio = fields.count(details, "audio_tokens");
        long image = fields.count(details, "image_tokens");
        boolean reasoningApart =
                dialect == Dialect.XAI && prompt + completion + reasoning == fields.count(usage, "total_tokens");
        long parts = audio + image + (reasoningApart ? 0 : reasoning);
        into.add(Meter.REASONING, reasoning)
                .add(Meter.AUDIO_OUT, audio)
                .add(Meter.IMAGE_OUT, image)
                .add(Meter.OUTPUT_TEXT, fields.remainder(usage, "completion_tokens", completion, parts));
    }
}
