package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonText;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands around a payload: who it belongs to, when it came, which event it is (DESIGN.md, Envelope).
 *
 * <p>A name that is not known becomes a tag; one of the context's keeps {@code context.} before it.
 */
final class Envelope {
    private static final String CONTEXT = "context.";
    private static final int DIMENSIONS =
            Dimensions.getClassSchema().getFields().size();

    private final Map<String, String> tags = new HashMap<>(8);
    private final Dimensions dimensions = new Dimensions();
    private String sourcePath = "source";
    private String payloadPath = "payload";
    private @Nullable String source;
    private @Nullable String id;
    private long revision;
    private boolean deleted;
    private @Nullable Instant receivedAt;
    private @Nullable Instant contextReceivedAt;
    private @Nullable Instant eventTime;
    private @Nullable Long latencyMs;
    private @Nullable Integer attempt;
    private @Nullable Double quality;
    private CallContext context = CallContext.NONE;
    private @Nullable JsonObject contextJson;
    private @Nullable SourceKind innerKind;
    private @Nullable Instant wrapperTime;
    private @Nullable Json payload;

    private Envelope() {}

    static Envelope read(Fields fields, JsonObject json) {
        Envelope envelope = new Envelope();
        for (int i = 0; i < json.size(); i++) {
            if (json.value(i) != Json.Null.NULL) {
                envelope.readMember(fields, json, json.name(i), json.value(i));
            }
        }
        envelope.readTags(fields, json);
        return envelope;
    }

    /** True for what is meant as an envelope, be it a CloudEvent. */
    static boolean isOne(Json json) {
        return json instanceof JsonObject object
                && (Fields.has(object, "source") || Fields.has(object, "payload") || CloudEvent.isOne(object));
    }

    /** A payload with nothing around it but its context. */
    static Envelope around(Fields fields, SourceKind kind, Json payload, @Nullable JsonObject context) {
        Envelope envelope = new Envelope();
        envelope.source = kind.wireName();
        envelope.payload = payload;
        envelope.readContext(fields, context);
        return envelope;
    }

    /** A case of a price dry run: {@code source_kind} and {@code raw} stand for source and payload. */
    static Envelope ofCase(Fields fields, JsonObject json) {
        Envelope envelope = new Envelope();
        envelope.sourcePath = Fields.has(json, "source") && !Fields.has(json, "source_kind") ? "source" : "source_kind";
        envelope.payloadPath = "raw";
        envelope.source = fields.text(json, envelope.sourcePath);
        envelope.payload = json.get("raw");
        envelope.readContext(fields, fields.object(json, "context"));
        return envelope;
    }

    private void readMember(Fields fields, JsonObject json, String name, Json value) {
        switch (name) {
            case "source" -> source = fields.text(json, name);
            case "id" -> id = fields.text(json, name);
            case "revision" -> revision = fields.count(json, name);
            case "deleted" -> deleted = fields.flag(json, name);
            case "received_at" -> receivedAt = fields.time(json, name);
            case "event_time" -> eventTime = fields.time(json, name);
            case "tenant" -> dimensions.setTenant(fields.text(json, name));
            case "department" -> dimensions.setDepartment(fields.text(json, name));
            case "project" -> dimensions.setProject(fields.text(json, name));
            case "team" -> dimensions.setTeam(fields.text(json, name));
            case "cost_center" -> dimensions.setCostCenter(fields.text(json, name));
            case "environment" -> dimensions.setEnvironment(fields.text(json, name));
            case "workload_type" -> dimensions.setWorkloadType(fields.text(json, name));
            case "feature" -> dimensions.setFeature(fields.text(json, name));
            case "user" -> dimensions.setUser(fields.text(json, name));
            case "api_key_id" -> dimensions.setApiKeyId(fields.text(json, name));
            case "session" -> dimensions.setSession(fields.text(json, name));
            case "context" -> readContext(fields, fields.object(json, name));
            case "payload" -> payload = value;
            case "tags" -> {
                // Read last: a tag that is called one wins over an unknown name.
            }
            default -> tags.put(name, JsonText.plain(value));
        }
    }

    private void readContext(Fields fields, @Nullable JsonObject json) {
        if (json == null) {
            return;
        }
        contextJson = json;
        context = CallContext.of(fields, json);
        for (int i = 0; i < json.size(); i++) {
            if (json.value(i) != Json.Null.NULL) {
                readContextMember(fields, json, json.name(i), json.value(i));
            }
        }
    }

    private void readContextMember(Fields fields, JsonObject json, String name, Json value) {
        switch (name) {
            case "received_at" -> contextReceivedAt = fields.time(json, name);
            case "agent_run" -> dimensions.setAgentRun(fields.text(json, name));
            case "agent_step" -> dimensions.setAgentStep(fields.countOrDigits(value, json.path(name)));
            case "prompt_hash" -> dimensions.setPromptHash(fields.text(json, name));
            case "experiment" -> dimensions.setExperiment(fields.text(json, name));
            case "variant" -> dimensions.setVariant(fields.text(json, name));
            case "latency_ms" -> latencyMs = fields.countOrDigits(value, json.path(name));
            case "attempt" -> attempt = attempt(fields, value, json.path(name));
            case "quality" -> quality = quality(fields, json, name);
            case "region", "batch", "request_model", "deployment_type", "web_search_options", "search_context_size" -> {
                // Read by CallContext.
            }
            default -> tags.put(CONTEXT + name, JsonText.plain(value));
        }
    }

    private static Integer attempt(Fields fields, Json value, String path) {
        long attempt = fields.countOrDigits(value, path);
        if (attempt > Integer.MAX_VALUE) {
            fields.reject(RejectReason.OUT_OF_RANGE, path, path + " is " + attempt + ", more than anyone retries");
            return 0;
        }
        return (int) attempt;
    }

