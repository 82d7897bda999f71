package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Answers of Gemini, from the Gemini API or Vertex AI, whole or streamed.
 *
 * <p>{@code promptTokenCount} includes cached content and is authoritative: its details may sum to less, and what they
 * leave is text. Prompts of tools come on top of it, thoughts on top of the candidates unless the total says otherwise.
 */
final class GeminiGenerate implements PayloadParser {
    private final String provider;

    GeminiGenerate(String provider) {
        this.provider = provider;
    }

    @Override
    public Parsing parse(Json payload, CallContext context) {
        Fields fields = new Fields();
        List<JsonObject> chunks = StreamedPayload.chunks(fields, payload);
        if (chunks != null) {
            return Parsing.of(fields, streamed(fields, chunks, context));
        }
        if (payload instanceof JsonObject response) {
            CallUsage.Builder call = call(fields, response, response, context);
            search(call, queries(response));
            return Parsing.of(fields, call);
        }
        return PayloadShapes.notAnObject(payload);
    }

    /** Every chunk carries running totals: the last one counts. */
    private CallUsage.Builder streamed(Fields fields, List<JsonObject> chunks, CallContext context) {
        JsonObject last = null;
        JsonObject named = null;
        long queries = 0;
        for (JsonObject chunk : chunks) {
            if (last == null || Fields.has(chunk, "usageMetadata")) {
                last = chunk;
            }
            if (Fields.label(chunk, "modelVersion") != null) {
                named = chunk;
            }
            queries = Math.max(queries, queries(chunk));
        }
        CallUsage.Builder call = call(fields, named != null ? named : last, last, context);
        search(call, queries);
        return call;
    }

    private CallUsage.Builder call(
            Fields fields, @Nullable JsonObject named, @Nullable JsonObject response, CallContext context) {
        JsonObject usage = fields.object(response, "usageMetadata");
        CallUsage.Builder call = CallUsage.of(provider)
                .responseId(fields.text(named, "responseId"))
                .model(named, "modelVersion", fields.text(named, "modelVersion"), context.requestModel())
                .eventTime(named, "createTime", fields.time(named, "createTime"))
                .region(context.region())
                .serviceTier(context.serviceTier(tier(usage)))
                .outcome(outcome(response));
        if (usage == null) {
            return call.noUsage();
        }
        if (isIn(usage)) {
            readInput(fields, usage, call.quantities());
            readOutput(fields, usage, call.quantities());
        } else {
            PayloadShapes.requireCounts(fields, usage, "promptTokenCount", call);
        }
        return call;
    }

    private static boolean isIn(JsonObject usage) {
        return Fields.has(usage, "promptTokenCount")
                || Fields.has(usage, "candidatesTokenCount")
                || Fields.has(usage, "responseTokenCount")
                || Fields.has(usage, "thoughtsTokenCount");
    }

    /** The Gemini API says serviceTier, Vertex AI trafficType. */
    private static @Nullable String tier(@Nullable JsonObject usage) {
        String tier = Fields.label(usage, "serviceTier");
        return tier != null ? tier : Fields.label(usage, "trafficType");
    }

    private static void readInput(Fields fields, JsonObject usage, Quantities into) {
        long prompt = fields.count(usage, "promptTokenCount");
        long cached = fields.count(usage, "cachedContentTokenCount");
        long tool = fields.count(usage, "toolUsePromptTokenCount");
        Modalities inPrompt = Modalities.read(fields, usage, "promptTokensDetails");
        Modalities inCache = Modalities.read(fields, usage, "cacheTokensDetails");
        Modalities ofTools = Modalities.read(fields, usage, "toolUsePromptTokensDetails");
        fields.remainder(usage, "promptTokenCount", prompt, inPrompt.notText());
        fields.remainder(usage, "cachedContentTokenCount", cached, inCache.notText());
        fields.remainder(usage, "promptTokenCount", prompt, cached);
        // Cached media is not always told apart: what the text can't cover of it is taken from the media.
        long text = prompt - inPrompt.notText() - (cached - inCache.notText());
        long overlap = Math.max(0, -text);
        long audio = Math.max(0, inPrompt.audio() - inCache.audio());
        long audioOverlap = Math.min(overlap, audio);
        long video = Math.max(0, inPrompt.video() - inCache.video());
        long videoOverlap = Math.min(overlap - audioOverlap, video);
        long image = Math.max(0, inPrompt.image() - inCache.image());
        long imageOverlap = Math.min(overlap - audioOverlap - videoOverlap, image);
        long cachedAudio = Math.min(cached, inCache.audio() + audioOverlap);
        audio -= audioOverlap;
        video -= videoOverlap;
        image -= imageOverlap;
        long rest = fields.remainder(usage, "promptTokenCount", prompt, cached + audio + video + image);
        into.add(Meter.CACHE_READ_AUDIO, cachedAudio)
                .add(Meter.CACHE_READ, cached - cachedAudio)
                .add(Meter.AUDIO_IN, audio + ofTools.audio())
                .add(Meter.VIDEO_IN, video + ofTools.video())
                .add(Meter.IMAGE_IN, image + ofTools.image())
                .add(
                        Meter.UNCACHED_INPUT,
                        rest + fields.remainder(usage, "toolUsePromptTokenCount", tool, ofTools.notText()));
    }

