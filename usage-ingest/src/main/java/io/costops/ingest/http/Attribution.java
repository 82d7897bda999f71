package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;

/**
 * What a request says once about all of its elements: the {@code X-CostOps-*} headers and the API key's tenant.
 *
 * @param members top-level members of the envelope
 * @param tags entries of its {@code tags}
 * @param context entries of its {@code context}, typed
 * @param idempotencyKey the request's {@code Idempotency-Key}
 */
record Attribution(
        Map<String, String> members,
        Map<String, String> tags,
        Map<String, Object> context,
        Optional<String> idempotencyKey) {
    private static final String PREFIX = "x-costops-";
    private static final String TAG_PREFIX = "tag-";
    private static final String CONTEXT_PREFIX = "context-";
    private static final int MAX_VALUE = 512;
    private static final int MAX_IDEMPOTENCY_KEY = 200;

    static final Set<String> MEMBERS = Set.of(
            "tenant",
            "department",
            "project",
            "api_key_id",
            "user",
            "session",
            "environment",
            "workload_type",
            "feature",
            "team",
            "cost_center",
            "event_time");
    private static final Set<String> WHOLE_NUMBERS = Set.of("attempt", "latency_ms", "agent_step");
    private static final Set<String> NUMBERS = Set.of("quality");
    private static final Set<String> FLAGS = Set.of("batch");

    static final Attribution NONE = new Attribution(Map.of(), Map.of(), Map.of(), Optional.empty());

    /** A header that can't be used. */
    static final class BadHeader extends Exception {
        private static final long serialVersionUID = 1L;

        BadHeader(String message) {
            super(message);
        }
    }

    /**
     * Reads the headers.
     *
     * @throws BadHeader naming the header: a misspelt one would lose its attribution without a word
     */
    static Attribution of(HttpFields headers) throws BadHeader {
        Map<String, String> members = new TreeMap<>();
        Map<String, String> tags = new TreeMap<>();
        Map<String, Object> context = new TreeMap<>();
        Optional<String> idempotencyKey = Optional.empty();
        for (HttpField field : headers) {
            String name = field.getName().toLowerCase(Locale.ROOT);
            if (name.equals("idempotency-key")) {
                idempotencyKey = Optional.of(idempotencyKey(field));
            } else if (name.startsWith(PREFIX)) {
                String rest = name.substring(PREFIX.length());
                Object before;
                if (rest.startsWith(TAG_PREFIX)) {
                    before = tags.put(rest.substring(TAG_PREFIX.length()), text(field));
                } else if (rest.startsWith(CONTEXT_PREFIX)) {
                    String key = rest.substring(CONTEXT_PREFIX.length()).replace('-', '_');
                    if (key.equals("received_at")) {
                        // It would make the envelopes of two equal payloads equal, and one charge of two.
                        throw new BadHeader("the header X-CostOps-Context-Received-At is not taken: the time of receipt"
                                + " is the door's; X-CostOps-Event-Time says when the model was used");
                    }
                    before = context.put(key, typed(key, field));
                } else {
                    String member = rest.replace('-', '_');
                    if (!MEMBERS.contains(member)) {
                        throw new BadHeader(
                                "the header " + printable(field.getName()) + " is not known; the headers are"
                                        + " X-CostOps-Tenant, -Department, -Project, -Api-Key-Id, -User, -Session,"
                                        + " -Environment, -Workload-Type, -Feature, -Team, -Cost-Center, -Event-Time,"
                                        + " -Tag-{name} and -Context-{name}");
                    }
                    before = members.put(member, text(field));
                }
                if (before != null) {
                    throw new BadHeader("the header " + printable(field.getName()) + " is given twice: send it once");
                }
            }
        }
        return new Attribution(members, tags, context, idempotencyKey);
    }

    /** The same, for a tenant that is certain. */
    Attribution withTenant(String tenant) {
        Map<String, String> with = new TreeMap<>(members);
        with.put("tenant", tenant);
        return new Attribution(with, tags, context, idempotencyKey);
    }

    /** The same, with what something less specific than the headers says. */
    Attribution withDefaults(Map<String, String> moreMembers, Map<String, String> moreTags) {
        Map<String, String> allMembers = new TreeMap<>(moreMembers);
        allMembers.putAll(members);
        Map<String, String> allTags = new TreeMap<>(moreTags);
        allTags.putAll(tags);
        return new Attribution(allMembers, allTags, context, idempotencyKey);
    }

    /** The envelope id of an element: the same again when the request is sent again. */
    Optional<String> idOf(int index) {
        return idempotencyKey.map(key -> key + "/" + index);
    }

    /** An envelope up to where its payload or further members follow: {@code {"source":"…","tenant":"…"}, still open. */
    byte[] openEnvelope(String source) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("source", source);
            for (Map.Entry<String, String> member : members.entrySet()) {
                json.writeStringField(member.getKey(), member.getValue());
            }
            writeStrings(json, "tags", tags);
            if (!context.isEmpty()) {
                json.writeObjectFieldStart("context");
                for (Map.Entry<String, Object> entry : context.entrySet()) {
                    json.writeFieldName(entry.getKey());
                    writeValue(json, entry.getValue());
                }
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        byte[] closed = out.toByteArray();
        return java.util.Arrays.copyOf(closed, closed.length - 1);
    }

    private static void writeStrings(JsonGenerator json, String name, Map<String, String> entries) throws IOException {
        if (entries.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }

    private static void writeValue(JsonGenerator json, Object value) throws IOException {
        if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (value instanceof BigDecimal number) {
            json.writeNumber(number);
        } else {
            json.writeString(value.toString());
        }
    }

    private static Object typed(String key, HttpField field) throws BadHeader {
        String value = text(field);
        if (FLAGS.contains(key)) {
            if (!value.equals("true") && !value.equals("false")) {
                throw new BadHeader("the header " + printable(field.getName()) + " must be true or false");
            }
            return Boolean.valueOf(value);
        }
        if (WHOLE_NUMBERS.contains(key) || NUMBERS.contains(key)) {
            boolean whole = WHOLE_NUMBERS.contains(key);
            if (!value.matches(whole ? "\\d{1,18}" : "-?\\d{1,18}(\\.\\d{1,18})?")) {
                throw new BadHeader("the header " + printable(field.getName()) + " must be a "
                        + (whole ? "whole number" : "number"));
            }
            return new BigDecimal(value);
        }
        return value;
    }

    private static String idempotencyKey(HttpField field) throws BadHeader {
        String key = text(field);
        // The standard's draft writes it as a quoted string; most senders don't.
        if (key.length() >= 2 && key.startsWith("\"") && key.endsWith("\"")) {
            key = key.substring(1, key.length() - 1);
        }
        if (key.isBlank() || key.length() > MAX_IDEMPOTENCY_KEY) {
            throw new BadHeader("the header Idempotency-Key must have 1 to " + MAX_IDEMPOTENCY_KEY + " characters");
        }
        return key;
    }

    private static String text(HttpField field) throws BadHeader {
        String value = HeaderText.utf8(field.getValue() == null ? "" : field.getValue());
        if (value.isBlank() || value.length() > MAX_VALUE) {
            throw new BadHeader(
                    "the header " + printable(field.getName()) + " must have 1 to " + MAX_VALUE + " characters");
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw new BadHeader("the header " + printable(field.getName()) + " has a control character: remove it");
        }
        return value;
    }

    private static String printable(String name) {
        return Fault.printable(name, 100);
    }
}
