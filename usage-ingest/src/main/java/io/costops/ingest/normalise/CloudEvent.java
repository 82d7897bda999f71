package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonReader;
import io.costops.ingest.json.JsonReading;
import io.costops.ingest.json.JsonText;
import io.costops.schemas.avro.RejectReason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A CloudEvent (CNCF, version 1.0) around a payload: the extension {@code llmkind} names the payload's kind, and {@code
 * llm<field>} carries a field of the context or of the envelope, written without underscores as CloudEvents want it.
 *
 * @param kind kind of the payload inside
 * @param data the payload inside
 * @param id source and id, which are unique together
 * @param time when it happened, by the event itself
 * @param context fields of the context
 * @param attribution who it belongs to, by the envelope's names
 * @param tags every other attribute
 */
record CloudEvent(
        SourceKind kind,
        Json data,
        @Nullable String id,
        @Nullable Instant time,
        JsonObject context,
        Map<String, String> attribution,
        Map<String, String> tags) {
    private static final String KIND = "llmkind";
    private static final String PREFIX = "llm";

    private static final Map<String, String> CONTEXT_FIELDS = Map.ofEntries(
            Map.entry("receivedat", "received_at"),
            Map.entry("region", "region"),
            Map.entry("project", "project"),
            Map.entry("batch", "batch"),
            Map.entry("attempt", "attempt"),
            Map.entry("latencyms", "latency_ms"),
            Map.entry("agentrun", "agent_run"),
            Map.entry("agentstep", "agent_step"),
            Map.entry("prompthash", "prompt_hash"),
            Map.entry("experiment", "experiment"),
            Map.entry("variant", "variant"),
            Map.entry("quality", "quality"),
            Map.entry("requestmodel", "request_model"),
            Map.entry("requestservicetier", "request_service_tier"),
            Map.entry("deployment", "deployment"),
            Map.entry("deploymenttype", "deployment_type"),
            Map.entry("apibase", "api_base"),
            Map.entry("websearchoptions", "web_search_options"),
            Map.entry("searchcontextsize", "search_context_size"),
            Map.entry("gpuseconds", "gpu_seconds"));

    private static final Map<String, String> ENVELOPE_FIELDS = Map.ofEntries(
            Map.entry("tenant", "tenant"),
            Map.entry("department", "department"),
            Map.entry("team", "team"),
            Map.entry("costcenter", "cost_center"),
            Map.entry("environment", "environment"),
            Map.entry("workloadtype", "workload_type"),
            Map.entry("feature", "feature"),
            Map.entry("user", "user"),
            Map.entry("apikeyid", "api_key_id"),
            Map.entry("session", "session"));

    /** True for a CloudEvent in its structured form; our own envelope has a payload. */
    static boolean isOne(JsonObject json) {
        return json.get("specversion") instanceof Json.Text && !Fields.has(json, "payload");
    }

    /** True if the attributes say of which kind the data is. */
    static boolean namesKind(Map<String, Json> attributes) {
        return attributes.containsKey(KIND);
    }

    /** Takes an event apart; null if something is wrong with it, which the fields then know. */
    static @Nullable CloudEvent read(Fields fields, JsonObject event, JsonReader reader) {
        String version = fields.text(event, "specversion");
        if (version == null || !version.startsWith("1.")) {
            String path = event.path("specversion");
            fields.reject(
                    version == null ? RejectReason.MISSING_FIELD : RejectReason.UNSUPPORTED,
                    path,
                    path + " must be 1.0, the version of CloudEvents that is read");
        }
        SourceKind kind = kind(fields, event);
        Json data = data(fields, event, reader);
        Map<String, Json> context = new LinkedHashMap<>();
        Map<String, String> attribution = new HashMap<>();
        Map<String, String> tags = new HashMap<>();
        for (int i = 0; i < event.size(); i++) {
            if (event.value(i) != Json.Null.NULL) {
                readAttribute(event.name(i), event.value(i), context, attribution, tags);
            }
        }
        String source = fields.text(event, "source");
        String id = fields.text(event, "id");
        Instant time = fields.time(event, "time");
        if (fields.defect() != null || kind == null || data == null) {
            return null;
        }
        return new CloudEvent(
                kind,
                data,
                id == null ? null : (source == null ? "" : source) + "/" + id,
                time,
                JsonObject.ofConstants("context", context),
                attribution,
                tags);
    }

    private static void readAttribute(
            String name,
            Json value,
            Map<String, Json> context,
            Map<String, String> attribution,
            Map<String, String> tags) {
        switch (name) {
            case "specversion", "id", "time", "datacontenttype", "dataschema", "data", "data_base64", KIND -> {
                // Read by name, or of the wrapping alone.
            }
            case "source", "type", "subject" -> tags.put("ce_" + name, JsonText.plain(value));
            case "tenantid" -> attribution.put("tenant", JsonText.plain(value));
            default -> {
                String field = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : "";
                String contextField = CONTEXT_FIELDS.get(field);
                String envelopeField = ENVELOPE_FIELDS.get(field);
                if (contextField != null) {
                    context.put(contextField, value);
                } else if (envelopeField != null) {
                    attribution.put(envelopeField, JsonText.plain(value));
                } else {
                    tags.put(name, JsonText.plain(value));
                }
            }
        }
    }

    private static @Nullable SourceKind kind(Fields fields, JsonObject event) {
        String path = event.path(KIND);
        String name = fields.text(event, KIND);
        if (name == null) {
            fields.reject(
                    RejectReason.MISSING_FIELD,
                    path,
                    path + " is missing: name the kind of the data, such as openai.chat");
            return null;
        }
        SourceKind kind = SourceKind.named(name).orElse(null);
        if (kind == null || kind == SourceKind.CLOUDEVENTS) {
            fields.reject(
                    RejectReason.UNKNOWN_SOURCE,
                    path,
                    path + " names no known kind of payload: use one such as openai.chat or anthropic.messages");
            return null;
        }
        return kind;
    }

    private static @Nullable Json data(Fields fields, JsonObject event, JsonReader reader) {
        Json data = event.get("data");
        Json encoded = event.get("data_base64");
        if (data != null && encoded != null) {
            String path = event.path("data_base64");
            fields.reject(RejectReason.INVALID_FIELD, path, path + " stands beside data: send one of them");
        } else if (encoded != null) {
            return decoded(fields, event, encoded, reader);
        } else if (data instanceof Json.Text text) {
            return parsed(fields, event.path("data"), text.value().getBytes(StandardCharsets.UTF_8), reader);
        } else if (data == null) {
            String path = event.path("data");
            fields.reject(
                    RejectReason.MISSING_FIELD,
                    path,
                    path + " is missing: send the provider's or gateway's own JSON in it");
        }
        return data;
    }

    private static @Nullable Json decoded(Fields fields, JsonObject event, Json encoded, JsonReader reader) {
        String path = event.path("data_base64");
        if (encoded instanceof Json.Text text) {
            try {
                return parsed(fields, path, Base64.getDecoder().decode(text.value()), reader);
            } catch (IllegalArgumentException notBase64) {
                fields.reject(RejectReason.INVALID_FIELD, path, path + " is not base64 (RFC 4648)");
                return null;
            }
        }
        fields.reject(RejectReason.INVALID_FIELD, path, path + " must be a string in base64");
        return null;
    }

    private static @Nullable Json parsed(Fields fields, String path, byte[] bytes, JsonReader reader) {
        JsonReading reading = reader.readPayload(bytes, path);
        if (reading instanceof JsonReading.Value value) {
            return value.json();
        }
        JsonReading.Unreadable unreadable = (JsonReading.Unreadable) reading;
        Defect defect = Defect.of(unreadable);
        fields.reject(defect.reason(), defect.path(), defect.message());
        return null;
    }
}
