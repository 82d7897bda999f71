package io.costops.ingest.http;

import java.util.Map;

/** Whether traffic should be sent here. */
@FunctionalInterface
public interface Readiness {
    /** What is not ready, and why; empty if everything is. Must not block. */
    Map<String, String> reasons();

    /** Ready if both are. */
    default Readiness and(Readiness other) {
        return () -> {
            Map<String, String> all = new java.util.TreeMap<>(reasons());
            all.putAll(other.reasons());
            return all;
        };
    }
}
