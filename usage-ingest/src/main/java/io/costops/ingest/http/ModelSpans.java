package io.costops.ingest.http;

import java.util.List;

/**
 * Tells from a span's attributes alone that no model's usage can be in it, so that a database call costs nothing here.
 *
 * <p>Whether a span that passes is billed is for the parser of {@code otel.genai} to say: it knows the containers, whose
 * usage is the sum of their children's.
 */
final class ModelSpans {
    private static final List<String> PREFIXES = List.of("gen_ai.", "llm.", "ai.", "traceloop.", "openinference.");

    private ModelSpans() {}

    static boolean mayTell(String attribute) {
        return PREFIXES.stream().anyMatch(attribute::startsWith);
    }
}
