package io.costops.enrichment.job;

import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Leads from a serialized copy, in whatever thread of this JVM, back to the one object of the test. */
record Handle<T>(int id) implements Serializable {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final Map<Integer, Object> OBJECTS = new ConcurrentHashMap<>();

    static <T> Handle<T> to(T object) {
        int id = NEXT.incrementAndGet();
        OBJECTS.put(id, object);
        return new Handle<>(id);
    }

    @SuppressWarnings("unchecked")
    T get() {
        Object object = OBJECTS.get(id);
        if (object == null) {
            throw new IllegalStateException("no object " + id);
        }
        return (T) object;
    }
}
