package io.costops.ingest.normalise;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One spelling for each provider, the price map's: what gateways and OpenTelemetry call it otherwise is mapped to it, so
 * that a response that comes through two doors is one charge.
 */
final class Providers {
    static final String OPENAI = "openai";
    static final String ANTHROPIC = "anthropic";
    static final String AZURE = "azure";
    static final String BEDROCK = "bedrock";
    static final String VERTEX_AI = "vertex_ai";
    static final String GEMINI = "gemini";
    static final String XAI = "xai";
    static final String GROQ = "groq";
    static final String DEEPSEEK = "deepseek";
    static final String MISTRAL = "mistral";
    static final String COHERE = "cohere";
    static final String DASHSCOPE = "dashscope";
    static final String TOGETHER_AI = "together_ai";
    static final String PERPLEXITY = "perplexity";
    static final String OPENROUTER = "openrouter";
    /** A model that one runs oneself. */
    static final String SELFHOSTED = "selfhosted";

    /**
     * Names in use elsewhere: OpenTelemetry's gen_ai.provider.name and older gen_ai.system, LiteLLM's
     * custom_llm_provider.
     */
    private static final Map<String, String> ALIASES = Map.ofEntries(
            Map.entry("text-completion-openai", OPENAI),
            Map.entry("azure.ai.openai", AZURE),
            Map.entry("az.ai.openai", AZURE),
            Map.entry("azure_openai", AZURE),
            Map.entry("azure_text", AZURE),
            Map.entry("azure.ai.inference", "azure_ai"),
            Map.entry("az.ai.inference", "azure_ai"),
            Map.entry("aws.bedrock", BEDROCK),
            Map.entry("aws_bedrock", BEDROCK),
            Map.entry("aws", BEDROCK),
            Map.entry("bedrock_converse", BEDROCK),
            Map.entry("gcp.gemini", GEMINI),
            Map.entry("gcp.gen_ai", GEMINI),
            Map.entry("google", GEMINI),
            Map.entry("google_ai_studio", GEMINI),
            Map.entry("google_genai", GEMINI),
            Map.entry("google_generativeai", GEMINI),
            Map.entry("gcp.vertex_ai", VERTEX_AI),
            Map.entry("vertexai", VERTEX_AI),
            Map.entry("vertex", VERTEX_AI),
            Map.entry("vertex_ai_beta", VERTEX_AI),
            Map.entry("google_vertexai", VERTEX_AI),
            Map.entry("x_ai", XAI),
            Map.entry("x.ai", XAI),
            Map.entry("mistral_ai", MISTRAL),
            Map.entry("mistralai", MISTRAL),
            Map.entry("cohere_chat", COHERE),
            Map.entry("togetherai", TOGETHER_AI),
            Map.entry("together", TOGETHER_AI),
            Map.entry("moonshot_ai", "moonshot"),
            Map.entry("ibm.watsonx.ai", "watsonx"),
            Map.entry("perplexity_ai", PERPLEXITY),
            Map.entry("alibaba", DASHSCOPE),
            Map.entry("qwen", DASHSCOPE));

    /**
     * Names that a tracer gives by the client in use rather than by who answers: many providers are reached with OpenAI's
     * client, and Anthropic's and Google's clients reach two or three services each.
     */
    private static final Set<String> OF_CLIENTS = Set.of(OPENAI, ANTHROPIC, GEMINI, VERTEX_AI);

    /** Who answers at an address, by the end of its name. */
    private static final Map<String, String> ADDRESSES = Map.ofEntries(
            Map.entry("api.openai.com", OPENAI),
            Map.entry("openai.azure.com", AZURE),
            Map.entry("cognitiveservices.azure.com", AZURE),
            Map.entry("api.anthropic.com", ANTHROPIC),
            Map.entry("aiplatform.googleapis.com", VERTEX_AI),
            Map.entry("generativelanguage.googleapis.com", GEMINI),
            Map.entry("api.x.ai", XAI),
            Map.entry("api.groq.com", GROQ),
            Map.entry("api.deepseek.com", DEEPSEEK),
            Map.entry("api.mistral.ai", MISTRAL),
            Map.entry("api.cohere.com", COHERE),
            Map.entry("api.cohere.ai", COHERE),
            Map.entry("dashscope.aliyuncs.com", DASHSCOPE),
            Map.entry("dashscope-intl.aliyuncs.com", DASHSCOPE),
            Map.entry("api.together.xyz", TOGETHER_AI),
            Map.entry("api.perplexity.ai", PERPLEXITY),
            Map.entry("openrouter.ai", OPENROUTER));

    private Providers() {}

    /**
     * Who was called: OpenTelemetry's conventions name the provider as the client sees it and point to server.address for
     * who it really is (gen_ai.provider.name, note 1).
     *
     * @param named the canonical name that the tracer gives
     */
    static @Nullable String called(@Nullable String named, @Nullable String address) {
        if (address == null || (named != null && !OF_CLIENTS.contains(named))) {
            return named;
        }
        String host = address.toLowerCase(Locale.ROOT);
        if (host.startsWith("bedrock-runtime") && host.endsWith(".amazonaws.com")) {
            return BEDROCK;
        }
        if (host.endsWith("-aiplatform.googleapis.com")) {
            return VERTEX_AI;
        }
        for (int from = 0; from >= 0; ) {
            String found = ADDRESSES.get(host.substring(from));
            if (found != null) {
                return found;
            }
            int dot = host.indexOf('.', from);
            from = dot < 0 ? -1 : dot + 1;
        }
        return named;
    }

    /** The price map's name of a provider; a name that nobody mapped stays, in lower case. */
    static @Nullable String canonical(@Nullable String name) {
        if (name == null || name.isBlank()) {
            return null;
        }
        String lower = name.strip().toLowerCase(Locale.ROOT);
        return ALIASES.getOrDefault(lower, lower);
    }
}
