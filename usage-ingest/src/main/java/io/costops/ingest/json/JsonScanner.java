package io.costops.ingest.json;

import io.costops.ingest.json.JsonReading.Defect;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One JSON text (RFC 8259, nothing beside it) being read into a tree; for one use.
 *
 * <p>Written by hand since a general parser's tokens take most of the time that a record has: here a name is found in a table
 * without being decoded, content is stepped over eight bytes at a time, and nothing is made that isn't kept.
 */
final class JsonScanner {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = '"' * ONES;
    private static final long BACKSLASHES = '\\' * ONES;
    private static final long SPACES = ' ' * ONES;

    /** Longest number: far more digits than any amount has. */
    private static final int MAX_NUMBER_LENGTH = 100;

    /** Digits that fit a long whatever they are. */
    private static final int SAFE_DIGITS = 18;

    /** A double's decimal exponent, the range that JSON numbers are agreed on (RFC 8259, section 6). */
    private static final int MAX_EXPONENT = 308;

    /** The first indexes as text: most arrays are short. */
    private static final String[] INDEXES =
            IntStream.range(0, 64).mapToObj(Integer::toString).toArray(String[]::new);

    private final byte[] bytes;
    private final JsonNames names;
    private final int maxDepth;
    private int at;
    private int depth;
    private boolean ascii;
    private JsonReading.@Nullable Unreadable defect;

    /** Ends the reading; has no stack, since anyone may send broken JSON as fast as they like. */
    @SuppressWarnings("serial") // thrown and caught here
    private static final class Broken extends Exception {
        private final Defect defect;
        private final String why;

        Broken(Defect defect, String why) {
            super(why, null, false, false);
            this.defect = defect;
            this.why = why;
        }
    }

    /**
     * @param bytes well-formed UTF-8
     */
    JsonScanner(byte[] bytes, JsonNames names, int maxDepth) {
        this.bytes = bytes;
        this.names = names;
        this.maxDepth = maxDepth;
    }

    /**
     * Reads the text.
     *
     * @param path what to call the outermost value
     * @param payload true if content is stepped over from the outermost value on, false if only below its payload
     */
    JsonReading read(String path, boolean payload) {
        try {
            if (next() < 0) {
                return new JsonReading.Unreadable(Defect.MALFORMED, path, "the value is empty: send one JSON object");
            }
            Json json = value(null, path, payload);
            if (next() >= 0) {
                return defect != null
                        ? defect
                        : new JsonReading.Unreadable(
                                Defect.MALFORMED, path, "something follows the JSON value: send one value a record");
            }
            return defect != null ? defect : new JsonReading.Value(json);
        } catch (Broken broken) {
            return new JsonReading.Unreadable(broken.defect, path, broken.why);
        }
    }

