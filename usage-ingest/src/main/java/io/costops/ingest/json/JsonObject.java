package io.costops.ingest.json;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A JSON object in the order of its document; its names are unique. */
public final class JsonObject extends JsonContainer {
    /** Above this many members a set finds repeated names; below, comparing is faster. */
    private static final int COMPARED_MEMBERS = 16;

    private String[] names = new String[8];
    private Json[] values = new Json[8];
    private int size;
    private @Nullable Set<String> nameSet;

    JsonObject(@Nullable JsonContainer parent, String step) {
        super(parent, step);
    }

    /** An empty object that stands where another does. */
    static JsonObject at(String path) {
        return new JsonObject(null, path);
    }

    /** An object of other values, as if it stood at a path. */
    public static JsonObject of(String path, Map<String, Json> members) {
        JsonObject object = at(path);
        members.forEach(object::append);
        return object;
    }

    /** False if the name stands there already. */
    boolean add(String name, Json value) {
        if (contains(name)) {
            return false;
        }
        append(name, value);
        return true;
    }

    private boolean contains(String name) {
        if (size < COMPARED_MEMBERS) {
            return indexOf(name) >= 0;
        }
        if (nameSet == null) {
            nameSet = new HashSet<>(Arrays.asList(names).subList(0, size));
        }
        return !nameSet.add(name);
    }

    private void append(String name, Json value) {
        if (size == names.length) {
            names = Arrays.copyOf(names, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        names[size] = name;
        values[size] = value;
        size++;
    }

    /** The member's value, or null if there is none or it is JSON's null. */
    public @Nullable Json get(String name) {
        int index = indexOf(name);
        if (index < 0) {
            return null;
        }
        Json value = values[index];
        return value == Null.NULL ? null : value;
    }

    private int indexOf(String name) {
        for (int i = 0; i < size; i++) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    public int size() {
        return size;
    }

    public String name(int index) {
        return names[index];
    }

    public Json value(int index) {
        return values[index];
    }

    /** Path of one of its members, there or not. */
    public String path(String name) {
        String above = path();
        return above.isEmpty() ? name : above + "." + name;
    }

    /** This object with another laid over it: a member of the other wins unless it is null. */
    public JsonObject overlaidBy(JsonObject other) {
        JsonObject merged = at(path());
        for (int i = 0; i < size; i++) {
            Json over = other.get(names[i]);
            merged.append(names[i], over == null ? values[i] : over);
        }
        for (int i = 0; i < other.size; i++) {
            if (indexOf(other.names[i]) < 0) {
                merged.append(other.names[i], other.values[i]);
            }
        }
        return merged;
    }

    @Override
    public String kind() {
        return "an object";
    }
}
