package io.costops.enrichment.attribution;

import io.costops.schemas.avro.Dimensions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whom an event is charged to.
 *
 * @param revision the rules that set something, each as {@code rule@effective_from#recorded_at}, by rule id and
 *     separated by commas; null if none did
 */
public record Attributed(
        Dimensions dimensions,
        Map<String, String> tags,
        @Nullable String revision) {}
