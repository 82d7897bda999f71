package io.costops.ingest.json;

/** Writes a value back as compact JSON, for what is kept as text. */
public final class JsonText {
    private JsonText() {}

    /** A string without its quotes, a number as its literal, anything else as JSON. */
    public static String plain(Json json) {
        if (json instanceof Json.Text text) {
            return text.value();
        }
        StringBuilder out = new StringBuilder();
        write(json, out);
        return out.toString();
    }

    private static void write(Json json, StringBuilder out) {
        if (json instanceof Json.Text text) {
            quote(text.value(), out);
        } else if (json instanceof Json.Numeric number) {
            out.append(number.literal());
        } else if (json instanceof Json.Bool bool) {
            out.append(bool == Json.Bool.TRUE);
        } else if (json instanceof JsonObject object) {
            writeObject(object, out);
        } else if (json instanceof JsonArray array) {
            out.append('[');
            for (int i = 0; i < array.size(); i++) {
                out.append(i == 0 ? "" : ",");
                write(array.get(i), out);
            }
            out.append(']');
        } else {
            out.append("null");
        }
    }

    private static void writeObject(JsonObject object, StringBuilder out) {
        out.append('{');
        for (int i = 0; i < object.size(); i++) {
            out.append(i == 0 ? "" : ",");
            quote(object.name(i), out);
            out.append(':');
            write(object.value(i), out);
        }
        out.append('}');
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
