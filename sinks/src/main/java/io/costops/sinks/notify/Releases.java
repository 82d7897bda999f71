package io.costops.sinks.notify;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Asks of an operator to try once more what a receiver has refused. */
final class Releases {
    private final Map<String, Integer> asked = new ConcurrentHashMap<>();

    void ask(String receiver) {
        asked.merge(receiver, 1, Integer::sum);
    }

    /** How often so far: a task that has seen fewer has something to do. */
    int asked(String receiver) {
        return asked.getOrDefault(receiver, 0);
    }
}
