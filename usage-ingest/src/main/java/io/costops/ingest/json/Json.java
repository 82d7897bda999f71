package io.costops.ingest.json;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value, read exactly: numbers are kept as their literal, never as a double.
 *
 * <p>Leaner than a general tree, since one is made for every record; containers know their parent, so that a path costs
 * nothing until something is wrong.
 */
public sealed interface Json permits JsonContainer, Json.Text, Json.Numeric, Json.Bool, Json.Null {
    /** What it is called in a message to a person. */
    String kind();

    /** A string, made of its bytes when it is first asked for: most of a payload's are never looked at. */
    final class Text implements Json {
        private static final byte[] NO_BYTES = {};

        private final byte[] source;
        private final int from;
        private final int length;
        private final Charset charset;
        private @Nullable String value;

        public Text(String value) {
            this.source = NO_BYTES;
            this.from = 0;
            this.length = 0;
            this.charset = StandardCharsets.UTF_8;
            this.value = value;
        }

        /**
         * @param source holds the bytes, which don't change
         */
        Text(byte[] source, int from, int length, Charset charset) {
            this.source = source;
            this.from = from;
            this.length = length;
            this.charset = charset;
        }

        public String value() {
            String text = value;
            if (text == null) {
                text = new String(source, from, length, charset);
                value = text;
            }
            return text;
        }

        @Override
        public String kind() {
            return "a string";
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Text text && value().equals(text.value());
        }

        @Override
        public int hashCode() {
            return value().hashCode();
        }

        @Override
        public String toString() {
            return value();
        }
    }

    /** A number: whole and within a long, or any other, as its literal. */
    sealed interface Numeric extends Json {
        @Override
        default String kind() {
            return "a number";
        }

        /** The number as it was written. */
        String literal();
    }

    record Whole(long value) implements Numeric {
        private static final int SHARED = 256;
        private static final Whole[] SMALL =
                LongStream.range(0, SHARED).mapToObj(Whole::new).toArray(Whole[]::new);

        /** Most counts are 0 or little more: one object does for all of them. */
        static Whole of(long value) {
            return value >= 0 && value < SHARED ? SMALL[(int) value] : new Whole(value);
        }

        @Override
        public String literal() {
            return Long.toString(value);
        }
    }

    /** A fraction, or a number beyond a long; its exponent is within a double's. */
    record Literal(String literal) implements Numeric {}

    enum Bool implements Json {
        TRUE,
        FALSE;

        @Override
        public String kind() {
            return "a boolean";
        }
    }

    enum Null implements Json {
        NULL;

        @Override
        public String kind() {
            return "null";
        }
    }
}
