package io.costops.ingest.json;

/**
 * A JSON value, read exactly: numbers are kept as their literal, never as a double.
 *
 * <p>Leaner than a general tree, since one is made for every record; containers know their parent, so that a path costs
 * nothing until something is wrong.
 */
public sealed interface Json permits JsonContainer, Json.Text, Json.Numeric, Json.Bool, Json.Null {
    /** What it is called in a message to a person. */
    String kind();

    record Text(String value) implements Json {
        @Override
        public String kind() {
            return "a string";
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
