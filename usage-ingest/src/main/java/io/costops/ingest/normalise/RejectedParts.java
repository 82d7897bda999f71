package io.costops.ingest.normalise;

import org.jspecify.annotations.Nullable;

/**
 * The rejected parts of one record become one rejection, since each would hold the whole record: a trace with a thousand
 * bad spans must not be written a thousand times. It names the first part's field and counts the others.
 */
public final class RejectedParts {
    private static final int LISTED = 10;

    private final StringBuilder others = new StringBuilder();
    private Outcome.@Nullable Rejected first;
    private int count;

    public void add(Outcome.Rejected part) {
        count++;
        if (first == null) {
            first = part;
        } else if (count <= LISTED + 1) {
            others.append(others.isEmpty() ? "" : ", ").append(part.field() == null ? part.reason() : part.field());
        }
    }

    /** One rejection for all parts; null if there is none. */
    public Outcome.@Nullable Rejected whole() {
        if (first == null || count == 1) {
            return first;
        }
        String more = count - 1 > LISTED ? ", ..." : "";
        String message =
                first.message() + " (and " + (count - 1) + " more of the record's calls: " + others + more + ")";
        return new Outcome.Rejected(
                first.reason(),
                first.field(),
                EventAssembly.boundedMessage(message),
                first.sourceKind(),
                first.eventId(),
                first.tenant(),
                first.origin());
    }
}
