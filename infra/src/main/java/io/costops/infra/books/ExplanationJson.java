package io.costops.infra.books;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.enrichment.pricebook.Conversion;
import io.costops.enrichment.pricebook.KeyTrial;
import io.costops.enrichment.pricebook.Percentage;
import io.costops.enrichment.pricebook.Price;
import io.costops.enrichment.pricebook.ServiceTier;
import io.costops.enrichment.pricebook.TenantTerms;
import io.costops.enrichment.pricebook.UnitRate;
import io.costops.enrichment.pricing.Derivation;
import io.costops.enrichment.pricing.PricedLine;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.enrichment.pricing.RateRule;
import io.costops.infra.books.DryRun.Call;
import io.costops.infra.books.DryRun.Result;
import io.costops.schemas.avro.UsageEvent;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a case's cost came about, for programs. Numbers are texts, so that no reader rounds them. */
final class ExplanationJson {
    private ExplanationJson() {}

    static ObjectNode of(DryRun.Trace trace) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        Result result = trace.result();
        node.put("id", result.id());
        if (result instanceof Result.Rejected rejected) {
            node.put("status", "rejected");
            node.put("reason", rejected.reason());
            node.put("field", rejected.field());
            node.put("message", rejected.message());
        } else if (result instanceof Result.Priced priced) {
            node.put("status", priced.status().name().toLowerCase(Locale.ROOT));
            node.put("cost_usd", plain(priced.cost()));
        }
        ArrayNode calls = node.putArray("calls");
        trace.calls().forEach(call -> call(calls.addObject(), call));
        return node;
    }

    private static void call(ObjectNode node, Call call) {
        UsageEvent event = call.event();
        node.put("provider", event.getProvider());
        node.put("model", event.getModel());
        node.put("region", event.getRegion());
        node.put("tenant", event.getDimensions().getTenant());
        node.put("event_time", event.getEventTime().toString());
        node.put("service_tier", ServiceTier.of(event.getServiceTier()).wireName());
        node.put("reported_tier", event.getServiceTier());
        Pricing pricing = call.pricing();
        if (pricing instanceof Pricing.Priced || pricing instanceof Pricing.Unpriced) {
            trials(node.putArray("keys"), new Pricer().trials(event, call.book()));
        }
        if (pricing instanceof Pricing.Priced priced) {
            priced(node, priced);
        } else if (pricing instanceof Pricing.Unpriced unpriced) {
            node.put("unpriced", unpriced.reason().name().toLowerCase(Locale.ROOT));
            node.put("message", unpriced.message());
        } else if (pricing instanceof Pricing.Free free) {
            node.put("free", free.reason().name().toLowerCase(Locale.ROOT));
        } else if (pricing instanceof Pricing.Refused refused) {
            node.put("refused", refused.field());
            node.put("message", refused.message());
        }
    }

    private static void trials(ArrayNode keys, List<KeyTrial> trials) {
        for (KeyTrial trial : trials) {
            keys.addObject()
                    .put("key", trial.key())
                    .put("rule", trial.rule().name().toLowerCase(Locale.ROOT))
                    .put("outcome", trial.outcome().name().toLowerCase(Locale.ROOT))
                    .put("detail", trial.detail());
        }
    }

    private static void priced(ObjectNode node, Pricing.Priced priced) {
        Derivation derivation = priced.derivation();
        if (derivation != null) {
            price(node.putObject("price"), derivation.price());
            node.put("total_input", derivation.totalInputTokens());
            node.put("bracket", derivation.rates().bracket());
            ObjectNode multiplier = node.putObject("multiplier");
            multiplier.put("factor", Plain.of(derivation.multiplier().factor()));
            ArrayNode fields = multiplier.putArray("fields");
            derivation.multiplier().fields().forEach(fields::add);
        }
        ArrayNode lines = node.putArray("lines");
        for (PricedLine line : priced.lines()) {
            UnitRate rate = derivation == null ? null : derivation.rate(line.meter());
            ObjectNode lineNode = lines.addObject();
            lineNode.put("meter", line.meter().wireName());
            lineNode.put("quantity", Plain.of(line.quantity()));
            lineNode.put("rate", rate == null ? null : Plain.of(rate.price()));
            lineNode.put("unit_price", Plain.of(line.listUnitPrice()));
            lineNode.put("cost", Plain.of(line.listCost()));
            lineNode.put("field", line.field());
            lineNode.put(
                    "rule",
                    rate == null || derivation == null
                            ? null
                            : RateRule.describe(line.meter(), rate, derivation.rates()));
        }
        ObjectNode unrated = node.putObject("unrated");
        priced.unrated().forEach((meter, quantity) -> unrated.put(meter.wireName(), Plain.of(quantity)));
        node.put("cost", Plain.of(priced.listCost()));
        node.put("currency", priced.pricingCurrency());
        if (derivation != null && !derivation.terms().equals(TenantTerms.NONE)) {
            terms(node.putObject("terms"), priced, derivation);
        }
    }

    private static void terms(ObjectNode node, Pricing.Priced priced, Derivation derivation) {
        TenantTerms terms = derivation.terms();
        node.put(
                "negotiated",
                terms.negotiated() == null ? null : terms.negotiated().price().id());
        percentage(node.putObject("discount"), terms.discount());
        percentage(node.putObject("markup"), terms.markup());
        node.put("billing", terms.billing() == null ? null : terms.billing().id());
        ArrayNode conversions = node.putArray("exchange_rates");
        for (Conversion conversion : List.of(derivation.listConversion(), derivation.billingConversion())) {
            if (conversion.revisionId() != null) {
                conversions
                        .addObject()
                        .put("revision", conversion.revisionId())
                        .put("times", Plain.of(conversion.times()))
                        .put("divided_by", Plain.of(conversion.dividedBy()));
            }
        }
        node.put("pricing_currency", priced.pricingCurrency());
        node.put("billing_currency", priced.billingCurrency());
        node.put("contracted_cost", Plain.of(priced.contractedCost()));
        node.put("billed_cost", Plain.of(priced.billedCost()));
        node.put("effective_cost", Plain.of(priced.effectiveCost()));
        ArrayNode lines = node.putArray("lines");
        for (PricedLine line : priced.lines()) {
            lines.addObject()
                    .put("meter", line.meter().wireName())
                    .put("contracted_unit_price", Plain.of(line.contractedUnitPrice()))
                    .put("contracted_cost", Plain.of(line.contractedCost()))
                    .put("billed_cost", Plain.of(line.billedCost()))
                    .put("rule", RateRule.describeContracted(line.meter(), derivation));
        }
    }

    private static void percentage(ObjectNode node, @Nullable Percentage percentage) {
        node.put("percent", percentage == null ? null : Plain.of(percentage.percent()));
        node.put("revision", percentage == null ? null : percentage.revisionId());
    }

    private static void price(ObjectNode node, Price price) {
        node.put("key", price.key());
        node.put("revision", price.id());
        node.put("effective_from", price.revision().getEffectiveFrom().toString());
        node.put("recorded_at", price.revision().getRecordedAt().toString());
        node.put("source", price.revision().getSource());
    }

    private static @Nullable String plain(@Nullable BigDecimal number) {
        return number == null ? null : Plain.of(number);
    }
}
