package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one unit of each meter costs by one price, for every tier and size of request.
 *
 * <p>The rules are those of the providers' price lists, in the terms of LiteLLM's price map: a rate for flex,
 * priority or batch stands beside the standard one, a long request pays another rate for every one of its tokens, and
 * a kind of token without a rate pays that of a kind with one. Tables are made once and kept.
 */
@SuppressWarnings("EnumOrdinal") // of the tables by tier, which never leave the object
public final class RateCard {
    private static final String FAST_SPEED = "fast";

    private final RateMap rates;
    /** By size, the largest first; the suffixes and bounds go together. */
    private final List<Threshold> thresholds;

    private final List<Tier> tiers;
    private final boolean hasMultipliers;
    /** By the tier's ordinal, then by bracket: looked up for every event. */
    private final @Nullable RateTable[][] tables;

    private RateCard(RateMap rates, List<Tier> tiers) {
        this.rates = rates;
        this.thresholds = thresholds(rates);
        this.tiers = tiers;
        this.tables = new RateTable[ServiceTier.values().length][brackets()];
        this.hasMultipliers = rates.fields().stream().anyMatch(RateFields::isMultiplier);
    }

    /** Rates above a number of input tokens. */
    private record Threshold(long aboveInputTokens, String suffix) {}

    /** Rates between two bounds on the input tokens. */
    private record Tier(long aboveInputTokens, RateMap rates) {}

    /** The rates of one price alone. */
    public static RateCard of(PriceRevision revision) {
        return new RateCard(RateMap.of(revision.getRates(), false), tiers(revision, false));
    }

    /**
     * Negotiated rates, and those of the list for the fields that they don't name. A field that was negotiated for every
     * size of request holds in each tier of the list; negotiated tiers take the place of the list's.
     */
    static RateCard of(PriceRevision negotiated, @Nullable PriceRevision list) {
        RateMap own = RateMap.of(negotiated.getRates(), true);
        List<Tier> ownTiers = tiers(negotiated, true);
        if (list == null) {
            return new RateCard(own, ownTiers);
        }
        List<Tier> tiers = ownTiers.isEmpty()
                ? tiers(list, false).stream()
                        .map(tier -> new Tier(tier.aboveInputTokens(), own.over(tier.rates())))
                        .toList()
                : ownTiers;
        return new RateCard(own.over(RateMap.of(list.getRates(), false)), tiers);
    }

    private static List<Threshold> thresholds(RateMap rates) {
        List<Threshold> thresholds = new ArrayList<>();
        for (String field : rates.fields()) {
            if (RateFields.isThreshold(field)) {
                OptionalLong tokens = RateFields.thresholdTokens(field);
                if (tokens.isPresent()) {
                    thresholds.add(new Threshold(tokens.getAsLong(), RateFields.thresholdSuffix(field)));
                }
            }
        }
        thresholds.sort(
                Comparator.comparingLong(Threshold::aboveInputTokens).reversed().thenComparing(Threshold::suffix));
        return List.copyOf(thresholds);
    }

    private static List<Tier> tiers(PriceRevision revision, boolean negotiated) {
        return revision.getTiers().stream()
                .map(tier -> new Tier(tier.getAboveInputTokens(), RateMap.of(tier.getRates(), negotiated)))
                .sorted(Comparator.comparingLong(Tier::aboveInputTokens))
                .toList();
    }

    /**
     * The rates for a request.
     *
     * @param totalInputTokens all input tokens of the request, cached ones included: the size that brackets go by
     */
    public RateTable table(ServiceTier tier, long totalInputTokens) {
        int bracket = tiers.isEmpty() ? thresholdBracket(totalInputTokens) : tierBracket(totalInputTokens);
        @Nullable RateTable[] made = tables[tier.ordinal()];
        RateTable table = made[bracket];
        if (table == null) {
            table = tiers.isEmpty() ? thresholdTable(tier, bracket) : tierTable(tier, bracket);
            made[bracket] = table;
        }
        return table;
    }

