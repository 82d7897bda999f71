package io.costops.infra.demo;

import java.math.BigDecimal;

/**
 * The models that the demo's companies use. All but the two marked are in the built-in price map.
 *
 * <p>The rates are what LiteLLM believes that a call costs, from its own copy of the price map; the platform keeps that
 * amount beside its own and never uses it. They are in US dollars per million tokens: input, cache read, output.
 */
enum Model {
    GPT_5_4("openai", "gpt-5.4-2026-03-05", true, "2.5", "0.25", "15"),
    GPT_5_4_MINI("openai", "gpt-5.4-mini-2026-03-17", true, "0.75", "0.075", "4.5"),
    GPT_5_4_NANO("openai", "gpt-5.4-nano-2026-03-17", false, "0.2", "0.02", "1.25"),
    GPT_5_6_TERRA("openai", "gpt-5.6-terra", true, "2.5", "0.25", "15"),
    GPT_4_1_MINI("openai", "gpt-4.1-mini-2025-04-14", false, "0.4", "0.1", "1.6"),
    GPT_4O_SEARCH("openai", "gpt-4o-search-preview", false, "2.5", "1.25", "10"),
    O4_MINI("openai", "o4-mini-2025-04-16", true, "1.1", "0.275", "4.4"),
    /** Not in the price map: announced, used, and without a public price. */
    GPT_NEXT("openai", "gpt-next-preview", true, "0", "0", "0"),
    CLAUDE_SONNET_5("anthropic", "claude-sonnet-5", true, "2", "0.2", "10"),
    CLAUDE_SONNET_4_5("anthropic", "claude-sonnet-4-5-20250929", false, "3", "0.3", "15"),
    CLAUDE_OPUS_4_8("anthropic", "claude-opus-4-8", true, "5", "0.5", "25"),
    CLAUDE_HAIKU_4_5("anthropic", "claude-haiku-4-5-20251001", false, "1", "0.1", "5"),
    GEMINI_FLASH("gemini", "gemini/gemini-2.5-flash", true, "0.3", "0.03", "2.5"),
    GEMINI_PRO("gemini", "gemini/gemini-2.5-pro", true, "1.25", "0.125", "10"),
    MISTRAL_SMALL("mistral", "mistral/mistral-small-latest", false, "0.06", "0.06", "0.18"),
    AZURE_GPT_4_1("azure", "gpt-4.1", false, "2", "0.5", "8"),
    BEDROCK_HAIKU("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", false, "1.1", "0.11", "5.5"),
    DEEPSEEK_CHAT("deepseek", "deepseek/deepseek-chat", false, "0.28", "0.028", "0.42"),
    /** Not in the price map: the company runs it itself. */
    OWN_SUPPORT_8B("hosted_vllm", "hosted_vllm/borealis-support-8b", false, "0", "0", "0");

    private static final int MILLION_DIGITS = 6;

    private final String provider;
    private final String reportedName;
    private final boolean reasons;
    private final BigDecimal input;
    private final BigDecimal cacheRead;
    private final BigDecimal output;

    Model(String provider, String reportedName, boolean reasons, String input, String cacheRead, String output) {
        this.provider = provider;
        this.reportedName = reportedName;
        this.reasons = reasons;
        this.input = perToken(input);
        this.cacheRead = perToken(cacheRead);
        this.output = perToken(output);
    }

    /** In LiteLLM's spelling. */
    String provider() {
        return provider;
    }

    /** As the response names it. */
    String reportedName() {
        return reportedName;
    }

    boolean reasons() {
        return reasons;
    }

    /** False for a model whose usage stays unpriced with the built-in prices. */
    boolean hasPublicPrice() {
        return this != GPT_NEXT && this != OWN_SUPPORT_8B;
    }

    /** What LiteLLM would report; 0 for a model that it doesn't know, which is what LiteLLM reports then. */
    BigDecimal reportedCost(Units units) {
        return input.multiply(BigDecimal.valueOf(units.uncachedInput() + units.cacheWrite5m() + units.cacheWrite1h()))
                .add(cacheRead.multiply(BigDecimal.valueOf(units.cacheRead())))
                .add(output.multiply(BigDecimal.valueOf(units.output())))
                .stripTrailingZeros();
    }

    private static BigDecimal perToken(String perMillion) {
        return new BigDecimal(perMillion).movePointLeft(MILLION_DIGITS);
    }
}
