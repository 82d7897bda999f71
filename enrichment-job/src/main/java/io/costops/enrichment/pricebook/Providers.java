package io.costops.enrichment.pricebook;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The providers' names in the price map, where one provider's prices go by several names. */
final class Providers {
    static final String OPENAI = "openai";
    static final String AZURE = "azure";
    static final String ANTHROPIC = "anthropic";
    static final String BEDROCK = "bedrock";
    static final String VERTEX = "vertex_ai";
    static final String GEMINI = "gemini";
    static final String OPENROUTER = "openrouter";
    static final String COHERE = "cohere";

    private Providers() {}

    /** The one name of a provider: the first part of its keys. */
    static @Nullable String family(@Nullable String provider) {
        if (provider == null || provider.isBlank()) {
            return null;
        }
        String name = provider.toLowerCase(Locale.ROOT);
        if (name.startsWith(VERTEX)) {
            return VERTEX;
        }
        if (name.startsWith(BEDROCK)) {
            return BEDROCK;
        }
        return switch (name) {
            case "cohere_chat" -> COHERE;
            case "text-completion-openai" -> OPENAI;
            default -> name;
        };
    }

    /** Whether a price of {@code priced} may price usage of {@code used}; an unknown one fits any. */
    static boolean fits(@Nullable String used, @Nullable String priced) {
        String usedFamily = family(used);
        String pricedFamily = family(priced);
        return usedFamily == null || pricedFamily == null || usedFamily.equals(pricedFamily);
    }
}
