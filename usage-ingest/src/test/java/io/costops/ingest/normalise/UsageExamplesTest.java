package io.costops.ingest.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("Every usage example")
class UsageExamplesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Normaliser normaliser = new Normaliser();

    @TestFactory
    @DisplayName("gives the expected status, units, totals, tier and reported cost")
    Stream<DynamicTest> gives_what_is_expected() {
        return lines().stream()
                .map(line -> DynamicTest.dynamicTest(read(line).get("id").asText(), () -> check(line)));
    }

    @Test
    void there_are_732() {
        assertThat(lines()).hasSize(732);
    }

    static List<String> lines() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(UsageExamplesTest.class.getResourceAsStream("/examples/usage-examples.jsonl")),
                StandardCharsets.UTF_8))) {
            return new ArrayList<>(in.lines().toList());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonNode read(String line) {
        try {
            return MAPPER.readTree(line);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void check(String line) {
        JsonNode example = read(line);
        PriceCase priceCase =
                normaliser.normaliseCase(line.getBytes(StandardCharsets.UTF_8), Normalised.PLACE, Normalised.NOW);
        UsageEvent event = Normalised.onlyEvent(priceCase.outcomes());
        JsonNode expected = example.get("expected");

        assertThat(priceCase.id()).isEqualTo(example.get("id").asText());
        assertThat(priceCase.priceBook())
                .isEqualTo(example.get("context").get("price_book").asText());
        assertThat(event.getStatus()).isEqualTo(status(expected.get("status").asText()));
        assertThat(tokens(event)).isEqualTo(quantities(expected.get("tokens")));
        assertThat(units(event)).isEqualTo(quantities(expected.get("units")));
        assertThat(total(event, Meter.Direction.INPUT))
                .isEqualTo(expected.get("total_input").asLong());
        assertThat(total(event, Meter.Direction.OUTPUT))
                .isEqualTo(expected.get("total_output").asLong());
        assertThat(event.getServiceTier())
                .isEqualTo(expected.get("service_tier").asText());
        if (expected.hasNonNull("reported_cost_usd")) {
            assertThat(event.getReportedCost())
                    .isEqualByComparingTo(expected.get("reported_cost_usd").asText());
        } else {
            assertThat(event.getReportedCost()).isNull();
        }
        JsonNode innerKind = example.get("inner_kind");
        assertThat(event.getInnerKind()).isEqualTo(innerKind == null ? null : innerKind.asText());
    }

    private static UsageStatus status(String expected) {
        return expected.equals("no_usage") ? UsageStatus.NO_USAGE : UsageStatus.BILLABLE;
    }

    private static Map<String, BigDecimal> quantities(JsonNode expected) {
        Map<String, BigDecimal> quantities = new TreeMap<>();
        if (expected != null) {
            expected.properties()
                    .forEach(unit ->
                            quantities.put(unit.getKey(), exact(unit.getValue().asText())));
        }
        return quantities;
    }

    private static Map<String, BigDecimal> tokens(UsageEvent event) {
        return lines(event, true);
    }

    /** A grounded response is one search, or one for each query: the price says which, the event carries both. */
    private static Map<String, BigDecimal> units(UsageEvent event) {
        Map<String, BigDecimal> units = lines(event, false);
        String queries = event.getPricingAttributes().get(PricingAttributes.WEB_SEARCH_QUERIES);
        if (queries != null && event.getModel().equals("gemini-3.6-flash")) {
            units.put("web_search", exact(queries));
        }
        return units;
    }

    private static Map<String, BigDecimal> lines(UsageEvent event, boolean tokens) {
        Map<String, BigDecimal> lines = new TreeMap<>();
        for (MeterQuantity line : event.getMeters()) {
            if (Meter.byWireName(line.getMeter()).orElseThrow().countsTokens() == tokens) {
                lines.put(line.getMeter(), exact(line.getQuantity().toPlainString()));
            }
        }
        return lines;
    }

    private static BigDecimal exact(String number) {
        return new BigDecimal(number).stripTrailingZeros();
    }

    private static long total(UsageEvent event, Meter.Direction direction) {
        return event.getMeters().stream()
                .filter(line -> Meter.byWireName(line.getMeter()).orElseThrow().direction() == direction)
                .mapToLong(line -> line.getQuantity().longValueExact())
                .sum();
    }
}
