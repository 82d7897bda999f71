package io.costops.schemas.budget;

import java.util.HashMap;
import java.util.Map;

/** What a budget covers: usage that has all of these values. */
public final class BudgetScope {
    public static final String TAG_PREFIX = "tags.";

    private final Map<String, String> dimensions = new HashMap<>();
    private final Map<String, String> tags = new HashMap<>();

    public BudgetScope(Map<String, String> scope) {
        scope.forEach((dimension, value) -> {
            if (dimension.startsWith(TAG_PREFIX)) {
                tags.put(dimension.substring(TAG_PREFIX.length()), value);
            } else {
                dimensions.put(dimension, value);
            }
        });
    }

    public boolean covers(Map<String, String> usageDimensions, Map<String, String> usageTags) {
        return holds(dimensions, usageDimensions) && holds(tags, usageTags);
    }

    private static boolean holds(Map<String, String> wanted, Map<String, String> given) {
        for (Map.Entry<String, String> each : wanted.entrySet()) {
            if (!each.getValue().equals(given.get(each.getKey()))) {
                return false;
            }
        }
        return true;
    }
}
