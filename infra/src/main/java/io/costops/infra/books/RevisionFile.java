package io.costops.infra.books;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.enrichment.pricebook.PriceRules;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.value.LedgerDecimal;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads price revisions one by one, of every scope, in the form in which {@code prices list --json} prints them: one JSON
 * object, an array, or an object after another.
 *
 * <pre>{@code
 * {"scope": "tenant:acme", "price_key": "gpt-4o", "effective_from": "2026-07-01T00:00:00Z",
 *  "rates": {"input_cost_per_token": "0.000002"}}
 * {"scope": "discount:acme", "price_key": "openai/*", "rates": {"discount_percent": 15}}
 * {"scope": "billing_currency:acme", "price_key": "*", "currency": "EUR"}
 * {"scope": "exchange_rate", "price_key": "EUR/USD", "currency": "USD", "rates": {"rate": "1.0837"}}
 * }</pre>
 */
public final class RevisionFile {
    private static final Set<String> FIELDS = Set.of(
            "scope",
            "price_key",
            "provider",
            "effective_from",
            "recorded_at",
            "withdrawn",
            "currency",
            "rates",
            "tiers",
            "attributes",
            "unit_checked",
            "source");
    private static final Set<String> TIER_FIELDS = Set.of("above_input_tokens", "up_to_input_tokens", "rates");
    private static final String PRICE_KEY = "price_key";

    /** Numbers are read from their literals, never through a double. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final Options options;

    private RevisionFile(Options options) {
        this.options = options;
    }

    /** Whether a file holds revisions, and not a map of prices by model: its first object names its price key. */
    static boolean isOne(byte[] file) {
        try (JsonParser json = JSON.createParser(file)) {
            JsonToken token = json.nextToken();
            if (token == JsonToken.START_ARRAY) {
                return true;
            }
            while (token == JsonToken.START_OBJECT && json.nextToken() == JsonToken.FIELD_NAME) {
                if (json.currentName().equals(PRICE_KEY)) {
                    return json.nextToken() == JsonToken.VALUE_STRING;
                }
                json.nextToken();
                json.skipChildren();
                token = JsonToken.START_OBJECT;
            }
            return false;
        } catch (IOException e) {
            // What is malformed is told where the file is read.
            return false;
        }
    }

