package io.costops.ingest.http;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the elements of a body begin and end.
 *
 * <p>They are found by brackets and quotes alone, without parsing, so that one broken, too deep or too large element
 * does not take the others with it; each is parsed strictly afterwards. Every byte is looked at once, and depth is a
 * counter, so that no input can make this slow or deep.
 */
sealed interface Elements {

    /**
     * One element.
     *
     * @param line of the body on which it stands, from 1; 0 where the elements are not lines
     */
    record Slice(int from, int to, int line) {
        int length() {
            return to - from;
        }
    }

    record Found(List<Slice> slices) implements Elements {}

    /** Not even the bounds of the elements can be told. */
    record Broken(String message) implements Elements {}

    record TooMany(int limit) implements Elements {}

    /** The elements of an array, of lines, or the one object that the body is. */
    static Elements of(byte[] body, int length, int limit) {
        int from = skipSpace(body, startOfText(body, length), length);
        if (from == length) {
            return new Broken("the body is empty: send an envelope, an array of them, or one on each line");
        }
        if (body[from] == '[') {
            return array(body, from, length, limit);
        }
        int end = endOfValue(body, from, length);
        if (end >= 0 && skipSpace(body, end, length) == length) {
            return new Found(List.of(new Slice(from, end, 0)));
        }
        return lines(body, from, length, limit);
    }

    private static Elements array(byte[] body, int from, int length, int limit) {
        List<Slice> slices = new ArrayList<>();
        int at = skipSpace(body, from + 1, length);
        if (at < length && body[at] == ']') {
            return endOfArray(body, at, length, slices);
        }
        while (at < length) {
            int end = endOfElement(body, at, length);
            if (end == length) {
                break;
            }
            if (slices.size() == limit) {
                return new TooMany(limit);
            }
            slices.add(trimmed(body, at, end, 0));
            if (body[end] == ']') {
                return endOfArray(body, end, length, slices);
            }
            at = skipSpace(body, end + 1, length);
        }
        return new Broken("the array has no end: the body is cut short, or a quote or bracket is missing in element "
                + slices.size());
    }

    private static Elements endOfArray(byte[] body, int at, int length, List<Slice> slices) {
        return skipSpace(body, at + 1, length) == length
                ? new Found(slices)
                : new Broken("there is text after the array's end (byte " + (at + 1) + "): send one array");
    }

    private static Elements lines(byte[] body, int from, int length, int limit) {
        List<Slice> slices = new ArrayList<>();
        int line = 1;
        for (int i = 0; i < from; i++) {
            line += body[i] == '\n' ? 1 : 0;
        }
        int start = from;
        for (int i = from; i <= length; i++) {
            if (i == length || body[i] == '\n') {
                Slice slice = trimmed(body, start, i, line);
                if (slice.length() > 0) {
                    if (slices.size() == limit) {
                        return new TooMany(limit);
                    }
                    slices.add(slice);
                }
                start = i + 1;
                line++;
            }
        }
        return new Found(slices);
    }

    /** The comma or bracket that ends an array's element; {@code length} if nothing does. */
    private static int endOfElement(byte[] body, int from, int length) {
        int depth = 0;
        for (int i = from; i < length; i++) {
            switch (body[i]) {
                case '"' -> i = endOfString(body, i, length);
                case '{', '[' -> depth++;
                case '}' -> depth--;
                case ']' -> {
                    if (depth <= 0) {
                        return i;
                    }
                    depth--;
                }
                case ',' -> {
                    if (depth <= 0) {
                        return i;
                    }
                }
                default -> {}
            }
        }
        return length;
    }

    /** One past the closing bracket of the object that begins here; -1 if there is none. */
    private static int endOfValue(byte[] body, int from, int length) {
        int depth = 0;
        for (int i = from; i < length; i++) {
            switch (body[i]) {
                case '"' -> i = endOfString(body, i, length);
                case '{', '[' -> depth++;
                case '}', ']' -> {
                    depth--;
                    if (depth <= 0) {
                        return i + 1;
                    }
                }
                default -> {}
            }
        }
        return -1;
    }

    /** The closing quote; {@code length} if there is none. */
    private static int endOfString(byte[] body, int quote, int length) {
        for (int i = quote + 1; i < length; i++) {
            if (body[i] == '\\') {
                i++;
            } else if (body[i] == '"') {
                return i;
            }
        }
        return length;
    }

    private static Slice trimmed(byte[] body, int from, int to, int line) {
        int start = skipSpace(body, from, to);
        int end = to;
        while (end > start && isSpace(body[end - 1])) {
            end--;
        }
        return new Slice(start, end, line);
    }

    private static int skipSpace(byte[] body, int from, int length) {
        int at = from;
        while (at < length && isSpace(body[at])) {
            at++;
        }
        return at;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    /** Behind a byte order mark, which some Windows tools write. */
    private static int startOfText(byte[] body, int length) {
        boolean mark = length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF;
        return mark ? 3 : 0;
    }
}