    private static @Nullable Double quality(Fields fields, JsonObject json, String name) {
        BigDecimal quality = fields.decimalOrText(json, name);
        return quality == null ? null : quality.doubleValue();
    }

    private void readTags(Fields fields, JsonObject json) {
        JsonObject own = fields.object(json, "tags");
        for (int i = 0; own != null && i < own.size(); i++) {
            if (own.value(i) != Json.Null.NULL) {
                tags.put(own.name(i), JsonText.plain(own.value(i)));
            }
        }
        if (dimensions.getTeam() == null) {
            dimensions.setTeam(nameIn(tags.get("team")));
        }
        if (dimensions.getCostCenter() == null) {
            dimensions.setCostCenter(nameIn(tags.get("cost_center")));
        }
    }

    /** A tag that may be a name; what is wrong with it otherwise is said of the tag. */
    private static @Nullable String nameIn(@Nullable String tag) {
        return tag != null
                        && !tag.isEmpty()
                        && tag.length() <= UsageRules.MAX_NAME_LENGTH
                        && tag.chars().noneMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c))
                ? tag
                : null;
    }

    /** Takes over what a CloudEvent says of its data, where the envelope itself says nothing. */
    void wrapped(Fields fields, CloudEvent event) {
        innerKind = event.kind();
        payload = event.data();
        wrapperTime = event.time();
        id = id == null ? event.id() : id;
        readContext(
                fields, contextJson == null ? event.context() : event.context().overlaidBy(contextJson));
        event.attribution().forEach((name, value) -> fill(dimensions, name, value));
        event.tags().forEach(tags::putIfAbsent);
    }

    @Nullable
    String source() {
        return source;
    }

    /** What the sender calls the source. */
    String sourcePath() {
        return sourcePath;
    }

    /** What the sender calls the payload. */
    String payloadPath() {
        return payloadPath;
    }

    /** The sender's idempotency key. */
    @Nullable
    String id() {
        return id;
    }

    long revision() {
        return revision;
    }

    boolean deleted() {
        return deleted;
    }

    /** When it was received, as far as the envelope says; the outer statement wins. */
    @Nullable
    Instant receivedAt() {
        return receivedAt != null ? receivedAt : contextReceivedAt;
    }

    String receivedAtPath() {
        return receivedAt != null ? "received_at" : "context.received_at";
    }

    /** When the model was used, for payloads that don't say: by the CloudEvent around it, else by the envelope. */
    @Nullable
    Instant eventTime() {
        return wrapperTime != null ? wrapperTime : eventTime;
    }

    String eventTimePath() {
        return wrapperTime != null ? "time" : "event_time";
    }

    /** Kind of the payload inside a CloudEvent. */
    @Nullable
    SourceKind innerKind() {
        return innerKind;
    }

    @Nullable
    Long latencyMs() {
        return latencyMs;
    }

    @Nullable
    Integer attempt() {
        return attempt;
    }

    @Nullable
    Double quality() {
        return quality;
    }

    CallContext context() {
        return context;
    }

    @Nullable
    Json payload() {
        return payload;
    }

    @Nullable
    String tenant() {
        return dimensions.getTenant();
    }

    /**
     * Who the call belongs to: the envelope's values, and the payload's where it has none.
     *
     * @param alone true if the record holds no other call, so that nothing has to be copied
     */
    Dimensions dimensions(Map<String, String> ofPayload, boolean alone) {
        Dimensions all = alone ? dimensions : copy(dimensions);
        ofPayload.forEach((name, value) -> fill(all, name, value));
        return all;
    }

    /** Avro's own copy goes through the schema, field by field. */
    private static Dimensions copy(Dimensions from) {
        Dimensions copy = new Dimensions();
        for (int i = 0; i < DIMENSIONS; i++) {
            copy.put(i, from.get(i));
        }
        return copy;
    }

    private static void fill(Dimensions all, String name, String value) {
        switch (name) {
            case "tenant" -> all.setTenant(all.getTenant() == null ? value : all.getTenant());
            case "department" -> all.setDepartment(all.getDepartment() == null ? value : all.getDepartment());
            case "project" -> all.setProject(all.getProject() == null ? value : all.getProject());
            case "team" -> all.setTeam(all.getTeam() == null ? value : all.getTeam());
            case "cost_center" -> all.setCostCenter(all.getCostCenter() == null ? value : all.getCostCenter());
            case "environment" -> all.setEnvironment(all.getEnvironment() == null ? value : all.getEnvironment());
            case "workload_type" -> all.setWorkloadType(all.getWorkloadType() == null ? value : all.getWorkloadType());
            case "feature" -> all.setFeature(all.getFeature() == null ? value : all.getFeature());
            case "user" -> all.setUser(all.getUser() == null ? value : all.getUser());
            case "api_key_id" -> all.setApiKeyId(all.getApiKeyId() == null ? value : all.getApiKeyId());
            case "session" -> all.setSession(all.getSession() == null ? value : all.getSession());
            default -> throw new IllegalStateException("no payload may state " + name);
        }
    }

    /** The envelope's tags over the payload's. */
    Map<String, String> tags(Map<String, String> ofPayload, boolean alone) {
        if (alone && ofPayload.isEmpty()) {
            return tags;
        }
        Map<String, String> all = new HashMap<>(ofPayload);
        all.putAll(tags);
        return all;
    }

    /** How much of it every event repeats, in characters. */
    long repeatedLength() {
        long length = 0;
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            length += tag.getKey().length() + (long) tag.getValue().length();
        }
        return length;
    }
}