    /**
     * Reads a whole file.
     *
     * @param options what a revision has that doesn't say otherwise
     * @throws IOException if it isn't JSON, with the place
     */
    static PriceImport read(byte[] file, Options options) throws IOException {
        RevisionFile reader = new RevisionFile(options);
        List<PriceRevision> revisions = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        int number = 0;
        try (JsonParser json = JSON.createParser(file)) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.START_ARRAY || token == JsonToken.END_ARRAY) {
                    continue;
                }
                number++;
                JsonNode node = json.readValueAsTree();
                try {
                    revisions.add(reader.revision(node));
                } catch (Wrong wrong) {
                    refusals.add(new Refusal(name(number, node), wrong.field, wrong.text));
                }
            }
        } catch (JsonProcessingException e) {
            throw new IOException(
                    "line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ": " + e.getOriginalMessage(),
                    e);
        }
        return new PriceImport(revisions, refusals, List.of());
    }

    private static String name(int number, JsonNode node) {
        String key = node.path(PRICE_KEY).asText();
        return "revision " + number
                + (key.isBlank() ? "" : " (" + node.path("scope").asText("list") + "/" + key + ")");
    }

    private PriceRevision revision(JsonNode node) throws Wrong {
        if (!node.isObject()) {
            throw new Wrong("", "it must be a JSON object");
        }
        known(node, FIELDS, "");
        Instant effectiveFrom = time(node, "effective_from", options.effectiveFrom());
        PriceRevision revision = PriceRevision.newBuilder()
                .setScope(text(node, "scope", options.scope()))
                .setPriceKey(text(node, PRICE_KEY, ""))
                .setProvider(node.path("provider").isMissingNode() ? null : nullableText(node, "provider"))
                .setEffectiveFrom(effectiveFrom.truncatedTo(ChronoUnit.MICROS))
                .setRecordedAt(
                        time(node, "recorded_at", options.recordedAt() == null ? effectiveFrom : options.recordedAt())
                                .truncatedTo(ChronoUnit.MICROS))
                .setWithdrawn(flag(node, "withdrawn"))
                .setCurrency(text(node, "currency", "USD"))
                .setRates(rates(node.path("rates"), "rates"))
                .setTiers(tiers(node.path("tiers")))
                .setAttributes(texts(node.path("attributes"), "attributes"))
                .setUnitChecked(flag(node, "unit_checked") || options.unitChecked())
                .setSource(node.path("source").isMissingNode() ? options.source() : nullableText(node, "source"))
                .build();
        Violation violation = PriceRules.violation(revision).orElse(null);
        if (violation != null) {
            throw new Wrong(violation.field(), violation.message());
        }
        return revision;
    }

    private static void known(JsonNode node, Set<String> fields, String path) throws Wrong {
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!fields.contains(entry.getKey())) {
                throw new Wrong(
                        path + entry.getKey(),
                        path + entry.getKey() + " is no field of a revision; the fields are "
                                + String.join(", ", new TreeSet<>(fields)));
            }
        }
    }

    private static String text(JsonNode node, String field, String otherwise) throws Wrong {
        JsonNode value = node.path(field);
        if (value.isMissingNode()) {
            return otherwise;
        }
        if (!value.isTextual()) {
            throw new Wrong(field, field + " must be a text");
        }
        return value.asText();
    }

    private static @Nullable String nullableText(JsonNode node, String field) throws Wrong {
        return node.path(field).isNull() ? null : text(node, field, "");
    }

    private static boolean flag(JsonNode node, String field) throws Wrong {
        JsonNode value = node.path(field);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw new Wrong(field, field + " must be true or false");
        }
        return value.asBoolean();
    }

    private static Instant time(JsonNode node, String field, Instant otherwise) throws Wrong {
        JsonNode value = node.path(field);
        if (value.isMissingNode()) {
            return otherwise;
        }
        try {
            return OffsetDateTime.parse(value.asText()).toInstant();
        } catch (DateTimeException e) {
            throw new Wrong(field, field + " must be a time such as 2026-07-01T00:00:00Z");
        }
    }

    private static Map<String, BigDecimal> rates(JsonNode object, String path) throws Wrong {
        Map<String, BigDecimal> rates = new HashMap<>();
        if (!object.isMissingNode() && !object.isObject()) {
            throw new Wrong(path, path + " must be an object of numbers");
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            rates.put(entry.getKey(), decimal(entry.getValue(), path + "." + entry.getKey()));
        }
        return rates;
    }

    /** A number, or a text that holds one, as it is printed so that no reader rounds it. */
    private static BigDecimal decimal(JsonNode value, String path) throws Wrong {
        try {
            BigDecimal number = value.isNumber()
                    ? value.decimalValue()
                    : new BigDecimal(value.isTextual() ? value.asText() : "no number");
            return LedgerDecimal.fit(number, path);
        } catch (NumberFormatException e) {
            throw new Wrong(path, path + " must be a number, or a text that holds one");
        } catch (LedgerDecimal.DoesNotFitException e) {
            throw new Wrong(path, path + " must have at most 30 decimals and be below 10^30");
        }
    }

    private static List<PriceTier> tiers(JsonNode array) throws Wrong {
        List<PriceTier> tiers = new ArrayList<>();
        if (!array.isMissingNode() && !array.isArray()) {
            throw new Wrong("tiers", "tiers must be an array");
        }
        for (int i = 0; i < array.size(); i++) {
            JsonNode tier = array.get(i);
            String path = "tiers[" + i + "].";
            known(tier, TIER_FIELDS, path);
            Long above = tokens(tier.path("above_input_tokens"), path + "above_input_tokens");
            if (above == null) {
                throw new Wrong(path + "above_input_tokens", path + "above_input_tokens is missing: 0 for the first");
            }
            tiers.add(new PriceTier(
                    above,
                    tokens(tier.path("up_to_input_tokens"), path + "up_to_input_tokens"),
                    rates(tier.path("rates"), path + "rates")));
        }
        return tiers;
    }

    private static @Nullable Long tokens(JsonNode value, String path) throws Wrong {
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new Wrong(path, path + " must be a whole number of tokens");
        }
        return value.asLong();
    }

    private static Map<String, String> texts(JsonNode object, String path) throws Wrong {
        Map<String, String> texts = new HashMap<>();
        if (!object.isMissingNode() && !object.isObject()) {
            throw new Wrong(path, path + " must be an object of texts");
        }
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new Wrong(path + "." + entry.getKey(), path + "." + entry.getKey() + " must be a text");
            }
            texts.put(entry.getKey(), entry.getValue().asText());
        }
        return texts;
    }

    /** What is wrong with one revision; it holds up no other. */
    private static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        private final String field;
        private final String text;

        Wrong(String field, String text) {
            super(text, null, false, false);
            this.field = field;
            this.text = text;
        }
    }
}
