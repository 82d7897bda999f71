package io.costops.enrichment.pricing;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rate rules a second time, as plainly as they can be written down: no tables, no caches, nothing shared with the
 * code that they check.
 */
final class PlainPricer {
    private static final BigDecimal HALF = new BigDecimal("0.5");
    private static final String[] THRESHOLDS = {"512k", "272k", "256k", "200k", "128k"};

    private final PriceRevision price;
    private final String tier;
    private final long totalInput;
    private final Map<String, BigDecimal> rates;
    private final boolean tiered;
    private final String threshold;

    PlainPricer(PriceRevision price, String tier, long totalInput) {
        this.price = price;
        this.tier = tier;
        this.totalInput = totalInput;
        this.tiered = !price.getTiers().isEmpty();
        this.rates = tiered ? tierRates() : price.getRates();
        this.threshold = tiered ? "" : threshold();
    }

    private Map<String, BigDecimal> tierRates() {
        List<PriceTier> tiers = price.getTiers();
        for (PriceTier one : tiers) {
            Long upTo = one.getUpToInputTokens();
            if (upTo == null || totalInput <= upTo) {
                return one.getRates();
            }
        }
        return tiers.get(tiers.size() - 1).getRates();
    }

    private String threshold() {
        for (String size : THRESHOLDS) {
            long tokens = Long.parseLong(size.replace("k", "000"));
            if (totalInput > tokens && rates.containsKey("input_cost_per_token_above_" + size + "_tokens")) {
                return "_above_" + size + "_tokens";
            }
        }
        return "";
    }

    /** Null: no rate. */
    @Nullable
    BigDecimal rate(Meter meter) {
        return switch (meter) {
            case UNCACHED_INPUT -> any("input_cost_per_token");
            case CACHE_READ -> any("cache_read_input_token_cost", "input_cost_per_token");
            case CACHE_WRITE_5M -> any("cache_creation_input_token_cost", "input_cost_per_token");
            case CACHE_WRITE_1H ->
                any(
                        "cache_creation_input_token_cost_above_1hr",
                        "cache_creation_input_token_cost",
                        "input_cost_per_token");
            case AUDIO_IN -> any("input_cost_per_audio_token", "input_cost_per_token");
            case CACHE_READ_AUDIO ->
                any(
                        "cache_read_input_audio_token_cost",
                        "cache_read_input_token_cost",
                        "input_cost_per_audio_token",
                        "input_cost_per_token");
            case IMAGE_IN -> any("input_cost_per_image_token", "input_cost_per_token");
            case VIDEO_IN -> any("input_cost_per_video_token", "input_cost_per_token");
            case OUTPUT_TEXT -> any("output_cost_per_token");
            case REASONING ->
                tierHas("output_cost_per_token") && !tierHas("output_cost_per_reasoning_token")
                        ? any("output_cost_per_token")
                        : any("output_cost_per_reasoning_token", "output_cost_per_token");
            case AUDIO_OUT -> any("output_cost_per_audio_token", "output_cost_per_token");
            case IMAGE_OUT -> any("output_cost_per_image_token", "output_cost_per_token");
            case WEB_SEARCH -> price.getRates().get("search_context_cost_per_query.search_context_size_medium");
            case AUDIO_SECONDS, SEARCH_UNITS, GPU_SECONDS ->
                throw new IllegalArgumentException("not drawn here: " + meter);
        };
    }

    private boolean tierHas(String field) {
        return switch (tier) {
            case "flex", "priority" -> rates.containsKey(field + threshold + "_" + tier);
            case "batch" -> threshold.isEmpty() && rates.containsKey(field + "_batches");
            default -> false;
        };
    }

    private @Nullable BigDecimal any(String... fields) {
        for (String field : fields) {
            BigDecimal rate = one(field);
            if (rate != null) {
                return rate;
            }
        }
        return null;
    }

    private @Nullable BigDecimal one(String field) {
        BigDecimal standard = rates.getOrDefault(field + threshold, rates.get(field));
        return switch (tier) {
            case "flex", "priority" -> rates.getOrDefault(field + threshold + "_" + tier, standard);
            case "batch" -> {
                BigDecimal half = standard == null ? null : standard.multiply(HALF);
                yield threshold.isEmpty() ? rates.getOrDefault(field + "_batches", half) : half;
            }
            default -> standard;
        };
    }
}
