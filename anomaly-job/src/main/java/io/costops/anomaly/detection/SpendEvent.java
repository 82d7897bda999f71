package io.costops.anomaly.detection;

/** What the detector has to say about a key. */
public sealed interface SpendEvent {
    long atSeconds();

    /** A step in the life of an incident. */
    record IncidentChanged(Step step, SpendIncident incident, long atSeconds) implements SpendEvent {}

    /**
     * No bucket came from {@code fromSeconds} to {@code atSeconds}: what the key spent then isn't known. It isn't an
     * incident: it neither opens nor resolves one.
     */
    record DataMissing(long fromSeconds, long atSeconds) implements SpendEvent {}

    /** The life of an incident. */
    enum Step {
        OPENED,
        /** More severe, above the minimum impact for the first time, or seen in another signal as well. */
        ESCALATED,
        RESOLVED,
        /** The same within 6 hours of its end. */
        REOPENED
    }
}
