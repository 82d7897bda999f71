package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.value.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One span by OpenTelemetry's GenAI conventions, in any spelling that they ever had.
 *
 * <p>{@code input_tokens} includes what was read from and written to the cache, {@code output_tokens} includes reasoning.
 */
final class OtelSpan {
    static final Parsing CONTAINER = new Parsing.NotUsage("container span");

    private static final Parsing NO_MODEL = new Parsing.NotUsage("span of no model");

    /** Operations whose spans contain those of the calls. */
    private static final Set<String> CONTAINERS = Set.of(
            "invoke_agent",
            "create_agent",
            "invoke_workflow",
            "execute_tool",
            "execute_task",
            "fetch_response",
            "chain",
            "workflow",
            "agent",
            "task",
            "tool",
            "plan",
            "handoff",
            "guardrail",
            "retrieval",
            "retriever");

    private static final String[] INPUT = {
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "llm.token_count.prompt"
    };
    private static final String[] OUTPUT = {
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.usage.completion_tokens",
        "llm.token_count.completion"
    };
    private static final String[] CACHE_READ = {
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cached_input_tokens",
        "gen_ai.usage.input_tokens.cached",
        "gen_ai.usage.details.cached_tokens"
    };
    private static final String[] CACHE_WRITE = {
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_write_input_tokens"
    };
    private static final String[] REASONING = {
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.output_tokens.reasoning",
        "gen_ai.usage.details.reasoning_tokens"
    };

    private final JsonObject json;
    private final SpanAttributes attributes;
    private final SpanAttributes resource;

    private OtelSpan(JsonObject json, SpanAttributes attributes, SpanAttributes resource) {
        this.json = json;
        this.attributes = attributes;
        this.resource = resource;
    }

    static OtelSpan of(JsonObject json, SpanAttributes resource) {
        return new OtelSpan(json, SpanAttributes.of(json), resource);
    }

    private @Nullable String trace() {
        String id = Fields.label(json, "traceId");
        return id != null ? id : Fields.label(Fields.section(json, "context"), "trace_id");
    }

    private @Nullable String id() {
        String id = Fields.label(json, "spanId");
        return id != null ? id : Fields.label(Fields.section(json, "context"), "span_id");
    }

    private @Nullable String parentId() {
        String id = Fields.label(json, "parentSpanId");
        return id != null ? id : Fields.label(json, "parent_id");
    }

    SpanPlace place() {
        return new SpanPlace(
                trace(), id(), parentId(), hasUsage() && !isContainer(), attributes.text("gen_ai.response.id"));
    }

    private boolean hasUsage() {
        return attributes.firstOf(INPUT) != null || attributes.firstOf(OUTPUT) != null;
    }

    private boolean isContainer() {
        return isContainer(attributes.text("gen_ai.operation.name"))
                || isContainer(attributes.text("traceloop.span.kind"))
                || isContainer(attributes.text("openinference.span.kind"));
    }

    private static boolean isContainer(@Nullable String kind) {
        return kind != null && CONTAINERS.contains(kind.toLowerCase(Locale.ROOT));
    }

    private boolean isOfModel() {
        return hasUsage()
                || attributes.firstOf(
                                "gen_ai.operation.name",
                                "gen_ai.request.model",
                                "gen_ai.response.model",
                                "gen_ai.provider.name",
                                "gen_ai.system")
                        != null;
    }

    Parsing parse(CallContext context) {
        if (isContainer()) {
            return CONTAINER;
        }
        if (!isOfModel()) {
            return NO_MODEL;
        }
        Fields fields = new Fields();
        String address = attributes.text("server.address", "net.peer.name");
        String provider = Providers.called(
                Providers.canonical(attributes.text("gen_ai.provider.name", "gen_ai.system")), address);
        String requested = attributes.text("gen_ai.request.model", "llm.request.model");
        String answered = attributes.text("gen_ai.response.model", "llm.response.model");
        CallUsage.Builder call = CallUsage.of(provider)
                .responseId(responseId(provider))
                .reporterCallId(callId())
                .model(
                        json,
                        "attributes.gen_ai.response.model",
                        answered != null ? answered : requested,
                        context.requestModel() != null ? context.requestModel() : requested)
                .serviceTier(context.serviceTier(
                        attributes.text("openai.response.service_tier", "gen_ai.openai.response.service_tier")))
                .outcome(outcome())
                .attribution("session", attributes.text("gen_ai.conversation.id", "session.id"))
                .attribution("user", attributes.text("user.id", "enduser.id"))
                .attribution("environment", resource.text("deployment.environment.name", "deployment.environment"))
                .tag("service.name", resource.text("service.name"))
                .tag("gen_ai.agent.name", attributes.text("gen_ai.agent.name"));
        readTimes(fields, call);
        if (provider != null) {
            OpenAiRegions.read(provider, context.calledAt(address == null ? null : "https://" + address), call);
        }
        call.region(context.region() != null ? context.region() : bedrockRegion(address));
        if (hasUsage()) {
            readInput(fields, call.quantities());
            readOutput(fields, call.quantities());
        } else {
            call.noUsage();
        }
        return Parsing.of(fields, call);
    }