    private Json value(@Nullable JsonContainer parent, String step, boolean payload) throws Broken {
        return switch (next()) {
            case '{' -> object(parent, step, payload);
            case '[' -> array(parent, step, payload);
            case '"' -> {
                at++;
                yield textValue();
            }
            case 't' -> literal("true", Json.Bool.TRUE);
            case 'f' -> literal("false", Json.Bool.FALSE);
            case 'n' -> literal("null", Json.Null.NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number(parent, step);
            default -> throw unexpected("a value");
        };
    }

    private JsonObject object(@Nullable JsonContainer parent, String step, boolean payload) throws Broken {
        JsonObject object = new JsonObject(parent, step);
        descend();
        if (next() == '}') {
            ascend();
            return object;
        }
        while (true) {
            JsonNames.Name name = name();
            int first = next();
            if (payload && name.isContent() && (first == '"' || first == '{' || first == '[')) {
                skip();
            } else {
                member(object, name, payload || (parent == null && name.isPayload()));
            }
            if (next() != ',') {
                break;
            }
            at++;
        }
        expect('}');
        depth--;
        return object;
    }

    private void member(JsonObject object, JsonNames.Name name, boolean payload) throws Broken {
        Json value = value(object, name.text(), payload);
        if (!object.add(name.text(), value) && defect == null) {
            String path = object.path(name.text());
            defect = new JsonReading.Unreadable(Defect.MALFORMED, path, path + " stands twice: send it once");
        }
    }

    private JsonArray array(@Nullable JsonContainer parent, String step, boolean payload) throws Broken {
        JsonArray array = new JsonArray(parent, step);
        descend();
        if (next() == ']') {
            ascend();
            return array;
        }
        while (true) {
            int index = array.size();
            array.add(value(array, index < INDEXES.length ? INDEXES[index] : Integer.toString(index), payload));
            if (next() != ',') {
                break;
            }
            at++;
        }
        expect(']');
        depth--;
        return array;
    }

    /** Steps over a value: as strict as reading it, but for names that stand twice. */
    private void skip() throws Broken {
        switch (next()) {
            case '{' -> {
                descend();
                if (next() == '}') {
                    ascend();
                    return;
                }
                do {
                    expect('"');
                    skipText();
                    expect(':');
                    skip();
                } while (isComma());
                expect('}');
                depth--;
            }
            case '[' -> {
                descend();
                if (next() == ']') {
                    ascend();
                    return;
                }
                do {
                    skip();
                } while (isComma());
                expect(']');
                depth--;
            }
            case '"' -> {
                at++;
                skipText();
            }
            default -> value(null, "", true);
        }
    }

    private boolean isComma() {
        if (next() != ',') {
            return false;
        }
        at++;
        return true;
    }

    private void descend() throws Broken {
        at++;
        if (++depth > maxDepth) {
            throw new Broken(Defect.TOO_DEEP, "the JSON is nested deeper than " + maxDepth + " levels");
        }
    }

    private void ascend() {
        at++;
        depth--;
    }

    /** A member's name and the colon behind it. */
    private JsonNames.Name name() throws Broken {
        expect('"');
        int from = at;
        int end = endOfPlain();
        JsonNames.Name name;
        if (bytes[end] == '"') {
            at = end + 1;
            name = ascii
                    ? names.find(bytes, from, end)
                    : names.uncommon(new String(bytes, from, end - from, StandardCharsets.UTF_8));
        } else {
            name = names.uncommon(unescaped(from, end));
        }
        expect(':');
        return name;
    }

    /** The string whose quote was just passed. */
    private Json.Text textValue() throws Broken {
        int from = at;
        int end = endOfPlain();
        if (bytes[end] != '"') {
            return new Json.Text(unescaped(from, end));
        }
        at = end + 1;
        return new Json.Text(bytes, from, end - from, ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    }

    /** The rest of a string from its first escape on, and what stands before. */
    private String unescaped(int begin, int escape) throws Broken {
        int from = begin;
        int end = escape;
        StringBuilder text = new StringBuilder(2 * (end - from) + 16);
        while (bytes[end] != '"') {
            text.append(new String(bytes, from, end - from, StandardCharsets.UTF_8));
            at = end + 1;
            text.append(escaped());
            from = at;
            end = endOfPlain();
        }
        at = end + 1;
        return text.append(new String(bytes, from, end - from, StandardCharsets.UTF_8))
                .toString();
    }

    private void skipText() throws Broken {
        int end = endOfPlain();
        while (bytes[end] != '"') {
            at = end + 1;
            char ignored = escaped();
            end = endOfPlain();
        }
        at = end + 1;
    }

    /** The next quote or backslash; remembers whether all before it is ASCII. */
    private int endOfPlain() throws Broken {
        int i = at;
        long seen = 0;
        while (i <= bytes.length - Long.BYTES) {
            long word = (long) LONGS.get(bytes, i);
            long found =
                    zeroBytes(word ^ QUOTES) | zeroBytes(word ^ BACKSLASHES) | ((word - SPACES) & ~word & HIGH_BITS);
            if (found != 0) {
                // The lowest one is what it seems; whether anything above it is does not matter.
                int plain = Long.numberOfTrailingZeros(found) >>> 3;
                seen |= word & ((1L << (plain * Byte.SIZE)) - 1);
                i += plain;
                break;
            }
            seen |= word;
            i += Long.BYTES;
        }
        for (; i < bytes.length; i++) {
            byte b = bytes[i];
            if (b == '"' || b == '\\') {
                ascii = (seen & HIGH_BITS) == 0;
                return i;
            }
            if (b >= 0 && b < ' ') {
                at = i;
                throw malformed("a control character stands in a string: write it as an escape");
            }
            seen |= b;
        }
        at = bytes.length;
        throw malformed("a string has no end");
    }

    /** High bits of the bytes that are 0; above the first of them there may be more. */
    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGH_BITS;
    }

    /** What stands behind a backslash. */
    private char escaped() throws Broken {
        int kind = at < bytes.length ? bytes[at] : -1;
        at++;
        return switch (kind) {
            case '"', '\\', '/' -> (char) kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unit();
            default -> {
                at--;
                throw malformed("a backslash in a string begins no escape of JSON");
            }
        };
    }

    private char unit() throws Broken {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = at < bytes.length ? Character.digit(bytes[at], 16) : -1;
            if (digit < 0) {
                throw malformed("\\u needs four hexadecimal digits");
            }
            value = (value << 4) | digit;
            at++;
        }
        return (char) value;
    }

