package io.costops.ingest.normalise;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Who made a payload and of which call it is; what an envelope names as its {@code source}. */
public enum SourceKind {
    OPENAI_CHAT("openai.chat"),
    OPENAI_CHAT_STREAM("openai.chat_stream"),
    OPENAI_RESPONSES("openai.responses"),
    OPENAI_RESPONSES_STREAM("openai.responses_stream"),
    OPENAI_EMBEDDINGS("openai.embeddings"),
    OPENAI_IMAGES("openai.images"),
    OPENAI_TRANSCRIPTION("openai.transcription"),
    OPENAI_REALTIME("openai.realtime"),
    OPENAI_BATCH_OUTPUT("openai.batch_output"),
    AZURE_CHAT("azure.chat", "azure.chat_stream"),
    AZURE_RESPONSES("azure.responses", "azure.responses_stream"),
    AZURE_EMBEDDINGS("azure.embeddings"),
    ANTHROPIC_MESSAGES("anthropic.messages", "anthropic"),
    ANTHROPIC_MESSAGES_STREAM("anthropic.messages_stream"),
    ANTHROPIC_BATCH_RESULT("anthropic.batch_result"),
    BEDROCK_CONVERSE("bedrock.converse", "bedrock.converse_stream"),
    BEDROCK_INVOKE_ANTHROPIC("bedrock.invoke_anthropic"),
    GEMINI_GENERATE("gemini.generate", "gemini"),
    GEMINI_GENERATE_STREAM("gemini.generate_stream"),
    VERTEX_GENERATE("vertex.generate"),
    VERTEX_GENERATE_STREAM("vertex.generate_stream"),
    VERTEX_ANTHROPIC("vertex.anthropic"),
    DEEPSEEK_CHAT("deepseek.chat", "deepseek"),
    XAI_CHAT("xai.chat", "xai"),
    COHERE_CHAT("cohere.chat", "cohere"),
    COHERE_EMBED("cohere.embed"),
    COHERE_RERANK("cohere.rerank"),
    MISTRAL_CHAT("mistral.chat", "mistral"),
    GROQ_CHAT("groq.chat", "groq"),
    GROQ_TRANSCRIPTION("groq.transcription"),
    OPENROUTER_CHAT("openrouter.chat", "openrouter"),
    TOGETHER_CHAT("together.chat", "together"),
    DASHSCOPE_CHAT("dashscope.chat", "dashscope"),
    PERPLEXITY_CHAT("perplexity.chat", "perplexity"),
    SELFHOSTED_CHAT("selfhosted.chat", "selfhosted"),
    LITELLM_SLP("litellm.slp", "litellm"),
    OTEL_GENAI("otel.genai", "otel"),
    LANGFUSE_INGESTION("langfuse.ingestion", "langfuse"),
    CLOUDEVENTS("cloudevents");

    private static final Map<String, SourceKind> BY_NAME = byName();

    private final String wireName;
    private final String alias;

    SourceKind(String wireName) {
        this(wireName, wireName);
    }

    SourceKind(String wireName, String alias) {
        this.wireName = wireName;
        this.alias = alias;
    }

    private static Map<String, SourceKind> byName() {
        Map<String, SourceKind> byName = new HashMap<>();
        for (SourceKind kind : values()) {
            byName.put(kind.wireName, kind);
            byName.put(kind.alias, kind);
        }
        return byName;
    }

    /** The kind with that name or alias, whatever its case. */
    public static Optional<SourceKind> named(String name) {
        SourceKind exact = BY_NAME.get(name);
        return Optional.ofNullable(exact != null ? exact : BY_NAME.get(name.toLowerCase(Locale.ROOT)));
    }

    public String wireName() {
        return wireName;
    }

    /** Who stands behind the payload: the part before the dot. */
    String family() {
        int dot = wireName.indexOf('.');
        return dot < 0 ? wireName : wireName.substring(0, dot);
    }

    @Override
    public String toString() {
        return wireName;
    }
}
