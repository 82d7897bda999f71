package io.costops.ingest.normalise;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Who issued a response's id, so that the same response has one name whatever a door calls its provider.
 *
 * <p>A client that speaks OpenAI's language to a gateway reports {@code openai}, the gateway's own callback the provider
 * behind it, and both the same id. Where the form of an id shows its maker, or that it is unique by itself, the form
 * decides; only other ids need the provider to keep them apart.
 */
final class ResponseIds {
    /** Unique by itself, whoever made it. */
    private static final String UNIQUE = "response";

    /** The Gemini API and Vertex AI issue ids of one kind, and tracers confuse the two. */
    private static final String GOOGLE = "google";

    /** Random letters and digits of OpenAI's and Anthropic's ids; both have more. */
    private static final int RANDOM_LENGTH = 20;

    private static final int UUID_LENGTH = 36;

    /** LiteLLM wraps the id of a stored response: {@code resp_} and base64 of {@code litellm:…;response_id:<id>}. */
    private static final String STORED = "resp_";

    private static final String STORED_BY_LITELLM = "resp_bGl0ZWxsbT";
    private static final String ORIGINAL_ID = ";response_id:";

    private ResponseIds() {}

    /**
     * The id as its issuer gave it.
     *
     * @param reported as a gateway or a tracer reports it
     */
    static String original(String reported) {
        if (!reported.startsWith(STORED_BY_LITELLM)) {
            return reported;
        }
        try {
            String text =
                    new String(Base64.getDecoder().decode(reported.substring(STORED.length())), StandardCharsets.UTF_8);
            int at = text.lastIndexOf(ORIGINAL_ID);
            String id = at < 0 ? "" : text.substring(at + ORIGINAL_ID.length());
            return id.isEmpty() ? reported : id;
        } catch (IllegalArgumentException notBase64) {
            return reported;
        }
    }

    /**
     * Who issued an id.
     *
     * @param provider what the door calls the provider, in the price map's spelling
     */
    static String issuer(String id, @Nullable String provider, String otherwise) {
        if (id.startsWith("msg_")) {
            String anthropic = anthropic(id);
            if (anthropic != null) {
                return anthropic;
            }
        }
        if (isOpenAi(id, "chatcmpl-") || isOpenAi(id, STORED)) {
            return Providers.OPENAI;
        }
        if (endsWithUuid(id)) {
            return UNIQUE;
        }
        if (provider == null) {
            return otherwise;
        }
        return provider.equals(Providers.GEMINI) || provider.equals(Providers.VERTEX_AI) ? GOOGLE : provider;
    }

    /** Anthropic's messages, wherever they were asked for; null if it is none. */
    private static @Nullable String anthropic(String id) {
        if (id.startsWith("bdrk_", "msg_".length())) {
            return Providers.BEDROCK;
        }
        if (id.startsWith("vrtx_", "msg_".length())) {
            return Providers.VERTEX_AI;
        }
        return isRandom(id, "msg_".length()) ? Providers.ANTHROPIC : null;
    }

    /** Azure's ids are of OpenAI's form, and a client of OpenAI's calls both of them openai. */
    private static boolean isOpenAi(String id, String prefix) {
        return id.startsWith(prefix) && isRandom(id, prefix.length());
    }

    private static boolean isRandom(String id, int from) {
        if (id.length() - from < RANDOM_LENGTH) {
            return false;
        }
        for (int i = from; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }

    /** A UUID, alone or behind a prefix such as {@code chatcmpl-}. */
    private static boolean endsWithUuid(String id) {
        int from = id.length() - UUID_LENGTH;
        if (from < 0) {
            return false;
        }
        for (int i = 0; i < UUID_LENGTH; i++) {
            char c = id.charAt(from + i);
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            if (dash ? c != '-' : !HexFormat.isHexDigit(c)) {
                return false;
            }
        }
        return true;
    }
}
