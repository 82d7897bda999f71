package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;

/** Transcribed speech, billed by tokens or by the second. The response names no model. */
final class Transcription implements PayloadParser {
    private final String provider;

    Transcription(String provider) {
        this.provider = provider;
    }

    @Override
    public Parsing parse(Json payload, CallContext context) {
        if (!(payload instanceof JsonObject response)) {
            return PayloadShapes.notAnObject(payload);
        }
        Fields fields = new Fields();
        CallUsage.Builder call = CallUsage.of(provider)
                .responseId(fields.text(Fields.section(response, "x_groq"), "id"))
                .model(response, "model", fields.text(response, "model"), context.requestModel())
                .serviceTier(context.serviceTier(fields.text(response, "service_tier")));
        OpenAiRegions.read(provider, context, call);
        JsonObject usage = fields.object(response, "usage");
        if (usage == null) {
            // The verbose form of older models states the duration of the audio, and nothing else.
            BigDecimal seconds = fields.quantity(response, "duration");
            if (seconds == null) {
                call.noUsage();
            } else {
                call.quantities().addAudioSeconds(seconds);
            }
        } else {
            read(fields, usage, call);
        }
        return Parsing.of(fields, call);
    }

    static void read(Fields fields, JsonObject usage, CallUsage.Builder call) {
        if (ResponsesUsage.isIn(usage)) {
            JsonObject details = fields.object(usage, "input_token_details");
            long audio = fields.count(details, "audio_tokens");
            long input = fields.count(usage, "input_tokens");
            call.quantities()
                    .add(Meter.AUDIO_IN, audio)
                    .add(Meter.UNCACHED_INPUT, fields.remainder(usage, "input_tokens", input, audio))
                    .add(Meter.OUTPUT_TEXT, fields.count(usage, "output_tokens"));
            return;
        }
        BigDecimal seconds = fields.quantity(usage, "seconds");
        if (seconds == null) {
            PayloadShapes.requireCounts(fields, usage, "seconds", call);
        } else {
            call.quantities().addAudioSeconds(seconds);
        }
    }
}
