package io.costops.sinks.notify.message;

/** Texts of others, made fit to stand in ours. */
public final class PlainText {
    private PlainText() {}

    /**
     * One line without control characters and without those that turn the direction of what follows, cut to so many
     * UTF-16 units.
     */
    public static String line(String text, int most) {
        return cut(clean(text, false).strip(), most);
    }

    /** The same, but line breaks stay. */
    static String lines(String text, int most) {
        return cut(clean(text, true).strip(), most);
    }

    /** Never cuts a character in two. */
    static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = most - 1;
        if (Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end) + "…";
    }

    private static String clean(String text, boolean keepBreaks) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\n' && keepBreaks) {
                clean.append('\n');
            } else if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                clean.append(' ');
            } else if (!turnsDirection(c) && Character.getType(c) != Character.SURROGATE) {
                clean.appendCodePoint(c);
            }
        });
        return clean.toString();
    }

    /** Unicode's embeddings, overrides and isolates: they would let a name rewrite the line that it stands in. */
    private static boolean turnsDirection(int c) {
        return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
    }
}