    /**
     * The fee for one web search.
     *
     * @param contextSize low, medium or high; medium where it isn't known
     */
    public @Nullable UnitRate webSearch(@Nullable String contextSize) {
        if (contextSize != null) {
            UnitRate sized = plain(rates, RateFields.WEB_SEARCH + contextSize.toLowerCase(Locale.ROOT), false);
            if (sized != null) {
                return sized;
            }
        }
        return plain(rates, RateFields.WEB_SEARCH + "medium", contextSize != null);
    }

    /** False if nothing that a request says of itself multiplies its rates. */
    public boolean hasMultipliers() {
        return hasMultipliers;
    }

    /**
     * What the rates of tokens are multiplied by; those that apply stack.
     *
     * @param region where the request was processed: OpenAI's eu and us cost more
     * @param inferenceGeo geography that Anthropic reports
     * @param speed speed that Anthropic reports
     */
    public Multiplier multiplier(@Nullable String region, @Nullable String inferenceGeo, @Nullable String speed) {
        if (!hasMultipliers) {
            return Multiplier.NONE;
        }
        Multiplier multiplier = Multiplier.NONE;
        if (region != null) {
            multiplier = stacked(multiplier, RateFields.REGION_UPLIFT + region.toLowerCase(Locale.ROOT));
        }
        if (inferenceGeo != null && !inferenceGeo.equalsIgnoreCase(FAST_SPEED)) {
            multiplier = stacked(multiplier, RateFields.PROVIDER_SPECIFIC + inferenceGeo.toLowerCase(Locale.ROOT));
        }
        if (speed != null && speed.equalsIgnoreCase(FAST_SPEED)) {
            multiplier = stacked(multiplier, RateFields.FAST);
        }
        return multiplier;
    }

    private Multiplier stacked(Multiplier multiplier, String field) {
        BigDecimal factor = rates.get(field);
        return factor == null ? multiplier : multiplier.times(factor, field);
    }

    private int brackets() {
        return tiers.isEmpty() ? thresholds.size() + 1 : tiers.size();
    }

    /** 0 for the rates without a threshold, else 1 more than the threshold's place. */
    private int thresholdBracket(long totalInputTokens) {
        for (int i = 0; i < thresholds.size(); i++) {
            if (totalInputTokens > thresholds.get(i).aboveInputTokens()) {
                return i + 1;
            }
        }
        return 0;
    }

    /** The last tier whose lower bound is passed: above the last upper bound the last tier holds. */
    private int tierBracket(long totalInputTokens) {
        int bracket = 0;
        for (int i = 1; i < tiers.size(); i++) {
            if (totalInputTokens > tiers.get(i).aboveInputTokens()) {
                bracket = i;
            }
        }
        return bracket;
    }

    private RateTable thresholdTable(ServiceTier tier, int bracket) {
        String suffix = bracket == 0 ? null : thresholds.get(bracket - 1).suffix();
        Map<Meter, UnitRate> byMeter = new EnumMap<>(Meter.class);
        for (Meter meter : Meter.values()) {
            UnitRate rate = rate(rates, meter, tier, suffix);
            if (rate != null) {
                byMeter.put(meter, rate);
            }
        }
        return new RateTable(tier, suffix, byMeter);
    }

    private RateTable tierTable(ServiceTier tier, int bracket) {
        Map<Meter, UnitRate> byMeter = new EnumMap<>(Meter.class);
        for (Meter meter : Meter.values()) {
            UnitRate inTier = rate(tiers.get(bracket).rates(), meter, tier, null);
            UnitRate rate = inTier != null ? inTier : rate(rates, meter, tier, null);
            if (rate != null) {
                byMeter.put(meter, rate);
            }
        }
        return new RateTable(tier, "tiered_pricing[" + bracket + "]", byMeter);
    }

