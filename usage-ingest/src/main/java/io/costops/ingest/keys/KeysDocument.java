package io.costops.ingest.keys;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.value.TenantId;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The keys file as JSON: {@code {"keys": [{"id", "tenant", "sha256", "name", "created_at", …}]}}. */
final class KeysDocument {
    private static final Set<String> FIELDS =
            Set.of("id", "tenant", "sha256", "name", "created_at", "expires_at", "revoked", "elements_per_second");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private KeysDocument() {}

    /**
     * Reads keys, by id.
     *
     * @throws ConfigurationException naming the entry and the field that is wrong
     */
    static Map<String, ApiKey> read(byte[] json) {
        JsonNode document;
        try {
            document = JSON.readTree(json);
        } catch (java.io.IOException e) {
            String why = e instanceof JsonProcessingException parse ? parse.getOriginalMessage() : e.getMessage();
            throw new ConfigurationException("the keys file is not JSON: " + why);
        }
        if (!document.isObject() || !document.path("keys").isArray() || document.size() != 1) {
            throw new ConfigurationException("the keys file must be an object with one field, the array \"keys\"");
        }
        Map<String, ApiKey> keys = new LinkedHashMap<>();
        for (int i = 0; i < document.path("keys").size(); i++) {
            ApiKey key = key("keys[" + i + "]", document.path("keys").get(i));
            if (keys.put(key.id(), key) != null) {
                throw new ConfigurationException("keys[" + i + "].id: the id " + key.id() + " stands twice");
            }
        }
        return Map.copyOf(keys);
    }

    static byte[] write(Collection<ApiKey> keys) {
        ObjectNode document = JSON.createObjectNode();
        ArrayNode entries = document.putArray("keys");
        for (ApiKey key : keys) {
            ObjectNode entry = entries.addObject()
                    .put("id", key.id())
                    .put("tenant", key.tenant().value())
                    .put("sha256", key.hash().hex())
                    .put("name", key.name())
                    .put("created_at", key.createdAt().toString());
            key.expiresAt().ifPresent(at -> entry.put("expires_at", at.toString()));
            if (key.revoked()) {
                entry.put("revoked", true);
            }
            key.elementsPerSecond().ifPresent(rate -> entry.put("elements_per_second", rate));
        }
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of strings can be written", e);
        }
    }

    private static ApiKey key(String place, JsonNode entry) {
        if (!entry.isObject()) {
            throw new ConfigurationException(place + " must be an object");
        }
        List<String> unknown = new ArrayList<>();
        entry.fieldNames().forEachRemaining(name -> {
            if (!FIELDS.contains(name)) {
                unknown.add(name);
            }
        });
        if (!unknown.isEmpty()) {
            throw new ConfigurationException(place + " has the unknown field " + unknown.get(0) + "; the fields are "
                    + String.join(", ", new TreeSet<>(FIELDS)));
        }
        try {
            return new ApiKey(
                    required(place, entry, "id"),
                    new TenantId(required(place, entry, "tenant")),
                    new KeyHash(required(place, entry, "sha256")),
                    entry.path("name").asText(""),
                    Instant.parse(required(place, entry, "created_at")),
                    Optional.ofNullable(text(entry, "expires_at")).map(Instant::parse),
                    flag(place, entry),
                    rate(place, entry));
        } catch (DateTimeParseException e) {
            throw new ConfigurationException(
                    place + ": times are written as 2026-07-01T10:00:00Z, not '" + e.getParsedString() + "'");
        } catch (IllegalArgumentException e) {
            throw e instanceof ConfigurationException known
                    ? known
                    : new ConfigurationException(place + ": " + e.getMessage());
        }
    }

    private static String required(String place, JsonNode entry, String field) {
        String value = text(entry, field);
        if (value == null || value.isEmpty()) {
            throw new ConfigurationException(place + "." + field + " is missing");
        }
        return value;
    }

    private static @Nullable String text(JsonNode entry, String field) {
        JsonNode value = entry.path(field);
        return value.isTextual() ? value.textValue() : null;
    }

    /** A misspelt value must not leave a key valid that someone meant to revoke. */
    private static boolean flag(String place, JsonNode entry) {
        JsonNode value = entry.path("revoked");
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw new ConfigurationException(place + ".revoked must be true or false");
        }
        return value.booleanValue();
    }

    private static OptionalLong rate(String place, JsonNode entry) {
        JsonNode value = entry.path("elements_per_second");
        if (value.isMissingNode()) {
            return OptionalLong.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 1) {
            throw new ConfigurationException(place + ".elements_per_second must be a whole number above 0");
        }
        return OptionalLong.of(value.longValue());
    }
}
