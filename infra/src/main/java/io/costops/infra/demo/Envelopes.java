package io.costops.infra.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.costops.infra.demo.Payloads.Form;
import io.costops.infra.demo.Workload.Owner;
import io.costops.infra.demo.Workload.Tier;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes calls as the envelopes that the companies' services publish. */
final class Envelopes {
    private static final Duration CLOCK_ERROR = Duration.ofHours(3);

    private final JsonFactory factory = new JsonFactory();

    String usage(Door door, Call call, Instant receivedAt, Form form) {
        return envelope(door.source(), door, call, receivedAt, form, 0, false, null);
    }

    String revision(Door door, Call call, Instant receivedAt, int revision) {
        return envelope(door.source(), door, call, receivedAt, Form.FULL, revision, false, null);
    }

    String tombstone(Door door, Call call, Instant receivedAt, int revision) {
        return envelope(door.source(), door, call, receivedAt, Form.FULL, revision, true, null);
    }

    String mishap(Mishap mishap, Call call, Instant receivedAt) {
        Door door = call.workload().door();
        return switch (mishap) {
            case TRUNCATED -> {
                String whole = usage(door, call, receivedAt, Form.FULL);
                yield whole.substring(0, whole.length() * 3 / 5);
            }
            case MISSPELT_SOURCE -> envelope(door.source() + "s", door, call, receivedAt, Form.FULL, 0, false, null);
            case NO_MODEL -> usage(door, call, receivedAt, Form.WITHOUT_MODEL);
            case NEGATIVE_COUNT -> usage(door, call, receivedAt, Form.NEGATIVE_COUNT);
            case CONTROL_CHARACTER ->
                envelope(door.source(), door, call, receivedAt, Form.FULL, 0, false, "ring\u0007ring");
            case CLOCK_AHEAD -> usage(door, call, receivedAt.minus(CLOCK_ERROR), Form.FULL);
        };
    }

    private String envelope(
            String source,
            Door door,
            Call call,
            Instant receivedAt,
            Form form,
            int revision,
            boolean deleted,
            @Nullable String badTag) {
        Workload workload = call.workload();
        Owner owner = workload.owner();
        StringWriter text = new StringWriter(2_048);
        try (JsonGenerator json = factory.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("source", source);
            if (form == Form.WITHOUT_USAGE) {
                // An error body has no response id to tell two failures apart by.
                json.writeStringField("id", call.requestId());
            }
            if (revision > 0) {
                json.writeNumberField("revision", revision);
            }
            if (deleted) {
                json.writeBooleanField("deleted", true);
            }
            json.writeStringField("received_at", receivedAt.toString());
            if (door == Door.ANTHROPIC) {
                json.writeStringField("event_time", call.answered().toString());
            }
            if (workload.named() && owner != null) {
                json.writeStringField("tenant", owner.tenant());
                json.writeStringField("department", owner.department());
                json.writeStringField("project", owner.project());
                json.writeStringField("environment", owner.environment());
            }
            json.writeStringField("api_key_id", workload.apiKeyId());
            json.writeStringField("user", call.user());
            json.writeStringField("session", call.session());
            json.writeStringField("workload_type", workload.workloadType());
            json.writeStringField("feature", workload.feature());
            json.writeObjectFieldStart("tags");
            json.writeStringField("release", "2026." + (1 + call.promptHash().charAt(0) % 4));
            if (badTag != null) {
                json.writeStringField("note", badTag);
            }
            json.writeEndObject();
            json.writeObjectFieldStart("context");
            if (call.tier() == Tier.BATCH) {
                json.writeBooleanField("batch", true);
            } else if (call.tier() != Tier.STANDARD) {
                json.writeStringField("request_service_tier", call.tier().name().toLowerCase(Locale.ROOT));
            }
            json.writeNumberField("attempt", call.attempt());
            json.writeNumberField("latency_ms", call.latency().toMillis());
            if (call.agentStep() != null) {
                json.writeStringField("agent_run", call.session());
                json.writeNumberField("agent_step", call.agentStep());
            }
            json.writeStringField("prompt_hash", call.promptHash());
            if (call.variant() != null) {
                json.writeStringField("experiment", workload.prompts().experiment());
                json.writeStringField("variant", call.variant());
            }
            json.writeEndObject();
            json.writeFieldName("payload");
            Payloads.write(json, door, call, form);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a buffer in memory can't fail", e);
        }
        return text.toString();
    }
}