    /** Bedrock's own name for a response is the request's id, which AWS's instrumentations report. */
    private @Nullable String responseId(@Nullable String provider) {
        String id = attributes.text("gen_ai.response.id");
        return id == null && Providers.BEDROCK.equals(provider) ? attributes.text("aws.request_id") : id;
    }

    /** A span is one call and its id unique: it stands for the call where the response's id is not told. */
    private @Nullable String callId() {
        String trace = trace();
        String span = id();
        return trace == null || span == null ? null : withoutPrefix(trace) + "-" + withoutPrefix(span);
    }

    private static String withoutPrefix(String hex) {
        return hex.startsWith("0x") ? hex.substring(2) : hex;
    }

    private void readTimes(Fields fields, CallUsage.Builder call) {
        Instant start = fields.unixNanos(json, "startTimeUnixNano");
        Instant end = fields.unixNanos(json, "endTimeUnixNano");
        String name = "startTimeUnixNano";
        if (start == null) {
            name = Fields.has(json, "start_time") ? "start_time" : "startTime";
            start = fields.time(json, name);
            end = fields.time(json, Fields.has(json, "end_time") ? "end_time" : "endTime");
        }
        call.eventTime(json, name, start);
        if (start != null && end != null && !end.isBefore(start)) {
            call.latencyMs(Duration.between(start, end).toMillis());
        }
    }

    private void readInput(Fields fields, Quantities into) {
        long cachedAudio = attributes.count(fields, "gen_ai.usage.audio.cache_read.input_tokens");
        long cachedImage = attributes.count(fields, "gen_ai.usage.image.cache_read.input_tokens");
        // A modality may be told without the total that includes it.
        long cached = Math.max(attributes.count(fields, CACHE_READ), cachedAudio + cachedImage);
        long written = attributes.count(fields, CACHE_WRITE);
        long audio = Math.max(0, attributes.count(fields, "gen_ai.usage.audio.input_tokens") - cachedAudio);
        long image = Math.max(0, attributes.count(fields, "gen_ai.usage.image.input_tokens") - cachedImage);
        long input = attributes.count(fields, INPUT);
        into.add(Meter.CACHE_READ_AUDIO, cachedAudio)
                .add(Meter.CACHE_READ, cached - cachedAudio)
                .add(Meter.CACHE_WRITE_5M, written)
                .add(Meter.AUDIO_IN, audio)
                .add(Meter.IMAGE_IN, image)
                .add(
                        Meter.UNCACHED_INPUT,
                        fields.remainder(null, attributes.path(INPUT[0]), input, cached + written + audio + image));
    }

    private void readOutput(Fields fields, Quantities into) {
        long output = attributes.count(fields, OUTPUT);
        long reasoning = attributes.count(fields, REASONING);
        long audio = attributes.count(fields, "gen_ai.usage.audio.output_tokens");
        long image = attributes.count(fields, "gen_ai.usage.image.output_tokens");
        into.add(Meter.REASONING, reasoning)
                .add(Meter.AUDIO_OUT, audio)
                .add(Meter.IMAGE_OUT, image)
                .add(
                        Meter.OUTPUT_TEXT,
                        fields.remainder(null, attributes.path(OUTPUT[0]), output, reasoning + audio + image));
    }

    /** Bedrock's address names its region: bedrock-runtime.eu-west-1.amazonaws.com. */
    private static @Nullable String bedrockRegion(@Nullable String address) {
        if (address == null || !address.startsWith("bedrock-runtime.") || !address.endsWith(".amazonaws.com")) {
            return null;
        }
        String region = address.substring("bedrock-runtime.".length(), address.length() - ".amazonaws.com".length());
        return region.isEmpty() ? null : region;
    }

    private @Nullable String outcome() {
        boolean failed = attributes.text("error.type") != null || hasErrorStatus(Fields.section(json, "status"));
        return failed ? PayloadShapes.ERROR : attributes.firstText("gen_ai.response.finish_reasons");
    }

    /** OTLP says 2 or STATUS_CODE_ERROR, the console exporters say ERROR. */
    private static boolean hasErrorStatus(@Nullable JsonObject status) {
        return "STATUS_CODE_ERROR".equals(Fields.label(status, "code"))
                || "ERROR".equals(Fields.label(status, "status_code"))
                || (status != null && status.get("code") instanceof Json.Whole code && code.value() == 2);
    }
}
