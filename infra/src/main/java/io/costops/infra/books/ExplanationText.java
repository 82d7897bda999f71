package io.costops.infra.books;

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
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.UsageEvent;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a case's cost came about, for people to read. */
final class ExplanationText {
    private static final String INDENT = "  ";
    private static final int NAME_WIDTH = 12;

    private final StringBuilder text = new StringBuilder();

    private ExplanationText() {}

    static String of(DryRun.Trace trace) {
        ExplanationText explanation = new ExplanationText();
        explanation.head(trace.result());
        trace.calls().forEach(explanation::call);
        return explanation.text.append('\n').toString();
    }

    private void head(Result result) {
        text.append(result.id()).append(": ");
        if (result instanceof Result.Rejected rejected) {
            text.append("rejected, ").append(rejected.reason()).append('\n');
            named("field", rejected.field() == null ? "-" : rejected.field());
            named("what to do", rejected.message());
        } else if (result instanceof Result.Priced priced) {
            text.append(priced.status().name().toLowerCase(Locale.ROOT));
            BigDecimal cost = priced.cost();
            if (cost != null) {
                text.append(", ").append(Plain.of(cost)).append(" USD");
            } else if (priced.terms() != null) {
                text.append(", ")
                        .append(Plain.of(priced.terms().billedCost()))
                        .append(' ')
                        .append(priced.terms().billingCurrency());
            }
            text.append('\n');
        }
    }

    private void call(Call call) {
        UsageEvent event = call.event();
        String reported = event.getServiceTier();
        String tier = ServiceTier.of(reported).wireName();
        named(
                "usage",
                (event.getProvider() == null ? "any provider" : event.getProvider()) + " "
                        + (event.getModel() == null ? "no model" : event.getModel())
                        + (event.getRegion() == null ? "" : " in " + event.getRegion()) + " at "
                        + event.getEventTime());
        String tenant = event.getDimensions().getTenant();
        if (tenant != null) {
            named("tenant", tenant);
        }
        named("tier", tier.equals(reported) ? tier : tier + ", reported as " + reported);
        Pricing pricing = call.pricing();
        if (pricing instanceof Pricing.Priced || pricing instanceof Pricing.Unpriced) {
            trials(new Pricer().trials(event, call.book()));
        }
        if (pricing instanceof Pricing.Priced priced) {
            priced(priced);
        } else if (pricing instanceof Pricing.Unpriced unpriced) {
            named("no cost", unpriced.message());
        } else if (pricing instanceof Pricing.Free free) {
            named(
                    "no cost",
                    switch (free.reason()) {
                        case NO_USAGE -> "the payload reports no usage";
                        case GATEWAY_CACHE_HIT -> "0: the gateway answered from its cache";
                    });
        } else if (pricing instanceof Pricing.Refused refused) {
            named("refused", refused.field() + ": " + refused.message());
        }
    }

    private void trials(List<KeyTrial> trials) {
        String name = "keys tried";
        int width =
                trials.stream().mapToInt(trial -> trial.key().length()).max().orElse(0);
        for (KeyTrial trial : trials) {
            named(
                    name,
                    trial.key() + " ".repeat(width - trial.key().length()) + INDENT
                            + trial.outcome().description()
                            + (trial.detail() == null || trial.outcome() == KeyTrial.Outcome.TAKEN
                                    ? ""
                                    : " (" + trial.detail() + ")")
                            + ", " + trial.rule().description());
            name = "";
        }
    }

    private void priced(Pricing.Priced priced) {
        Derivation derivation = priced.derivation();
        if (derivation != null) {
            price(derivation.price());
            String bracket = derivation.rates().bracket();
            named(
                    "size",
                    String.format(Locale.ROOT, "%,d input tokens: ", derivation.totalInputTokens())
                            + (bracket == null ? "no threshold is passed" : bracket.replace('_', ' ')));
            if (derivation.multiplier().applies()) {
                named(
                        "multiplier",
                        Plain.of(derivation.multiplier().factor()) + " on tokens, by "
                                + String.join(" and ", derivation.multiplier().fields()));
            }
        }
        TextTable table = new TextTable("meter", "quantity", "rate", "unit price", "cost", "field", "rule");
        for (PricedLine line : priced.lines()) {
            UnitRate rate = derivation == null ? null : derivation.rate(line.meter());
            table.row(
                    line.meter().wireName(),
                    line.quantity(),
                    rate == null ? null : rate.price(),
                    line.listUnitPrice(),
                    line.listCost(),
                    line.field(),
                    rate == null || derivation == null
                            ? null
                            : RateRule.describe(line.meter(), rate, derivation.rates()));
        }
        priced.unrated()
                .forEach((meter, quantity) -> table.row(
                        meter.wireName(), quantity, null, null, null, "-", "the price has no rate: in no sum"));
        table.row("total", null, null, null, priced.listCost(), priced.pricingCurrency(), "");
        table.lines().forEach(line -> text.append(INDENT).append(line).append('\n'));
        if (derivation != null && !derivation.terms().equals(TenantTerms.NONE)) {
            terms(priced, derivation);
        }
    }

    private void terms(Pricing.Priced priced, Derivation derivation) {
        TenantTerms terms = derivation.terms();
        if (terms.negotiated() != null) {
            named("negotiated", terms.negotiated().price().id());
        }
        percentage("discount", terms.discount());
        percentage("mark-up", terms.markup());
        if (terms.billing() != null) {
            named(
                    "billed in",
                    terms.billing().currency() + ", by " + terms.billing().id());
        }
        conversion(derivation.price().currency(), priced.pricingCurrency(), derivation.listConversion());
        conversion(priced.pricingCurrency(), priced.billingCurrency(), derivation.billingConversion());
        TextTable table = new TextTable(
                "meter",
                "contracted price",
                "contracted " + priced.pricingCurrency(),
                "billed " + priced.billingCurrency(),
                "why");
        for (PricedLine line : priced.lines()) {
            table.row(
                    line.meter().wireName(),
                    line.contractedUnitPrice(),
                    line.contractedCost(),
                    line.billedCost(),
                    RateRule.describeContracted(line.meter(), derivation));
        }
        table.row("total", null, priced.contractedCost(), priced.billedCost(), "");
        table.lines().forEach(line -> text.append(INDENT).append(line).append('\n'));
    }

    private void percentage(String name, @Nullable Percentage percentage) {
        if (percentage != null) {
            named(name, Plain.of(percentage.percent()) + " %, by " + percentage.revisionId());
        }
    }

    private void conversion(String from, String to, Conversion conversion) {
        if (conversion.revisionId() != null) {
            named(
                    "exchange",
                    from + " x " + Plain.of(conversion.times())
                            + (conversion.dividedBy().compareTo(BigDecimal.ONE) == 0
                                    ? ""
                                    : " / " + Plain.of(conversion.dividedBy()))
                            + " = " + to + ", by " + conversion.revisionId());
        }
    }

    private void price(Price price) {
        named("price", price.id());
        named(
                "",
                "holds from " + price.revision().getEffectiveFrom() + ", recorded "
                        + price.revision().getRecordedAt()
                        + (price.revision().getSource() == null
                                ? ""
                                : ", from " + price.revision().getSource()));
    }

    private void named(String name, String value) {
        text.append(INDENT)
                .append(name)
                .append(" ".repeat(NAME_WIDTH - name.length()))
                .append(value)
                .append('\n');
    }
}
