package io.costops.infra.demo;

import com.fasterxml.jackson.core.JsonGenerator;
import io.costops.infra.demo.Workload.Tier;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Locale;

/** Writes a call as the payload that a provider or gateway would emit for it. */
final class Payloads {
    private Payloads() {}

    /** What a payload says beside the plain truth. */
    enum Form {
        FULL,
        /** The call failed, or the stream ended without its usage. */
        WITHOUT_USAGE,
        /** LiteLLM answered from its own cache. */
        GATEWAY_CACHE_HIT,
        WITHOUT_MODEL,
        NEGATIVE_COUNT
    }

    static void write(JsonGenerator json, Door door, Call call, Form form) throws IOException {
        switch (door) {
            case OPENAI -> openAi(json, call, form);
            case ANTHROPIC -> anthropic(json, call, form);
            case LITELLM -> liteLlm(json, call, form);
        }
    }

    /** A chat.completion object; the usage counts cached, written and reasoning tokens inside its totals. */
    private static void openAi(JsonGenerator json, Call call, Form form) throws IOException {
        Units units = call.units();
        json.writeStartObject();
        json.writeStringField("id", call.responseId());
        json.writeStringField("object", "chat.completion");
        json.writeNumberField("created", call.answered().getEpochSecond());
        if (form != Form.WITHOUT_MODEL) {
            json.writeStringField("model", call.model().reportedName());
        }
        json.writeArrayFieldStart("choices");
        json.writeStartObject();
        json.writeNumberField("index", 0);
        json.writeObjectFieldStart("message");
        json.writeStringField("role", "assistant");
        json.writeStringField("content", call.answer());
        json.writeNullField("refusal");
        json.writeArrayFieldStart("annotations");
        if (units.webSearches() > 0) {
            json.writeStartObject();
            json.writeStringField("type", "url_citation");
            json.writeObjectFieldStart("url_citation");
            json.writeNumberField("start_index", 0);
            json.writeNumberField("end_index", call.answer().length());
            json.writeStringField("title", "Example");
            json.writeStringField("url", "https://example.com");
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
        json.writeNullField("logprobs");
        json.writeStringField("finish_reason", call.finish());
        json.writeEndObject();
        json.writeEndArray();
        if (form == Form.WITHOUT_USAGE) {
            json.writeNullField("usage");
        } else {
            json.writeObjectFieldStart("usage");
            json.writeNumberField("prompt_tokens", form == Form.NEGATIVE_COUNT ? -units.input() : units.input());
            json.writeNumberField("completion_tokens", units.output());
            json.writeNumberField("total_tokens", units.input() + units.output());
            json.writeObjectFieldStart("prompt_tokens_details");
            json.writeNumberField("cached_tokens", units.cacheRead());
            json.writeNumberField("audio_tokens", 0);
            if (units.cacheWrite5m() > 0) {
                json.writeNumberField("cache_write_tokens", units.cacheWrite5m());
            }
            json.writeEndObject();
            json.writeObjectFieldStart("completion_tokens_details");
            json.writeNumberField("reasoning_tokens", units.reasoning());
            json.writeNumberField("audio_tokens", 0);
            json.writeNumberField("accepted_prediction_tokens", 0);
            json.writeNumberField("rejected_prediction_tokens", 0);
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeStringField("service_tier", openAiTier(call.tier()));
        json.writeStringField("system_fingerprint", "fp_" + call.promptHash().substring(0, 10));
        json.writeEndObject();
    }

    /** A message object; the usage counts cached tokens beside input_tokens, not inside. */
    private static void anthropic(JsonGenerator json, Call call, Form form) throws IOException {
        Units units = call.units();
        json.writeStartObject();
        if (form == Form.WITHOUT_USAGE) {
            json.writeStringField("type", "error");
            json.writeObjectFieldStart("error");
            json.writeStringField("type", "overloaded_error");
            json.writeStringField("message", "Overloaded");
            json.writeEndObject();
            json.writeStringField("request_id", call.requestId());
            json.writeEndObject();
            return;
        }
        json.writeStringField("id", call.responseId());
        json.writeStringField("type", "message");
        json.writeStringField("role", "assistant");
        if (form != Form.WITHOUT_MODEL) {
            json.writeStringField("model", call.model().reportedName());
        }
        json.writeArrayFieldStart("content");
        json.writeStartObject();
        json.writeStringField("type", "text");
        json.writeStringField("text", call.answer());
        json.writeEndObject();
        json.writeEndArray();
        json.writeStringField("stop_reason", anthropicStop(call.finish()));
        json.writeNullField("stop_sequence");
        json.writeObjectFieldStart("usage");
        json.writeNumberField(
                "input_tokens", form == Form.NEGATIVE_COUNT ? -1 - units.uncachedInput() : units.uncachedInput());
        json.writeNumberField("cache_creation_input_tokens", units.cacheWrite5m() + units.cacheWrite1h());
        json.writeNumberField("cache_read_input_tokens", units.cacheRead());
        json.writeObjectFieldStart("cache_creation");
        json.writeNumberField("ephemeral_5m_input_tokens", units.cacheWrite5m());
        json.writeNumberField("ephemeral_1h_input_tokens", units.cacheWrite1h());
        json.writeEndObject();
        json.writeNumberField("output_tokens", units.output());
        json.writeStringField("service_tier", call.tier().name().toLowerCase(Locale.ROOT));
        if (units.reasoning() > 0) {
            json.writeObjectFieldStart("output_tokens_details");
            json.writeNumberField("thinking_tokens", units.reasoning());
            json.writeEndObject();
        }
        if (units.webSearches() > 0) {
            json.writeObjectFieldStart("server_tool_use");
            json.writeNumberField("web_search_requests", units.webSearches());
            json.writeNumberField("web_fetch_requests", 0);
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    /** A StandardLoggingPayload; usage_object has OpenAI's shape for every provider. */
    private static void liteLlm(JsonGenerator json, Call call, Form form) throws IOException {
        Units units = call.units();
        boolean failed = form == Form.WITHOUT_USAGE;
        boolean cacheHit = form == Form.GATEWAY_CACHE_HIT;
        json.writeStartObject();
        // LiteLLM gives the answer out of its cache an identifier of its own.
        json.writeStringField(
                "id", cacheHit ? call.responseId() + "_cache_hit" + seconds(call.start()) : call.responseId());
        json.writeStringField("trace_id", call.session());
        json.writeStringField("litellm_call_id", call.requestId());
        json.writeStringField("call_type", "acompletion");
        json.writeBooleanField("stream", false);
        json.writeStringField("status", failed ? "failure" : "success");
        json.writeStringField("custom_llm_provider", call.model().provider());
        if (form != Form.WITHOUT_MODEL) {
            json.writeStringField("model", call.model().reportedName());
        }
        json.writeStringField("model_group", call.workload().feature());
        json.writeStringField("api_base", "https://models.example.com");
        json.writeObjectFieldStart("metadata");
        json.writeStringField("user_api_key_alias", call.workload().apiKeyId());
        json.writeStringField("user_api_key_user_id", call.user());
        if (failed) {
            json.writeNullField("usage_object");
        } else {
            json.writeObjectFieldStart("usage_object");
            json.writeNumberField("completion_tokens", units.output());
            json.writeNumberField("prompt_tokens", form == Form.NEGATIVE_COUNT ? -units.input() : units.input());
            json.writeNumberField("total_tokens", units.input() + units.output());
            json.writeObjectFieldStart("completion_tokens_details");
            json.writeNullField("audio_tokens");
            json.writeNumberField("reasoning_tokens", units.reasoning());
            json.writeNumberField("text_tokens", units.text());
            json.writeEndObject();
            json.writeObjectFieldStart("prompt_tokens_details");
            json.writeNullField("audio_tokens");
            json.writeNumberField("cached_tokens", units.cacheRead());
            json.writeNullField("text_tokens");
            json.writeNullField("image_tokens");
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeBooleanField("cache_hit", cacheHit);
        json.writeNullField("cache_key");
        json.writeArrayFieldStart("request_tags");
        json.writeEndArray();
        json.writeStringField("end_user", "");
        json.writeNumberField("startTime", seconds(call.start()));
        json.writeNumberField("endTime", seconds(call.answered()));
        json.writeNumberField("response_time", BigDecimal.valueOf(call.latency().toMillis(), 3));
        json.writeNumberField("total_tokens", failed ? 0 : units.input() + units.output());
        json.writeNumberField("prompt_tokens", failed ? 0 : units.input());
        json.writeNumberField("completion_tokens", failed ? 0 : units.output());
        json.writeNumberField(
                "response_cost",
                failed || cacheHit ? BigDecimal.ZERO : call.model().reportedCost(units));
        if (failed) {
            json.writeStringField("error_str", "RateLimitError");
        } else {
            json.writeNullField("error_str");
        }
        json.writeEndObject();
    }

    /** Python's time stamps: seconds with a fraction. */
    private static BigDecimal seconds(Instant time) {
        return BigDecimal.valueOf(time.toEpochMilli(), 3).setScale(3, RoundingMode.UNNECESSARY);
    }

    private static String openAiTier(Tier tier) {
        return switch (tier) {
            // That a call was part of a batch stands in the envelope's context, not in the response.
            case STANDARD, BATCH -> "default";
            case FLEX -> "flex";
            case PRIORITY -> "priority";
        };
    }

    private static String anthropicStop(String finish) {
        return switch (finish) {
            case "stop" -> "end_turn";
            case "length" -> "max_tokens";
            default -> finish;
        };
    }
}
