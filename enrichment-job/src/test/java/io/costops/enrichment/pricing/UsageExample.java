package io.costops.enrichment.pricing;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.schemas.avro.UsageEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A case of usage-examples.jsonl as far as pricing needs it: units as expected, and what else a price depends on
 * from the raw payload. The parsers proper are usage-ingest's.
 */
record UsageExample(String id, JsonNode json) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final Map<String, String> PROVIDERS = Map.ofEntries(
            Map.entry("bedrock", "bedrock"),
            Map.entry("vertex", "vertex_ai"),
            Map.entry("together", "together_ai"),
            Map.entry("aws.bedrock", "bedrock"),
            Map.entry("gcp.gemini", "gemini"),
            Map.entry("azure.ai.openai", "azure"));

    static Stream<UsageExample> all() {
        InputStream in = Objects.requireNonNull(
                UsageExample.class.getResourceAsStream("/examples/usage-examples.jsonl"), "the examples");
        BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        return reader.lines().map(UsageExample::parse);
    }

    private static UsageExample parse(String line) {
        try {
            JsonNode json = JSON.readTree(line);
            return new UsageExample(json.path("id").asText(), json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    JsonNode expected() {
        return json.path("expected");
    }

    String status() {
        return expected().path("status").asText();
    }

    boolean byHistory() {
        return context("price_book").equals("price_history.json");
    }

    @Nullable
    String priceKey() {
        return text(expected(), "price_key");
    }

    @Nullable
    BigDecimal cost() {
        String cost = text(expected(), "expected_cost_usd");
        return cost == null ? null : new BigDecimal(cost);
    }

    Map<String, BigDecimal> breakdown() {
        return decimals(expected().path("breakdown"));
    }

    UsageEvent event() {
        Map<String, BigDecimal> meters = decimals(expected().path("tokens"));
        meters.putAll(decimals(expected().path("units")));
        TestUsage usage = TestUsage.of(provider(), model())
                .at(eventTime())
                .region(region())
                .tier(expected().path("service_tier").asText())
                .meters(meters);
        String size = text(json.path("context").path("web_search_options"), "search_context_size");
        usage.attribute("search_context_size", size != null ? size : text(body().path("usage"), "search_context_size"));
        usage.attribute("inference_geo", text(body().path("usage"), "inference_geo"));
        usage.attribute("speed", text(body().path("usage"), "speed"));
        return usage.event();
    }

    private String kind() {
        String inner = text(json, "inner_kind");
        return inner != null ? inner : json.path("source_kind").asText();
    }

    private @Nullable String provider() {
        String kind = kind();
        String name = switch (kind) {
            case "langfuse.ingestion" -> null;
            case "litellm.slp" -> text(body(), "custom_llm_provider");
            case "otel.genai" -> attribute("gen_ai.provider.name");
            default -> kind.substring(0, kind.indexOf('.'));
        };
        return name == null ? null : PROVIDERS.getOrDefault(name, name);
    }

    /** The provider's own object, out of its wrappers. */
    private JsonNode body() {
        JsonNode raw = json.path("raw");
        if (raw.has("specversion")) {
            raw = raw.has("data")
                    ? raw.path("data")
                    : decoded(raw.path("data_base64").asText());
        }
        return switch (kind()) {
            case "openai.batch_output" -> raw.path("response").path("body");
            case "anthropic.batch_result" -> raw.path("result").path("message");
            case "langfuse.ingestion" -> raw.path("body");
            default -> raw;
        };
    }

    private static JsonNode decoded(String base64) {
        try {
            return JSON.readTree(Base64.getDecoder().decode(base64));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The body, and every event of a stream with what is nested in it. */
    private List<JsonNode> bodies() {
        JsonNode body = body();
        List<JsonNode> bodies = new ArrayList<>(List.of(body));
        for (JsonNode event : body.path("stream_events")) {
            bodies.add(event);
            bodies.add(event.path("message"));
            bodies.add(event.path("response"));
        }
        bodies.add(body.path("output").path("outputBodyJson"));
        return bodies;
    }

    private String model() {
        if (kind().startsWith("bedrock.") && json.path("context").has("request_model")) {
            return context("request_model");
        }
        for (String field : List.of("modelId", "modelVersion", "model")) {
            for (JsonNode body : bodies()) {
                String model = text(body, field);
                if (model != null) {
                    return model;
                }
            }
        }
        String response = attribute("gen_ai.response.model");
        String request = attribute("gen_ai.request.model");
        if (response != null || request != null) {
            return response != null ? response : Objects.requireNonNull(request);
        }
        String extension = text(json.path("raw"), "llmrequestmodel");
        return extension != null ? extension : context("request_model");
    }

    private @Nullable String attribute(String name) {
        JsonNode attributes = body().path("attributes");
        if (attributes.isObject()) {
            return text(attributes, name);
        }
        for (JsonNode attribute : attributes) {
            if (attribute.path("key").asText().equals(name)) {
                return attribute.path("value").elements().next().asText();
            }
        }
        return null;
    }

    private @Nullable String region() {
        String region = text(json.path("context"), "region");
        return region != null ? region : text(body(), "region");
    }

    private Instant eventTime() {
        for (String field : List.of("created", "created_at", "createTime", "timestamp", "startTime", "start_time")) {
            for (JsonNode body : bodies()) {
                JsonNode time = body.path(field);
                if (time.isNumber()) {
                    BigDecimal seconds = time.decimalValue();
                    return Instant.ofEpochSecond(seconds.longValue());
                }
                if (time.isTextual()) {
                    return Instant.parse(time.asText());
                }
            }
        }
        return Instant.parse(context("received_at"));
    }

    private String context(String field) {
        return json.path("context").path(field).asText();
    }

    private static @Nullable String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isTextual() ? value.asText() : null;
    }

    private static Map<String, BigDecimal> decimals(JsonNode json) {
        Map<String, BigDecimal> decimals = new TreeMap<>();
        json.properties()
                .forEach(field -> decimals.put(
                        field.getKey(), new BigDecimal(field.getValue().asText())));
        return decimals;
    }

    @Override
    public String toString() {
        return id;
    }
}
