package io.costops.enrichment.position;

import io.costops.schemas.avro.UsageEvent;

/**
 * Which of an event's records speaks: the higher revision, and within a revision the stronger claim.
 *
 * <p>The order is total, so the records of an event lead to the same standing whatever the order they arrive in, but for
 * conflicts, of which the first stands.
 */
public record Version(long revision, Claim claim) implements Comparable<Version> {
    static Version of(UsageEvent event) {
        return new Version(event.getRevision(), Claim.of(event));
    }

    @Override
    public int compareTo(Version other) {
        int byRevision = Long.compare(revision, other.revision);
        return byRevision != 0 ? byRevision : claim.compareTo(other.claim);
    }
}
