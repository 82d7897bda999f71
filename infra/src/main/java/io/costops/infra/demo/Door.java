package io.costops.infra.demo;

/** Who reports a call, and so the format of the payload. */
enum Door {
    OPENAI("openai.chat"),
    ANTHROPIC("anthropic.messages"),
    LITELLM("litellm.slp");

    private final String source;

    Door(String source) {
        this.source = source;
    }

    /** The envelope's source. */
    String source() {
        return source;
    }
}
