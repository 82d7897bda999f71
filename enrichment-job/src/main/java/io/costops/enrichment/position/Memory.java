package io.costops.enrichment.position;

import java.util.ArrayList;
import java.util.List;

/**
 * What tells a record of an event that was seen from a new one.
 *
 * @param latest version that speaks for the event: the highest that was seen
 * @param units fingerprint of what that version charges
 * @param nextSequence number of the event's next entry
 * @param others other records of the event that were booked or listed, oldest first, at most {@link #MAX_OTHERS}
 */
public record Memory(Version latest, Fingerprint units, int nextSequence, List<Fingerprint> others) {
    /** Of an event with more records the oldest are forgotten: a repeat of one is then listed again, at no cost. */
    public static final int MAX_OTHERS = 64;

    public Memory {
        others = List.copyOf(others);
        if (nextSequence < 0 || others.size() > MAX_OTHERS) {
            throw new IllegalArgumentException(
                    "no memory has " + others.size() + " records and the next sequence number " + nextSequence);
        }
    }

    static Memory first(Version version, Fingerprint units) {
        return new Memory(version, units, 0, List.of());
    }

    boolean knows(Version version, Fingerprint itsUnits) {
        return (version.equals(latest) && itsUnits.equals(units)) || others.contains(record(version, itsUnits));
    }

    /** From now on another version speaks. */
    Memory ledBy(Version version, Fingerprint itsUnits) {
        return new Memory(version, itsUnits, nextSequence, with(record(latest, units)));
    }

    /** A record was seen that doesn't speak for the event. */
    Memory noting(Version version, Fingerprint itsUnits) {
        return new Memory(latest, units, nextSequence, with(record(version, itsUnits)));
    }

    /** The ledger holds entries that were not made from here. */
    Memory numberedFrom(int sequence) {
        return new Memory(latest, units, sequence, others);
    }

    Memory afterEntries(int entries) {
        return new Memory(latest, units, Math.addExact(nextSequence, entries), others);
    }

    private static Fingerprint record(Version version, Fingerprint units) {
        return Fingerprint.of(Long.toString(version.revision()), version.claim().name(), units.hex());
    }

    private List<Fingerprint> with(Fingerprint other) {
        List<Fingerprint> all = new ArrayList<>(others);
        all.add(other);
        return all.subList(Math.max(0, all.size() - MAX_OTHERS), all.size());
    }
}
