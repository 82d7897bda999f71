package io.costops.enrichment.pricebook;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.value.LedgerDecimal;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One model's prices as LiteLLM's map writes them, flattened.
 *
 * <p>Numbers are taken from their literals, never through a double. The first thing that is wrong is kept as the
 * entry's problem, and reading goes on to its end.
 */
final class PriceEntry {
    private static final String PROVIDER = "litellm_provider";
    private static final String TIERED_PRICING = "tiered_pricing";
    private static final String TIER_RANGE = "range";

    /** Facts that pricing or the reader of a price list needs; the map holds many more. */
    private static final Set<String> ATTRIBUTES =
            Set.of("mode", "web_search_billing_unit", "deprecation_date", "max_input_tokens", "max_output_tokens");

    private final Map<String, BigDecimal> rates = new HashMap<>();
    private final Map<String, String> attributes = new HashMap<>();
    private final List<PriceTier> tiers = new ArrayList<>();
    private final Set<String> fields = new HashSet<>();
    private @Nullable String provider;
    private @Nullable Problem problem;

    private PriceEntry() {}

    private record Problem(String field, String message) {}

    /** A rate of 0 for whatever a model may meter. */
    private static final Map<String, BigDecimal> FREE = Stream.of(
                    RateFields.INPUT,
                    RateFields.OUTPUT,
                    RateFields.WEB_SEARCH + "medium",
                    RateFields.INPUT_SECOND,
                    RateFields.QUERY)
            .collect(Collectors.toUnmodifiableMap(
                    Function.identity(), field -> LedgerDecimal.fit(BigDecimal.ZERO, field)));

    /** Reads the object that the parser stands at the beginning of, to its end. */
    static PriceEntry read(JsonParser json) throws IOException {
        PriceEntry entry = new PriceEntry();
        entry.readObject(json, "");
        return entry;
    }

