package io.costops.ingest.normalise;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a span stands among the others of its trace: all that is needed to tell containers, and little enough to be kept for
 * every span of a request.
 *
 * @param trace within which the ids are unique
 * @param billed true if it states usage and is not of a kind that contains calls
 * @param responseId id of the response that it was answered by
 */
record SpanPlace(
        @Nullable String trace,
        @Nullable String id,
        @Nullable String parentId,
        boolean billed,
        @Nullable String responseId) {
    /** Spans above one another: more than any agent's calls, and a bound on what made-up parents can cost. */
    private static final int MAX_DEPTH = 1_000;

    private record Identity(@Nullable String trace, String id) {}

    /**
     * Indices of the spans with usage around other spans with usage. One that answered with an id of its own is a call all
     * the same: a tool of an agent may well call a model.
     */
    static BitSet containers(List<SpanPlace> spans) {
        Map<Identity, Integer> byIdentity = new HashMap<>();
        for (int i = 0; i < spans.size(); i++) {
            SpanPlace span = spans.get(i);
            if (span.id() != null) {
                byIdentity.put(new Identity(span.trace(), span.id()), i);
            }
        }
        List<@Nullable Integer> parents = new ArrayList<>(spans.size());
        for (SpanPlace span : spans) {
            parents.add(
                    span.parentId() == null || span.parentId().equals(span.id())
                            ? null
                            : byIdentity.get(new Identity(span.trace(), span.parentId())));
        }
        BitSet containers = new BitSet(spans.size());
        for (int i = 0; i < spans.size(); i++) {
            if (spans.get(i).billed()) {
                markAbove(i, spans, parents, containers);
            }
        }
        return containers;
    }

    /** Parents that go in a circle end at the bound as well. */
    private static void markAbove(
            int index, List<SpanPlace> spans, List<@Nullable Integer> parents, BitSet containers) {
        Integer above = parents.get(index);
        for (int depth = 0; above != null && depth < MAX_DEPTH; depth++) {
            if (spans.get(above).billed() && !spans.get(above).answersBeside(spans.get(index))) {
                if (containers.get(above)) {
                    // What is marked already has been walked up from.
                    return;
                }
                containers.set(above);
            }
            above = parents.get(above);
        }
    }

    /** True if both were answered, each by a response of its own. */
    private boolean answersBeside(SpanPlace other) {
        return responseId != null && other.responseId != null && !responseId.equals(other.responseId);
    }
}
