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

    /** Of which most objects have no more. */
    private static final int FIRST_MEMBERS = 8;

    private static final Object[] EMPTY = {};

    /** Name and value in turn: one array, since an object is made for every few bytes of a record. */
    private Object[] members = EMPTY;

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
        members.forEach((name, value) -> object.append(name.intern(), value));
        return object;
    }

    /**
     * An object of other values, as if it stood at a path.
     *
     * @param members by names that are constants
     */
    public static JsonObject ofConstants(String path, Map<String, Json> members) {
        JsonObject object = at(path);
        // To look each up among all strings of the JVM would take longer than all the rest.
        members.forEach(object::append);
        return object;
    }

    /**
     * False if the name stands there already.
     *
     * @param name interned
     */
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
            nameSet = new HashSet<>();
            for (int i = 0; i < size; i++) {
                nameSet.add(name(i));
            }
        }
        return !nameSet.add(name);
    }

    private void append(String name, Json value) {
        if (2 * size == members.length) {
            members = Arrays.copyOf(members, size == 0 ? 2 * FIRST_MEMBERS : 4 * size);
        }
        members[2 * size] = name;
        members[2 * size + 1] = value;
        size++;
    }

    /**
     * The member's value, or null if there is none or it is JSON's null.
     *
     * @param name a constant or another interned string, such as {@link #name}
     */
    public @Nullable Json get(String name) {
        int index = indexOf(name);
        if (index < 0) {
            return null;
        }
        Json value = value(index);
        return value == Null.NULL ? null : value;
    }

    /**
     * Compares identities: the reader interns every name, and so does the language every constant. Most look-ups are for a
     * member that is not there, and each would compare all names. The assertion catches a name that was put together, in
     * every test that has such a member; it must not intern the name itself, or only the tests would find it.
     */
    @SuppressWarnings("ReferenceEquality")
    private int indexOf(String name) {
        for (int i = 0; i < 2 * size; i += 2) {
            if (members[i] == name) {
                return i / 2;
            }
        }
        assert isAbsent(name) : name + " is not interned";
        return -1;
    }

    private boolean isAbsent(String name) {
        for (int i = 0; i < 2 * size; i += 2) {
            if (members[i].equals(name)) {
                return false;
            }
        }
        return true;
    }

    public int size() {
        return size;
    }

    public String name(int index) {
        return (String) members[2 * index];
    }

    public Json value(int index) {
        return (Json) members[2 * index + 1];
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
            Json over = other.get(name(i));
            merged.append(name(i), over == null ? value(i) : over);
        }
        for (int i = 0; i < other.size; i++) {
            if (indexOf(other.name(i)) < 0) {
                merged.append(other.name(i), other.value(i));
            }
        }
        return merged;
    }

    @Override
    public String kind() {
        return "an object";
    }
}