    private void readObject(JsonParser json, String path) throws IOException {
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = path + json.currentName();
            JsonToken value = json.nextToken();
            if (!fields.add(field)) {
                wrong(field, field + " stands twice: leave one");
                json.skipChildren();
            } else if (value == JsonToken.START_OBJECT) {
                // Notes for people: not prices, whatever they are called.
                if (field.equals("metadata")) {
                    json.skipChildren();
                } else {
                    readObject(json, field + ".");
                }
            } else if (value == JsonToken.START_ARRAY) {
                if (field.equals(TIERED_PRICING)) {
                    readTiers(json);
                } else {
                    json.skipChildren();
                }
            } else {
                readValue(json, field, value);
            }
        }
    }

    private void readValue(JsonParser json, String field, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NULL) {
            return;
        }
        if (field.equals(PROVIDER)) {
            if (value == JsonToken.VALUE_STRING) {
                provider = json.getText();
            } else {
                wrong(field, field + " must be a text");
            }
        } else if (RateFields.isCost(field) || (RateFields.isMultiplier(field) && isNumber(value))) {
            BigDecimal rate = number(json, field, value);
            if (rate != null) {
                rates.put(field, rate);
            }
        } else if (ATTRIBUTES.contains(field)) {
            attributes.put(field, json.getText());
        }
    }

    private static boolean isNumber(JsonToken value) {
        return value == JsonToken.VALUE_NUMBER_INT || value == JsonToken.VALUE_NUMBER_FLOAT;
    }

    private @Nullable BigDecimal number(JsonParser json, String field, JsonToken value) throws IOException {
        if (!isNumber(value)) {
            wrong(field, field + " must be a number, not " + (value == JsonToken.VALUE_STRING ? "a text" : value));
            return null;
        }
        BigDecimal number = parse(json.getText());
        if (number == null || !LedgerDecimal.fits(number)) {
            wrong(field, field + " must have at most 30 decimals and be below 10^30");
            return null;
        }
        return LedgerDecimal.fit(number, field);
    }

    private static @Nullable BigDecimal parse(String literal) {
        try {
            return new BigDecimal(literal);
        } catch (NumberFormatException notFinite) {
            return null;
        }
    }

    /**
     * Tiers by the size of the request. Tiers by anything else (max_results_range of search engines) go by facts that
     * no usage carries.
     */
    private void readTiers(JsonParser json) throws IOException {
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            String path = TIERED_PRICING + "[" + i + "]";
            if (json.currentToken() != JsonToken.START_OBJECT) {
                wrong(path, path + " must be an object with range and rates");
                json.skipChildren();
                continue;
            }
            Map<String, BigDecimal> tierRates = new HashMap<>();
            List<@Nullable Long> range = List.of();
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                JsonToken value = json.nextToken();
                if (field.equals(TIER_RANGE)) {
                    range = readRange(json, path + "." + TIER_RANGE);
                } else if (RateFields.isCost(field) && value != JsonToken.VALUE_NULL) {
                    BigDecimal rate = number(json, path + "." + field, value);
                    if (rate != null) {
                        tierRates.put(field, rate);
                    }
                    json.skipChildren();
                } else {
                    json.skipChildren();
                }
            }
            Long above = range.isEmpty() ? null : range.get(0);
            if (above == null) {
                wrong(
                        path,
                        path + " must have a range that begins with a number of input tokens: no other tiers can be"
                                + " priced");
            } else {
                tiers.add(new PriceTier(above, range.size() > 1 ? range.get(1) : null, tierRates));
            }
        }
    }

    private List<@Nullable Long> readRange(JsonParser json, String field) throws IOException {
        List<@Nullable Long> bounds = new ArrayList<>();
        if (json.currentToken() != JsonToken.START_ARRAY) {
            wrong(field, field + " must be a list of two numbers of tokens");
            json.skipChildren();
            return bounds;
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            JsonToken value = json.currentToken();
            Long bound = isNumber(value) ? wholeNumber(json.getText()) : null;
            if (bound == null && value != JsonToken.VALUE_NULL) {
                wrong(field, field + " must be a list of two whole numbers of tokens");
                json.skipChildren();
            }
            bounds.add(bound);
        }
        if (bounds.size() != 2) {
            wrong(field, field + " must be a list of two whole numbers of tokens");
        }
        return bounds;
    }

    private static @Nullable Long wholeNumber(String literal) {
        BigDecimal number = parse(literal);
        if (number == null || !LedgerDecimal.fits(number)) {
            return null;
        }
        try {
            return number.longValueExact();
        } catch (ArithmeticException notWhole) {
            return null;
        }
    }

    private void wrong(String field, String message) {
        if (problem == null) {
            problem = new Problem(field, message);
        }
    }

    /**
     * Gives a model that is listed without any rate those of a free one; false if it has rates or is no model.
     *
     * <p>That is what the price map means by it: its calculator adds nothing up for such a model, and most of them
     * come with a subscription.
     */
    boolean madeFree() {
        boolean unrated = rates.keySet().stream().noneMatch(RateFields::isCost) && tiers.isEmpty();
        if (problem != null || !unrated || provider == null || !attributes.containsKey("mode")) {
            return false;
        }
        rates.putAll(FREE);
        return true;
    }

    @Nullable
    String provider() {
        return provider;
    }

    /** Adds the revision to the result, or the reason why it can't be. */
    void addTo(
            List<PriceRevision> revisions, List<Refusal> refusals, String key, Instant effectiveFrom, Options options) {
        if (problem != null) {
            refusals.add(new Refusal(key, problem.field(), problem.message()));
            return;
        }
        PriceRevision revision = revision(key, provider, effectiveFrom, options);
        revision.setRates(rates);
        revision.setTiers(tiers);
        revision.setAttributes(attributes);
        addChecked(revisions, refusals, revision);
    }

    /** From then on the key has no price. */
    static void addWithdrawal(
            List<PriceRevision> revisions,
            List<Refusal> refusals,
            String key,
            @Nullable String provider,
            Instant effectiveFrom,
            Options options) {
        PriceRevision revision = revision(key, provider, effectiveFrom, options);
        revision.setWithdrawn(true);
        addChecked(revisions, refusals, revision);
    }

    private static PriceRevision revision(
            String key, @Nullable String provider, Instant effectiveFrom, Options options) {
        Instant recordedAt = options.recordedAt() == null ? effectiveFrom : options.recordedAt();
        return PriceRevision.newBuilder()
                .setScope(options.scope())
                .setPriceKey(key)
                .setProvider(provider)
                .setEffectiveFrom(effectiveFrom.truncatedTo(ChronoUnit.MICROS))
                .setRecordedAt(recordedAt.truncatedTo(ChronoUnit.MICROS))
                .setUnitChecked(options.unitChecked())
                .setSource(options.source())
                .build();
    }

    private static void addChecked(List<PriceRevision> revisions, List<Refusal> refusals, PriceRevision revision) {
        Optional<Violation> violation = PriceRules.violation(revision);
        if (violation.isPresent()) {
            // The file's own names: its rates stand at the top.
            String field = violation.get().field();
            refusals.add(new Refusal(
                    revision.getPriceKey(),
                    field.startsWith("rates.") ? field.substring("rates.".length()) : field,
                    violation.get().message()));
        } else {
            revisions.add(revision);
        }
    }
}
