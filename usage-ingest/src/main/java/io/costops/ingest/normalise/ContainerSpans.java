package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonReader;
import io.costops.ingest.json.JsonReading;
import io.costops.schemas.topics.Topics;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * Finds the spans that only sum up others, among spans that are then written one by one.
 *
 * <p>A span on its own may not show that it is a container; its children, which mostly come in the same request, do.
 */
public final class ContainerSpans {
    private static final SpanAttributes NO_RESOURCE = SpanAttributes.of(null);

    private final JsonReader reader = new JsonReader(Topics.MAX_ENVELOPE_BYTES);

    /**
     * The indices of the containers.
     *
     * @param spans each in OTLP's JSON form; one that can't be read is none
     */
    public BitSet among(List<byte[]> spans) {
        List<OtelSpan> read = new ArrayList<>(spans.size());
        List<Integer> indices = new ArrayList<>(spans.size());
        for (int i = 0; i < spans.size(); i++) {
            if (reader.readPayload(spans.get(i), "payload") instanceof JsonReading.Value value
                    && value.json() instanceof JsonObject json) {
                read.add(OtelSpan.of(json, NO_RESOURCE));
                indices.add(i);
            }
        }
        Set<OtelSpan> found = OtelSpans.containers(read);
        BitSet containers = new BitSet(spans.size());
        for (int i = 0; i < read.size(); i++) {
            if (found.contains(read.get(i))) {
                containers.set(indices.get(i));
            }
        }
        return containers;
    }
}
