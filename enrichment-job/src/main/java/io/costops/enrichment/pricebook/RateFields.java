package io.costops.enrichment.pricebook;

import io.costops.schemas.value.Meter;
import java.util.List;
import java.util.OptionalLong;

/** The field names of a price, in the price map's spelling. */
final class RateFields {
    static final String INPUT = "input_cost_per_token";
    static final String INPUT_AUDIO = "input_cost_per_audio_token";
    static final String INPUT_IMAGE = "input_cost_per_image_token";
    static final String INPUT_VIDEO = "input_cost_per_video_token";
    static final String CACHE_READ = "cache_read_input_token_cost";
    static final String CACHE_READ_AUDIO = "cache_read_input_audio_token_cost";
    static final String CACHE_WRITE = "cache_creation_input_token_cost";
    static final String CACHE_WRITE_1H = "cache_creation_input_token_cost_above_1hr";
    static final String OUTPUT = "output_cost_per_token";
    static final String OUTPUT_REASONING = "output_cost_per_reasoning_token";
    static final String OUTPUT_AUDIO = "output_cost_per_audio_token";
    static final String OUTPUT_IMAGE = "output_cost_per_image_token";
    static final String INPUT_SECOND = "input_cost_per_second";
    static final String OUTPUT_SECOND = "output_cost_per_second";
    static final String QUERY = "input_cost_per_query";
    /** Of a model that one runs oneself; the price map has no such field. */
    static final String GPU_SECOND = "gpu_cost_per_second";

    static final String WEB_SEARCH = "search_context_cost_per_query.search_context_size_";
    static final String REGION_UPLIFT = "regional_processing_uplift_multiplier_";
    static final String PROVIDER_SPECIFIC = "provider_specific_entry.";
    static final String FAST = PROVIDER_SPECIFIC + "fast";

    private static final String THRESHOLD_START = INPUT + "_above_";
    private static final String THRESHOLD_END = "_tokens";

    private RateFields() {}

    /**
     * Fields that a meter is priced by, its own first: the fall-backs of the providers' price lists. Empty for the
     * meters that follow a rule of their own.
     */
    static List<String> chain(Meter meter) {
        return switch (meter) {
            case UNCACHED_INPUT -> List.of(INPUT);
            case CACHE_READ -> List.of(CACHE_READ, INPUT);
            case CACHE_WRITE_5M -> List.of(CACHE_WRITE, INPUT);
            case CACHE_WRITE_1H -> List.of(CACHE_WRITE_1H, CACHE_WRITE, INPUT);
            case AUDIO_IN -> List.of(INPUT_AUDIO, INPUT);
            case CACHE_READ_AUDIO -> List.of(CACHE_READ_AUDIO, CACHE_READ, INPUT_AUDIO, INPUT);
            case IMAGE_IN -> List.of(INPUT_IMAGE, INPUT);
            case VIDEO_IN -> List.of(INPUT_VIDEO, INPUT);
            case OUTPUT_TEXT -> List.of(OUTPUT);
            case REASONING -> List.of(OUTPUT_REASONING, OUTPUT);
            case AUDIO_OUT -> List.of(OUTPUT_AUDIO, OUTPUT);
            case IMAGE_OUT -> List.of(OUTPUT_IMAGE, OUTPUT);
            case WEB_SEARCH, AUDIO_SECONDS, SEARCH_UNITS, GPU_SECONDS -> List.of();
        };
    }

    /** True if a field opens a bracket for long requests, whether or not its size can be read. */
    static boolean isThreshold(String field) {
        return field.startsWith(THRESHOLD_START) && field.endsWith(THRESHOLD_END);
    }

    /** Suffix that the other fields of the bracket carry, such as above_200k_tokens. */
    static String thresholdSuffix(String field) {
        return field.substring(INPUT.length() + 1);
    }

    /** Number of input tokens above which a bracket holds; empty if its name can't be read. */
    static OptionalLong thresholdTokens(String field) {
        String size = field.substring(THRESHOLD_START.length(), field.length() - THRESHOLD_END.length());
        long unit = 1;
        if (size.endsWith("k")) {
            unit = 1_000;
        } else if (size.endsWith("m")) {
            unit = 1_000_000;
        }
        String digits = unit == 1 ? size : size.substring(0, size.length() - 1);
        if (digits.isEmpty() || digits.length() > 9 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(digits) * unit);
    }

    /** True for an amount of money; a multiplier is none, and neither is a number of Databricks' units. */
    static boolean isCost(String field) {
        return field.contains("cost") && !field.contains("_dbu_");
    }

    /** True for a factor that rates are multiplied by. */
    static boolean isMultiplier(String field) {
        return field.startsWith(REGION_UPLIFT) || field.startsWith(PROVIDER_SPECIFIC);
    }

    /** True for a rate of one token, which the unit-error bound holds for. */
    static boolean isPerToken(String field) {
        return isCost(field)
                && (field.contains("_per_token")
                        || field.contains("_per_audio_token")
                        || field.contains("_per_image_token")
                        || field.contains("_per_video_token")
                        || field.contains("_per_reasoning_token")
                        || field.contains("_token_cost"));
    }
}
