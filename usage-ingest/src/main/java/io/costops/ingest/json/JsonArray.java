package io.costops.ingest.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON array. */
public final class JsonArray extends JsonContainer {
    /** Made by the first element: anyone may send a megabyte of empty arrays. */
    private List<Json> elements = List.of();

    JsonArray(@Nullable JsonContainer parent, String step) {
        super(parent, step);
    }

    void add(Json element) {
        if (elements.isEmpty()) {
            elements = new ArrayList<>(4);
        }
        elements.add(element);
    }

    public List<Json> elements() {
        return Collections.unmodifiableList(elements);
    }

    public int size() {
        return elements.size();
    }

    public Json get(int index) {
        return elements.get(index);
    }

    /** Path of one of its elements. */
    public String path(int index) {
        return path() + "[" + index + "]";
    }

    @Override
    public String kind() {
        return "an array";
    }
}