    private static void readOutput(Fields fields, JsonObject usage, Quantities into) {
        // The Live API calls the candidates the response.
        boolean live = Fields.has(usage, "responseTokenCount") && !Fields.has(usage, "candidatesTokenCount");
        String total = live ? "responseTokenCount" : "candidatesTokenCount";
        long candidates = fields.count(usage, total);
        long thoughts = fields.count(usage, "thoughtsTokenCount");
        long others = fields.count(usage, "promptTokenCount") + fields.count(usage, "toolUsePromptTokenCount");
        boolean thoughtsWithin =
                Fields.has(usage, "totalTokenCount") && others + candidates == fields.count(usage, "totalTokenCount");
        Modalities media = Modalities.read(fields, usage, live ? "responseTokensDetails" : "candidatesTokensDetails");
        long parts = media.audio() + media.image() + (thoughtsWithin ? thoughts : 0);
        into.add(Meter.REASONING, thoughts)
                .add(Meter.AUDIO_OUT, media.audio())
                .add(Meter.IMAGE_OUT, media.image())
                .add(Meter.OUTPUT_TEXT, fields.remainder(usage, total, candidates, parts));
    }

    /** A grounded response is one search, or one for each query: which one, the price says. */
    private static void search(CallUsage.Builder call, long queries) {
        if (queries > 0) {
            call.quantities().add(Meter.WEB_SEARCH, 1);
            call.pricingAttribute(PricingAttributes.WEB_SEARCH_QUERIES, Long.toString(queries));
        }
    }

    private static long queries(JsonObject response) {
        JsonArray candidates = Fields.list(response, "candidates");
        long queries = 0;
        for (int i = 0; candidates != null && i < candidates.size(); i++) {
            if (candidates.get(i) instanceof JsonObject candidate) {
                JsonArray asked = Fields.list(Fields.section(candidate, "groundingMetadata"), "webSearchQueries");
                queries += asked == null ? 0 : asked.size();
            }
        }
        return queries;
    }

    private static @Nullable String outcome(@Nullable JsonObject response) {
        if (Fields.has(response, "error")) {
            return PayloadShapes.ERROR;
        }
        JsonArray candidates = Fields.list(response, "candidates");
        return candidates != null && candidates.size() > 0 && candidates.get(0) instanceof JsonObject first
                ? Fields.label(first, "finishReason")
                : null;
    }

    /** Tokens by modality; text and documents are what the others leave of the total. */
    private record Modalities(long audio, long image, long video) {
        static Modalities read(Fields fields, JsonObject usage, String name) {
            JsonArray details = fields.array(usage, name);
            long audio = 0;
            long image = 0;
            long video = 0;
            for (int i = 0; details != null && i < details.size(); i++) {
                if (details.get(i) instanceof JsonObject detail) {
                    long tokens = fields.count(detail, "tokenCount");
                    String modality = Fields.label(detail, "modality");
                    switch (modality == null ? "" : modality.toUpperCase(Locale.ROOT)) {
                        case "AUDIO" -> audio += tokens;
                        case "IMAGE" -> image += tokens;
                        case "VIDEO" -> video += tokens;
                        default -> {
                            // Text, documents and what is not known: part of the remainder.
                        }
                    }
                }
            }
            return new Modalities(audio, image, video);
        }

        long notText() {
            return audio + image + video;
        }
    }
}