    private static @Nullable UnitRate rate(RateMap rates, Meter meter, ServiceTier tier, @Nullable String threshold) {
        return switch (meter) {
            case UNCACHED_INPUT,
                    CACHE_READ,
                    CACHE_WRITE_5M,
                    CACHE_WRITE_1H,
                    AUDIO_IN,
                    CACHE_READ_AUDIO,
                    IMAGE_IN,
                    VIDEO_IN,
                    OUTPUT_TEXT,
                    AUDIO_OUT,
                    IMAGE_OUT -> first(rates, RateFields.chain(meter), tier, threshold);
            case REASONING -> reasoning(rates, tier, threshold);
            case AUDIO_SECONDS -> seconds(rates, tier, threshold);
            case SEARCH_UNITS -> plain(rates, RateFields.QUERY, false);
            case GPU_SECONDS -> plain(rates, RateFields.GPU_SECOND, false);
            case WEB_SEARCH -> null;
        };
    }

    private static @Nullable UnitRate first(
            RateMap rates, List<String> chain, ServiceTier tier, @Nullable String threshold) {
        for (int i = 0; i < chain.size(); i++) {
            UnitRate rate = field(rates, chain.get(i), tier, threshold, i > 0);
            if (rate != null) {
                return rate;
            }
        }
        return null;
    }

    /**
     * Reasoning has a rate of its own, but only the standard one may be named: a tier that prices output and not
     * reasoning bills reasoning as output.
     */
    private static @Nullable UnitRate reasoning(RateMap rates, ServiceTier tier, @Nullable String threshold) {
        String own = tierField(RateFields.OUTPUT_REASONING, tier, threshold);
        String output = tierField(RateFields.OUTPUT, tier, threshold);
        if (own != null && output != null && !rates.contains(own) && rates.contains(output)) {
            return plain(rates, output, true);
        }
        return first(rates, RateFields.chain(Meter.REASONING), tier, threshold);
    }

    /**
     * Audio by the second is billed once, by its input or by its output. The price map writes 0 for the one that
     * isn't billed, so a 0 for the output is not a price here.
     */
    private static @Nullable UnitRate seconds(RateMap rates, ServiceTier tier, @Nullable String threshold) {
        UnitRate output = field(rates, RateFields.OUTPUT_SECOND, tier, threshold, true);
        if (output != null && output.price().signum() != 0) {
            return output;
        }
        UnitRate input = field(rates, RateFields.INPUT_SECOND, tier, threshold, false);
        return input != null ? input : output;
    }

    /** One field in a tier and above a threshold: the tier's, else the standard one above the threshold, else it. */
    private static @Nullable UnitRate field(
            RateMap rates, String field, ServiceTier tier, @Nullable String threshold, boolean fallBack) {
        String inTier = tierField(field, tier, threshold);
        if (inTier != null) {
            UnitRate own = plain(rates, inTier, fallBack);
            if (own != null) {
                return own;
            }
        }
        UnitRate standard = threshold == null ? null : plain(rates, field + "_" + threshold, fallBack);
        if (standard == null) {
            standard = plain(rates, field, fallBack);
        }
        return standard != null && tier == ServiceTier.BATCH ? standard.half() : standard;
    }

    /** Name of a tier's own rate; null where there is none: a batch above a threshold is half of the standard rate. */
    private static @Nullable String tierField(String field, ServiceTier tier, @Nullable String threshold) {
        return switch (tier) {
            case STANDARD -> null;
            case FLEX, PRIORITY -> (threshold == null ? field : field + "_" + threshold) + "_" + tier.wireName();
            case BATCH -> threshold == null ? field + "_batches" : null;
        };
    }

    private static @Nullable UnitRate plain(RateMap rates, String field, boolean fallBack) {
        BigDecimal rate = rates.get(field);
        return rate == null ? null : new UnitRate(rate, field, fallBack, false, rates.isNegotiated(field));
    }
}
