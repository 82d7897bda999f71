package io.costops.infra.e2e;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A published example: a payload as its provider emits it, its units and its exact cost. */
record UsageExample(JsonNode json) {
    /** The kinds that the pipeline reads. */
    private static final Set<String> KINDS = Set.of("openai.chat", "anthropic.messages", "litellm.slp");

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    static List<UsageExample> all() {
        InputStream in = Objects.requireNonNull(
                UsageExample.class.getResourceAsStream("/examples/usage-examples.jsonl"),
                "the examples are in the test jar of schemas");
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return reader.lines()
                    .map(UsageExample::parsed)
                    .filter(example ->
                            KINDS.contains(example.json.path("source_kind").asText()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static UsageExample parsed(String line) {
        try {
            return new UsageExample(JSON.readTree(line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String id() {
        return json.path("id").asText();
    }

    /** As a service of the tenant would publish it; the tag names the example. */
    String envelope(String tenant) {
        ObjectNode envelope = JSON.createObjectNode();
        envelope.set("source", json.path("source_kind"));
        envelope.put("tenant", tenant);
        envelope.putObject("tags").put("example", id());
        envelope.set("context", json.path("context"));
        envelope.set("payload", json.path("raw"));
        return envelope.toString();
    }

    private JsonNode expected() {
        return json.path("expected");
    }

    String status() {
        return expected().path("status").asText();
    }

    String serviceTier() {
        return expected().path("service_tier").asText();
    }

    /** Empty without a price. */
    String priceKey() {
        return expected().path("price_key").asText("");
    }

    long inputTokens() {
        return expected().path("total_input").asLong();
    }

    long outputTokens() {
        return expected().path("total_output").asLong();
    }

    Optional<BigDecimal> cost() {
        JsonNode cost = expected().path("expected_cost_usd");
        return cost.isTextual() ? Optional.of(new BigDecimal(cost.textValue())) : Optional.empty();
    }

    /** Tokens and other units that are not 0, by meter. */
    Map<String, BigDecimal> units() {
        Map<String, BigDecimal> units = new TreeMap<>();
        for (String field : List.of("tokens", "units")) {
            expected().path(field).properties().forEach(unit -> {
                BigDecimal quantity = unit.getValue().decimalValue();
                if (quantity.signum() != 0) {
                    units.put(unit.getKey(), quantity);
                }
            });
        }
        return units;
    }

    @Override
    public String toString() {
        return id();
    }
}