    private Json literal(String word, Json value) throws Broken {
        for (int i = 0; i < word.length(); i++) {
            if (at + i >= bytes.length || bytes[at + i] != word.charAt(i)) {
                throw unexpected("a value");
            }
        }
        at += word.length();
        return value;
    }

    private Json number(@Nullable JsonContainer parent, String step) throws Broken {
        int from = at;
        boolean negative = bytes[at] == '-';
        if (negative) {
            at++;
        }
        int firstDigit = at;
        long value = 0;
        int digit = digitAt(at);
        while (digit >= 0) {
            value = value * 10 + digit;
            at++;
            digit = digitAt(at);
        }
        int digits = at - firstDigit;
        if (digits == 0) {
            throw unexpected("a digit");
        }
        if (digits > 1 && bytes[firstDigit] == '0') {
            at = firstDigit;
            throw malformed("a number begins with 0");
        }
        boolean whole = fraction();
        if (at - from > MAX_NUMBER_LENGTH) {
            throw new Broken(Defect.NUMBER_OUT_OF_RANGE, "a number has more than " + MAX_NUMBER_LENGTH + " characters");
        }
        if (whole && digits <= SAFE_DIGITS) {
            return Json.Whole.of(negative ? -value : value);
        }
        String literal = new String(bytes, from, at - from, StandardCharsets.ISO_8859_1);
        return whole ? large(literal) : inRange(literal, parent, step);
    }

    /** Reads the point and the exponent, if they are there; true if there are none. */
    private boolean fraction() throws Broken {
        boolean whole = true;
        if (at < bytes.length && bytes[at] == '.') {
            whole = false;
            at++;
            digits();
        }
        if (at < bytes.length && (bytes[at] == 'e' || bytes[at] == 'E')) {
            whole = false;
            at++;
            if (at < bytes.length && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            digits();
        }
        return whole;
    }

    private void digits() throws Broken {
        if (digitAt(at) < 0) {
            throw unexpected("a digit");
        }
        while (digitAt(at) >= 0) {
            at++;
        }
    }

    private int digitAt(int index) {
        int digit = index < bytes.length ? bytes[index] - '0' : -1;
        return digit <= 9 ? digit : -1;
    }

    private static Json large(String literal) {
        try {
            return new Json.Whole(Long.parseLong(literal));
        } catch (NumberFormatException beyondALong) {
            return new Json.Literal(literal);
        }
    }

    private Json inRange(String literal, @Nullable JsonContainer parent, String step) {
        if (defect == null && exponent(literal) > MAX_EXPONENT) {
            String path = parent instanceof JsonObject object ? object.path(step) : "";
            defect = new JsonReading.Unreadable(
                    Defect.NUMBER_OUT_OF_RANGE, path, "the number " + literal + " is beyond any use");
        }
        return new Json.Literal(literal);
    }

    /** Magnitude of the exponent, at most a little above the bound. */
    private static int exponent(String literal) {
        int at = Math.max(literal.indexOf('e'), literal.indexOf('E'));
        if (at < 0) {
            return 0;
        }
        int exponent = 0;
        for (int i = at + 1; i < literal.length() && exponent <= MAX_EXPONENT; i++) {
            char c = literal.charAt(i);
            if (c >= '0' && c <= '9') {
                exponent = exponent * 10 + (c - '0');
            }
        }
        return exponent;
    }

    /** The next byte that is no white space, not taken yet; -1 at the end. */
    private int next() {
        while (at < bytes.length) {
            byte b = bytes[at];
            if (b > ' ' || (b != ' ' && b != '\n' && b != '\r' && b != '\t')) {
                // A byte beyond ASCII begins nothing.
                return b & 0xFF;
            }
            at++;
        }
        return -1;
    }

    private void expect(char wanted) throws Broken {
        if (next() != wanted) {
            throw unexpected("'" + wanted + "'");
        }
        at++;
    }

    private Broken unexpected(String wanted) {
        if (at >= bytes.length) {
            return malformed("the text ends where " + wanted + " should stand");
        }
        byte found = bytes[at];
        return malformed((found > ' ' && found < 0x7F ? "'" + (char) found + "'" : "a character") + " stands where "
                + wanted + " should stand");
    }

    private Broken malformed(String why) {
        return new Broken(Defect.MALFORMED, "not JSON, near byte " + at + ": " + why);
    }
}
