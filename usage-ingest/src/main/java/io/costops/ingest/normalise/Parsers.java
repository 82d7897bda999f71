package io.costops.ingest.normalise;

/** Which parser reads which kind of payload. */
final class Parsers {
    private static final PayloadParser OPENAI_CHAT = ChatCompletions.of(Providers.OPENAI);
    private static final PayloadParser ANTHROPIC = new AnthropicMessages(Providers.ANTHROPIC);
    private static final PayloadParser LITELLM = new LiteLlmCallback();

    private Parsers() {}

    /** The parser of a kind, or null for a kind that is named in the contract and not read yet. */
    static @org.jspecify.annotations.Nullable PayloadParser of(SourceKind kind) {
        return switch (kind) {
            case OPENAI_CHAT, OPENAI_CHAT_STREAM -> OPENAI_CHAT;
            case ANTHROPIC_MESSAGES, ANTHROPIC_MESSAGES_STREAM -> ANTHROPIC;
            case LITELLM_SLP -> LITELLM;
            default -> null;
        };
    }
}
