package io.costops.ingest.normalise;

import org.jspecify.annotations.Nullable;

/** Which parser reads which kind of payload. */
final class Parsers {
    private static final PayloadParser OPENAI_CHAT = ChatCompletions.of(Providers.OPENAI);
    private static final PayloadParser OPENAI_RESPONSES = new OpenAiResponses(Providers.OPENAI);
    private static final PayloadParser OPENAI_IMAGES = new OpenAiImages();
    private static final PayloadParser OPENAI_TRANSCRIPTION = new Transcription(Providers.OPENAI);
    private static final PayloadParser OPENAI_REALTIME = new OpenAiRealtime();
    private static final PayloadParser OPENAI_BATCH = new OpenAiBatchOutput(OPENAI_CHAT, OPENAI_RESPONSES);
    private static final PayloadParser AZURE_CHAT = ChatCompletions.of(Providers.AZURE);
    private static final PayloadParser AZURE_RESPONSES = new OpenAiResponses(Providers.AZURE);
    private static final AnthropicMessages ANTHROPIC = new AnthropicMessages(Providers.ANTHROPIC);
    private static final PayloadParser ANTHROPIC_BATCH = new AnthropicBatchResult(ANTHROPIC);
    private static final PayloadParser VERTEX_ANTHROPIC = new AnthropicMessages(Providers.VERTEX_AI);
    private static final PayloadParser BEDROCK_CONVERSE = new BedrockConverse();
    private static final PayloadParser BEDROCK_ANTHROPIC = new BedrockInvokeAnthropic();
    private static final PayloadParser GEMINI = new GeminiGenerate(Providers.GEMINI);
    private static final PayloadParser VERTEX = new GeminiGenerate(Providers.VERTEX_AI);
    private static final PayloadParser DEEPSEEK = new ChatCompletions(Providers.DEEPSEEK, ChatUsage.Dialect.DEEPSEEK);
    private static final PayloadParser XAI = new ChatCompletions(Providers.XAI, ChatUsage.Dialect.XAI);
    private static final PayloadParser COHERE = new CohereUsage();
    private static final PayloadParser MISTRAL = ChatCompletions.of(Providers.MISTRAL);
    private static final PayloadParser GROQ = ChatCompletions.of(Providers.GROQ);
    private static final PayloadParser GROQ_TRANSCRIPTION = new Transcription(Providers.GROQ);
    private static final PayloadParser OPENROUTER =
            new ChatCompletions(Providers.OPENROUTER, ChatUsage.Dialect.OPENROUTER);
    private static final PayloadParser TOGETHER =
            new ChatCompletions(Providers.TOGETHER_AI, ChatUsage.Dialect.TOGETHER);
    private static final PayloadParser DASHSCOPE = ChatCompletions.of(Providers.DASHSCOPE);
    private static final PayloadParser PERPLEXITY =
            new ChatCompletions(Providers.PERPLEXITY, ChatUsage.Dialect.PERPLEXITY);
    private static final PayloadParser SELFHOSTED =
            new ChatCompletions(Providers.SELFHOSTED, ChatUsage.Dialect.SELFHOSTED);
    private static final PayloadParser LITELLM = new LiteLlmCallback();
    private static final PayloadParser OTEL = new OtelSpans();
    private static final PayloadParser LANGFUSE = new LangfuseIngestion();

    private Parsers() {}

    /** The parser of a kind; null for the one kind that only wraps another, {@link CloudEvent}. */
    static @Nullable PayloadParser of(SourceKind kind) {
        return switch (kind) {
            case OPENAI_CHAT, OPENAI_CHAT_STREAM, OPENAI_EMBEDDINGS -> OPENAI_CHAT;
            case OPENAI_RESPONSES, OPENAI_RESPONSES_STREAM -> OPENAI_RESPONSES;
            case OPENAI_IMAGES -> OPENAI_IMAGES;
            case OPENAI_TRANSCRIPTION -> OPENAI_TRANSCRIPTION;
            case OPENAI_REALTIME -> OPENAI_REALTIME;
            case OPENAI_BATCH_OUTPUT -> OPENAI_BATCH;
            case AZURE_CHAT, AZURE_EMBEDDINGS -> AZURE_CHAT;
            case AZURE_RESPONSES -> AZURE_RESPONSES;
            case ANTHROPIC_MESSAGES, ANTHROPIC_MESSAGES_STREAM -> ANTHROPIC;
            case ANTHROPIC_BATCH_RESULT -> ANTHROPIC_BATCH;
            case BEDROCK_CONVERSE -> BEDROCK_CONVERSE;
            case BEDROCK_INVOKE_ANTHROPIC -> BEDROCK_ANTHROPIC;
            case GEMINI_GENERATE, GEMINI_GENERATE_STREAM -> GEMINI;
            case VERTEX_GENERATE, VERTEX_GENERATE_STREAM -> VERTEX;
            case VERTEX_ANTHROPIC -> VERTEX_ANTHROPIC;
            case DEEPSEEK_CHAT -> DEEPSEEK;
            case XAI_CHAT -> XAI;
            case COHERE_CHAT, COHERE_EMBED, COHERE_RERANK -> COHERE;
            case MISTRAL_CHAT -> MISTRAL;
            case GROQ_CHAT -> GROQ;
            case GROQ_TRANSCRIPTION -> GROQ_TRANSCRIPTION;
            case OPENROUTER_CHAT -> OPENROUTER;
            case TOGETHER_CHAT -> TOGETHER;
            case DASHSCOPE_CHAT -> DASHSCOPE;
            case PERPLEXITY_CHAT -> PERPLEXITY;
            case SELFHOSTED_CHAT -> SELFHOSTED;
            case LITELLM_SLP -> LITELLM;
            case OTEL_GENAI -> OTEL;
            case LANGFUSE_INGESTION -> LANGFUSE;
            case CLOUDEVENTS -> null;
        };
    }
}
