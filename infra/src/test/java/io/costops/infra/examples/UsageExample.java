package io.costops.infra.examples;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A published example: a payload as its provider emits it, its units and its exact cost. */
public record UsageExample(String line, JsonNode json) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** All of them, of every source kind. */
    public static List<UsageExample> all() {
        try (InputStream in = Objects.requireNonNull(
                UsageExample.class.getResourceAsStream("/examples/usage-examples.jsonl"),
                "the examples are in the test jar of schemas")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> new UsageExample(line, parsed(line)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a line of {@code costops price} says. */
    public static Charge answered(String line) {
        return Charge.of(parsed(line), "cost_usd");
    }

    private static JsonNode parsed(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    public String id() {
        return json.path("id").asText();
    }

    /** As a service of the tenant would publish it; the tag names the example. */
    public String envelope(String tenant) {
        ObjectNode envelope = JSON.createObjectNode();
        envelope.set("source", json.path("source_kind"));
        envelope.put("tenant", tenant);
        envelope.putObject("tags").put("example", id());
        envelope.set("context", json.path("context"));
        envelope.set("payload", json.path("raw"));
        return envelope.toString();
    }

    public Charge expected() {
        return Charge.of(json.path("expected"), "expected_cost_usd");
    }

    /** The amount that the payload states itself; null if the example says nothing of it. */
    public @Nullable BigDecimal reportedCost() {
        JsonNode reported = json.path("expected").path("reported_cost_usd");
        return reported.isTextual() ? new BigDecimal(reported.textValue()).stripTrailingZeros() : null;
    }

    @Override
    public String toString() {
        return id();
    }
}
