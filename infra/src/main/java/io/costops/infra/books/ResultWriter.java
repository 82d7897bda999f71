package io.costops.infra.books;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.costops.infra.books.DryRun.Result;
import io.costops.schemas.value.Meter;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the results of a dry run, one JSON object a line; amounts are strings, so that no reader rounds them. Leaves the
 * writer open.
 */
final class ResultWriter implements AutoCloseable {
    private final JsonGenerator json;

    ResultWriter(Writer out) throws IOException {
        this.json = new JsonFactory().createGenerator(out);
        json.setRootValueSeparator(null);
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    }

    void write(Result result) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", result.id());
        if (result instanceof Result.Priced priced) {
            write(priced);
        } else if (result instanceof Result.Rejected rejected) {
            json.writeStringField("status", "rejected");
            json.writeStringField("reason", rejected.reason());
            json.writeStringField("field", rejected.field());
            json.writeStringField("message", rejected.message());
        }
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private void write(Result.Priced priced) throws IOException {
        Map<Meter, BigDecimal> quantities = priced.quantities();
        json.writeStringField("status", priced.status().name().toLowerCase(Locale.ROOT));
        json.writeObjectFieldStart("tokens");
        for (Map.Entry<Meter, BigDecimal> quantity : quantities.entrySet()) {
            if (quantity.getKey().countsTokens()) {
                json.writeNumberField(
                        quantity.getKey().wireName(), quantity.getValue().longValueExact());
            }
        }
        json.writeEndObject();
        json.writeObjectFieldStart("units");
        for (Map.Entry<Meter, BigDecimal> quantity : quantities.entrySet()) {
            if (!quantity.getKey().countsTokens()) {
                json.writeFieldName(quantity.getKey().wireName());
                json.writeNumber(Plain.of(quantity.getValue()));
            }
        }
        json.writeEndObject();
        json.writeNumberField("total_input", total(quantities, Meter.Direction.INPUT));
        json.writeNumberField("total_output", total(quantities, Meter.Direction.OUTPUT));
        json.writeStringField("service_tier", priced.tier());
        json.writeStringField("price_key", priced.priceKey());
        BigDecimal cost = priced.cost();
        json.writeStringField("cost_usd", cost == null ? null : Plain.of(cost));
        DryRun.Terms terms = priced.terms();
        if (terms != null) {
            json.writeStringField("list_cost", Plain.of(terms.listCost()));
            json.writeStringField("contracted_cost", Plain.of(terms.contractedCost()));
            json.writeStringField("billed_cost", Plain.of(terms.billedCost()));
            json.writeStringField("effective_cost", Plain.of(terms.effectiveCost()));
            json.writeStringField("pricing_currency", terms.pricingCurrency());
            json.writeStringField("billing_currency", terms.billingCurrency());
            json.writeStringField("price_revision", terms.priceRevision());
            json.writeStringField("exchange_rate_revision", terms.exchangeRateRevision());
        }
    }

    private static long total(Map<Meter, BigDecimal> quantities, Meter.Direction direction) {
        return quantities.entrySet().stream()
                .filter(quantity -> quantity.getKey().direction() == direction)
                .mapToLong(quantity -> quantity.getValue().longValueExact())
                .sum();
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
