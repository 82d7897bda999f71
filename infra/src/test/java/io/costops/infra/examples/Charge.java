package io.costops.infra.examples;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a use of a model came to. Numbers are compared by value: 0.10 is 0.1.
 *
 * @param tokens tokens by meter, without those of which there are none
 * @param units what is counted otherwise, such as searches
 * @param priceKey null without a price
 * @param cost null where nothing can be said of it
 */
public record Charge(
        String status,
        Map<String, BigDecimal> tokens,
        Map<String, BigDecimal> units,
        long inputTokens,
        long outputTokens,
        String serviceTier,
        @Nullable String priceKey,
        @Nullable BigDecimal cost) {

    public Charge {
        tokens = withoutZeros(tokens);
        units = withoutZeros(units);
        cost = cost == null ? null : cost.stripTrailingZeros();
    }

    /** As the examples state it, and the answers of a dry run, which call the cost by another name. */
    static Charge of(JsonNode json, String costField) {
        JsonNode cost = json.path(costField);
        return new Charge(
                json.path("status").asText(),
                quantities(json.path("tokens")),
                quantities(json.path("units")),
                json.path("total_input").longValue(),
                json.path("total_output").longValue(),
                json.path("service_tier").asText(),
                json.path("price_key").textValue(),
                cost.isTextual() ? new BigDecimal(cost.textValue()) : null);
    }

    private static Map<String, BigDecimal> quantities(JsonNode json) {
        Map<String, BigDecimal> quantities = new TreeMap<>();
        json.properties()
                .forEach(unit -> quantities.put(unit.getKey(), unit.getValue().decimalValue()));
        return quantities;
    }

    private static Map<String, BigDecimal> withoutZeros(Map<String, BigDecimal> quantities) {
        Map<String, BigDecimal> some = new TreeMap<>();
        quantities.forEach((meter, quantity) -> {
            if (quantity.signum() != 0) {
                some.put(meter, quantity.stripTrailingZeros());
            }
        });
        return some;
    }
}
