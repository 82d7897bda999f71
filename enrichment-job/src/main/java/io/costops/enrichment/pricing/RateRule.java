package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.Percentage;
import io.costops.enrichment.pricebook.RateTable;
import io.costops.enrichment.pricebook.ServiceTier;
import io.costops.enrichment.pricebook.UnitRate;
import io.costops.schemas.value.Meter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says in words by which rule a meter came to its rate, for a person who checks a cost. */
public final class RateRule {
    private static final String TIERED_PRICING = "tiered_pricing";

    private RateRule() {}

    /**
     * The rules that led to a rate, the strongest first.
     *
     * @param meter the meter
     * @param rate its rate, before any multiplier
     * @param table the rates of the request's tier and size
     */
    public static String describe(Meter meter, UnitRate rate, RateTable table) {
        List<String> rules = new ArrayList<>();
        String bracket = table.bracket();
        if (meter == Meter.WEB_SEARCH) {
            return rate.fallBack() ? "no fee for this size of context, so that of medium" : "fee for each search";
        }
        rules.add(rate.fallBack() ? "no rate of its own, so that of " + kindOf(rate.field()) : "its own rate");
        if (bracket != null && meter.countsTokens()) {
            if (bracket.startsWith(TIERED_PRICING)) {
                rules.add("in " + bracket);
            } else {
                rules.add(
                        rate.field().contains(bracket)
                                ? bracket.replace('_', ' ')
                                : "no rate " + bracket.replace('_', ' '));
            }
        }
        String tier = tier(rate, table.tier());
        if (tier != null) {
            rules.add(tier);
        }
        return String.join("; ", rules);
    }

    /** In words what a tenant's price of one unit came out of; null for a meter without a rate. */
    public static @Nullable String describeContracted(Meter meter, Derivation derivation) {
        UnitRate rate = derivation.contracted().rate(meter);
        if (rate == null) {
            return null;
        }
        if (rate.negotiated()) {
            return "negotiated " + rate.field();
        }
        Percentage discount = derivation.terms().discount();
        return discount == null
                ? "public price"
                : "public price less " + discount.percent().stripTrailingZeros().toPlainString() + " %";
    }

    private static @Nullable String tier(UnitRate rate, ServiceTier tier) {
        return switch (tier) {
            case STANDARD -> null;
            case BATCH -> {
                if (rate.halved()) {
                    yield "batch: half of the standard rate";
                }
                yield rate.field().endsWith("_batches") ? "batch rate" : "a fee, which a batch doesn't halve";
            }
            case FLEX, PRIORITY ->
                rate.field().endsWith("_" + tier.wireName())
                        ? tier.wireName() + " rate"
                        : "no " + tier.wireName() + " rate, so the standard one";
        };
    }

    /** What a field is the rate of: input, cache_read_input, output, ... */
    private static String kindOf(String field) {
        int end = field.indexOf("_cost");
        String kind = end < 0 ? field : field.substring(0, end);
        for (String special : List.of("audio_token", "image_token", "video_token", "reasoning_token")) {
            if (field.contains("per_" + special)) {
                return kind + " " + special.replace("_token", "");
            }
        }
        return kind.replace("_token", "").replace('_', ' ');
    }
}
