package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonReader;
import io.costops.ingest.json.JsonReading;
import io.costops.schemas.topics.Topics;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Finds the spans that only sum up others, among spans that are then written one by one.
 *
 * <p>A span on its own may not show that it is a container; its children, which mostly come in the same request, do.
 */
public final class ContainerSpans {
    private static final SpanAttributes NO_RESOURCE = SpanAttributes.of(null);
    private static final SpanPlace UNREADABLE = new SpanPlace(null, null, null, false, null);

    private static final int SMALL_BYTES = 64 * 1024;

    private final JsonReader reader = new JsonReader(Topics.MAX_ENVELOPE_BYTES);

    /**
     * The indices of the containers.
     *
     * @param spans each in OTLP's JSON form; one that can't be read is none
     */
    public BitSet among(List<byte[]> spans) {
        List<SpanPlace> places = new ArrayList<>(spans.size());
        for (byte[] span : spans) {
            places.add(span.length <= SMALL_BYTES ? place(span) : placeOfLarge(span));
        }
        return SpanPlace.containers(places);
    }

    private SpanPlace place(byte[] span) {
        return reader.readPayload(span, "payload") instanceof JsonReading.Value value
                        && value.json() instanceof JsonObject json
                ? OtelSpan.of(json, NO_RESOURCE).place()
                : UNREADABLE;
    }

    /** One at a time, since a text takes many times its bytes in memory. */
    private synchronized SpanPlace placeOfLarge(byte[] span) {
        return place(span);
    }
}
