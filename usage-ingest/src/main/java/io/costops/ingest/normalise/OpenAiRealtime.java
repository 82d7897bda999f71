package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import org.jspecify.annotations.Nullable;

/**
 * The events of OpenAI's Realtime API that end a response.
 *
 * <p>The counts of text, audio and images include the cached part, which {@code cached_tokens_details} splits the same
 * way. The event names no model.
 */
final class OpenAiRealtime implements PayloadParser {
    @Override
    public Parsing parse(Json payload, CallContext context) {
        if (!(payload instanceof JsonObject event)) {
            return PayloadShapes.notAnObject(payload);
        }
        Fields fields = new Fields();
        JsonObject response = Fields.has(event, "response") ? fields.object(event, "response") : event;
        CallUsage.Builder call = CallUsage.of(Providers.OPENAI)
                .model(response, "model", fields.text(response, "model"), context.requestModel())
                .serviceTier(context.serviceTier(fields.text(response, "service_tier")))
                .outcome(Fields.label(response, "status"));
        OpenAiRegions.read(Providers.OPENAI, context, call);
        JsonObject usage = fields.object(response, "usage");
        if (isTranscription(event)) {
            call.responseId(fields.text(event, "item_id"));
        } else {
            call.responseId(fields.text(response, "id"));
        }
        if (usage == null) {
            call.noUsage();
        } else if (isTranscription(event)) {
            Transcription.read(fields, usage, call);
        } else if (ResponsesUsage.isIn(usage)) {
            read(fields, usage, call.quantities());
        } else {
            PayloadShapes.requireCounts(fields, usage, "input_tokens", call);
        }
        return Parsing.of(fields, call);
    }

    /** What the caller said, written down by another model beside the conversation. */
    private static boolean isTranscription(JsonObject event) {
        String type = Fields.label(event, "type");
        return type != null && type.startsWith("conversation.item.input_audio_transcription");
    }

    private static void read(Fields fields, JsonObject usage, Quantities into) {
        JsonObject in = fields.object(usage, "input_token_details");
        long input = fields.count(usage, "input_tokens");
        long audio = fields.count(in, "audio_tokens");
        long image = fields.count(in, "image_tokens");
        readInput(fields, usage, in, input, audio, image, into);
        JsonObject out = fields.object(usage, "output_token_details");
        long audioOut = fields.count(out, "audio_tokens");
        into.add(Meter.AUDIO_OUT, audioOut)
                .add(
                        Meter.OUTPUT_TEXT,
                        fields.remainder(usage, "output_tokens", fields.count(usage, "output_tokens"), audioOut));
    }

    private static void readInput(
            Fields fields,
            JsonObject usage,
            @Nullable JsonObject details,
            long input,
            long audio,
            long image,
            Quantities into) {
        JsonObject split = fields.object(details, "cached_tokens_details");
        long cached = fields.count(details, "cached_tokens");
        long cachedAudio = fields.count(split, "audio_tokens");
        long cachedImage = fields.count(split, "image_tokens");
        long cachedText = fields.remainder(details, "cached_tokens", cached, cachedAudio + cachedImage);
        long text = fields.remainder(usage, "input_tokens", input, audio + image);
        into.add(Meter.AUDIO_IN, fields.remainder(details, "audio_tokens", audio, cachedAudio))
                .add(Meter.CACHE_READ_AUDIO, cachedAudio)
                .add(Meter.IMAGE_IN, fields.remainder(details, "image_tokens", image, cachedImage))
                .add(Meter.CACHE_READ, cachedText + cachedImage)
                .add(Meter.UNCACHED_INPUT, fields.remainder(usage, "input_tokens", text, cachedText));
    }
}
