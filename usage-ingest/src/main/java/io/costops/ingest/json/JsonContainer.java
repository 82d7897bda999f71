package io.costops.ingest.json;

import org.jspecify.annotations.Nullable;

/** An object or an array, which knows where in the document it stands. */
public abstract sealed class JsonContainer implements Json permits JsonObject, JsonArray {
    private final @Nullable JsonContainer parent;
    private final String step;

    /**
     * @param parent the container around it, null for the outermost
     * @param step its name or index in the parent; for the outermost the path of the document, often empty
     */
    JsonContainer(@Nullable JsonContainer parent, String step) {
        this.parent = parent;
        this.step = step;
    }

    /** Its path, for example {@code payload.choices[0]}; empty for the outermost. */
    public final String path() {
        if (parent == null) {
            return step;
        }
        String above = parent.path();
        if (parent instanceof JsonArray) {
            return above + "[" + step + "]";
        }
        return above.isEmpty() ? step : above + "." + step;
    }
}
