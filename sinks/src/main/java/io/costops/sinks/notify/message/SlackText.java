package io.costops.sinks.notify.message;

import java.util.regex.Pattern;

/**
 * Text of others inside Slack's markup.
 *
 * <p>Slack reads {@code <...>} as mentions and links; it asks that &amp;, &lt; and &gt; be written as entities
 * (https://docs.slack.dev/messaging/formatting-message-text).
 */
final class SlackText {
    private static final Pattern BROADCAST =
            Pattern.compile("@(?=(?:channel|here|everyone)\\b)", Pattern.CASE_INSENSITIVE);

    /** Looks like a back-tick and opens no code. */
    private static final String GRAVE = "ˋ";

    /** Stands between characters without being seen. */
    private static final String JOINER = "\u2060";

    private SlackText() {}

    /** Escaped, at most so many characters, no entity and no character cut in two. */
    static String markup(String text, int most) {
        return escaped(BROADCAST.matcher(text.replace("`", GRAVE)).replaceAll("@" + JOINER), most);
    }

    /** For the inside of a code block: only what would end the block is changed. */
    static String code(String text, int most) {
        return escaped(text.replace("```", "``" + JOINER + "`"), most);
    }

    private static String escaped(String text, int most) {
        StringBuilder escaped = new StringBuilder(Math.min(text.length() + 16, most));
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            String next = switch (c) {
                case '&' -> "&amp;";
                case '<' -> "&lt;";
                case '>' -> "&gt;";
                default -> Character.toString(c);
            };
            boolean last = i == text.length();
            if (escaped.length() + next.length() + (last ? 0 : 1) > most) {
                return escaped.append('…').toString();
            }
            escaped.append(next);
        }
        return escaped.toString();
    }
}
