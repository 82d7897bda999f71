package io.costops.enrichment.position;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What all entries of an event come to, read back from the ledger: the same position that the operator held when it made
 * them.
 *
 * @param position what stands; its charge is the net of the entries, but for those that were booked again
 * @param bookedAgain charges that stand in the ledger a second time, oldest first: their event came again after it was
 *     forgotten
 */
public record LedgerPosition(Position position, List<LedgerEntry> bookedAgain) {
    private static final String AGAIN = "again:";

    public LedgerPosition {
        bookedAgain = List.copyOf(bookedAgain);
    }

    /**
     * Reads the position from the entries of one event, in any order.
     *
     * @throws IllegalArgumentException if there are none, or they are of several events
     */
    public static LedgerPosition of(Collection<LedgerEntry> entries) {
        List<LedgerEntry> inOrder = new ArrayList<>(entries);
        inOrder.sort(Comparator.comparing(LedgerEntry::getSequence).thenComparing(LedgerEntry::getRecordedAt));
        if (inOrder.isEmpty()
                || !inOrder.stream()
                        .allMatch(entry ->
                                entry.getEventId().equals(inOrder.get(0).getEventId()))) {
            throw new IllegalArgumentException("a position is of the entries of one event, at least one");
        }
        Reading reading = new Reading();
        inOrder.forEach(reading::take);
        return reading.result(inOrder);
    }

    /** Identity of the request that takes back a charge that was booked again. */
    public static String againRequestId(LedgerEntry charge) {
        return AGAIN + charge.getEntryId() + ":" + charge.getRecordedAt();
    }

    /** Goes through the entries of an event. */
    private static final class Reading {
        private final Set<String> ids = new LinkedHashSet<>();
        private final Map<String, LedgerEntry> again = new HashMap<>();
        private final Set<String> requests = new LinkedHashSet<>();
        private @Nullable LedgerEntry standing;
        private long revision;

        void take(LedgerEntry entry) {
            boolean repeated = !ids.add(entry.getEntryId());
            if (entry.getRequestId() != null) {
                requests.add(entry.getRequestId());
                if (again.remove(entry.getRequestId()) != null) {
                    return;
                }
            }
            if (repeated) {
                if (entry.getKind() == EntryKind.USAGE || entry.getKind() == EntryKind.CORRECTION) {
                    again.put(againRequestId(entry), entry);
                } else if (entry.getKind() == EntryKind.REVERSAL) {
                    // The repeated history went on, and took back what it had booked again.
                    again.values()
                            .removeIf(charge -> charge.getRevision() == entry.getRevision()
                                    && !charge.getRecordedAt().isAfter(entry.getRecordedAt()));
                }
                return;
            }
            switch (entry.getKind()) {
                case USAGE, CORRECTION -> {
                    if (standing != null) {
                        // Two lives of one event, each of which knew nothing of the other: the higher revision stands.
                        boolean replaces = entry.getRevision() > standing.getRevision();
                        LedgerEntry beside = replaces ? standing : entry;
                        again.put(againRequestId(beside), beside);
                        standing = replaces ? entry : standing;
                    } else {
                        standing = entry;
                    }
                    revision = Math.max(revision, entry.getRevision());
                }
                case REVERSAL -> {
                    standing = null;
                    Long cause = entry.getCauseRevision();
                    revision = Math.max(revision, cause == null ? entry.getRevision() : cause);
                }
                case ADJUSTMENT -> standing = standing == null ? null : Adjustments.applied(standing, entry);
                case MEMO -> {
                    if (entry.getStatus() == EntryStatus.DELETED) {
                        revision = Math.max(revision, entry.getRevision());
                    }
                }
                case ALLOCATION, COMMITMENT_USED, COMMITMENT_UNUSED, CREDIT, UNKNOWN -> {}
            }
        }

        LedgerPosition result(List<LedgerEntry> entries) {
            LedgerEntry last = entries.get(entries.size() - 1);
            List<String> applied = new ArrayList<>(requests);
            Position position = new Position(
                    last.getEventId(),
                    revision,
                    Math.addExact(last.getSequence(), 1),
                    Bookkeeper.units(standing).hex(),
                    standing,
                    Bookkeeper.newest(applied));
            return new LedgerPosition(
                    position,
                    again.values().stream()
                            .sorted(Comparator.comparing(LedgerEntry::getRecordedAt))
                            .toList());
        }
    }
}
