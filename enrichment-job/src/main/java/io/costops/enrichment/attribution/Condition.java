package io.costops.enrichment.attribution;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.UsageEvent;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A fact of an event that rules can ask for: a dimension, the provider, the model or a tag.
 *
 * @param name as rules write it
 * @param position place of a dimension in its record; -1 for the others
 */
record Condition(Kind kind, String name, int position) {
    static final String TAG_PREFIX = "tags.";

    /**
     * Dimensions by how few events share a value, the most telling first: a rule is found by the first of its
     * conditions in this order.
     */
    private static final List<String> BY_SELECTIVITY = List.of(
            "session",
            "agent_run",
            "api_key_id",
            "user",
            "prompt_hash",
            "feature",
            "project",
            "team",
            "cost_center",
            "department",
            "tenant");

    enum Kind {
        DIMENSION,
        PROVIDER,
        MODEL,
        TAG
    }

    /** Empty if nothing of an event goes by that name. */
    static Optional<Condition> named(String name) {
        if (name.equals("provider")) {
            return Optional.of(new Condition(Kind.PROVIDER, name, -1));
        }
        if (name.equals("model")) {
            return Optional.of(new Condition(Kind.MODEL, name, -1));
        }
        if (name.startsWith(TAG_PREFIX) && name.length() > TAG_PREFIX.length()) {
            return Optional.of(new Condition(Kind.TAG, name, -1));
        }
        Schema.Field field = Dimensions.getClassSchema().getField(name);
        return field == null ? Optional.empty() : Optional.of(new Condition(Kind.DIMENSION, name, field.pos()));
    }

    /** The event's own value, before any rule; null if it has none. */
    @Nullable
    String valueOf(UsageEvent event) {
        return switch (kind) {
            case DIMENSION -> {
                Object value = event.getDimensions().get(position);
                yield value == null ? null : value.toString();
            }
            case PROVIDER -> event.getProvider();
            case MODEL -> event.getModel();
            case TAG -> event.getTags().get(name.substring(TAG_PREFIX.length()));
        };
    }

    /** The smaller, the fewer events share a value. */
    int selectivity() {
        return switch (kind) {
            case DIMENSION -> {
                int place = BY_SELECTIVITY.indexOf(name);
                yield place < 0 ? BY_SELECTIVITY.size() + 1 : place;
            }
            case TAG -> BY_SELECTIVITY.size();
            case MODEL -> BY_SELECTIVITY.size() + 2;
            case PROVIDER -> BY_SELECTIVITY.size() + 3;
        };
    }
}
