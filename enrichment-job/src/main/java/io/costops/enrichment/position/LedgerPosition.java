package io.costops.enrichment.position;

import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What all entries of an event come to, read back from the ledger: the same position that the operator held when it made
 * them.
 *
 * <p>An event that came again after the dedup window has begun anew: each time it did, a life of it begins with an entry
 * numbered 0, and knows nothing of the ones before. Of all lives the highest version stands, of equal ones the first; what
 * is charged besides is too much. A row that the ledger holds twice is one entry.
 *
 * @param position what stands; its charge is the net of the entries, but for those that were booked again
 * @param bookedAgain charges that stand beside it, oldest first
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
        List<LedgerEntry> each = eachOnce(entries);
        if (each.isEmpty()
                || !each.stream()
                        .allMatch(entry -> entry.getEventId().equals(each.get(0).getEventId()))) {
            throw new IllegalArgumentException("a position is of the entries of one event, at least one");
        }
        Reading reading = new Reading();
        for (List<LedgerEntry> life : lives(each)) {
            reading.begin();
            life.forEach(reading::take);
        }
        return reading.result(each);
    }

    /** Identity of the request that takes back a charge that was booked again. */
    public static String againRequestId(LedgerEntry charge) {
        return AGAIN + charge.getEntryId() + ":" + charge.getRecordedAt();
    }

    /** An entry of the same id that was recorded at another time is another one. */
    private record Identity(String entryId, Instant recordedAt) {}

    private static List<LedgerEntry> eachOnce(Collection<LedgerEntry> entries) {
        Set<Identity> seen = new HashSet<>();
        List<LedgerEntry> each = new ArrayList<>(entries);
        each.removeIf(entry -> !seen.add(new Identity(entry.getEntryId(), entry.getRecordedAt())));
        return each;
    }

    /** The entries of each life in their order; their numbers tell it, whatever the clock did. */
    private static List<List<LedgerEntry>> lives(List<LedgerEntry> entries) {
        List<LedgerEntry> begins = entries.stream()
                .filter(entry -> entry.getSequence() == 0)
                .sorted(Comparator.comparing(LedgerEntry::getRecordedAt))
                .toList();
        List<List<LedgerEntry>> lives = new ArrayList<>();
        begins.forEach(begin -> lives.add(new ArrayList<>(List.of(begin))));
        if (lives.isEmpty()) {
            lives.add(new ArrayList<>());
        }
        for (LedgerEntry entry : entries) {
            if (entry.getSequence() != 0) {
                int life = lives.size() - 1;
                while (life > 0 && begins.get(life).getRecordedAt().isAfter(entry.getRecordedAt())) {
                    life--;
                }
                lives.get(life).add(entry);
            }
        }
        lives.forEach(life ->
                life.sort(Comparator.comparing(LedgerEntry::getSequence).thenComparing(LedgerEntry::getRecordedAt)));
        return lives;
    }

    /** What is left of a life of the event. */
    private static final class Life {
        private @Nullable LedgerEntry standing;
        /** Revision of the record that deleted it. */
        private @Nullable Long deletedBy;

        @Nullable
        Version version() {
            if (standing != null) {
                return new Version(
                        standing.getRevision(),
                        standing.getStatus() == EntryStatus.NO_USAGE ? Claim.NO_USAGE : Claim.USAGE);
            }
            return deletedBy == null ? null : new Version(deletedBy, Claim.DELETED);
        }

        boolean stands(Predicate<LedgerEntry> condition) {
            return standing != null && condition.test(standing);
        }
    }

    /** Goes through the entries of an event. */
    private static final class Reading {
        private final List<Life> lives = new ArrayList<>();
        private final Set<String> requests = new LinkedHashSet<>();
        /** The one that the operator holds. */
        private Life current = new Life();

        private long revision;

        void begin() {
            current = new Life();
            lives.add(current);
        }

        void take(LedgerEntry entry) {
            String request = entry.getRequestId();
            if (request != null) {
                requests.add(request);
            }
            switch (entry.getKind()) {
                case USAGE, CORRECTION -> {
                    if (current.standing != null) {
                        begin();
                    }
                    current.standing = entry;
                    current.deletedBy = null;
                    revision = Math.max(revision, entry.getRevision());
                }
                case REVERSAL -> {
                    if (request != null && request.startsWith(AGAIN)) {
                        find(charge -> againRequestId(charge).equals(request), charge -> isNegatedBy(charge, entry))
                                .standing = null;
                        Life best = best();
                        current = best == null ? current : best;
                    } else {
                        Long cause = entry.getCauseRevision();
                        Life reversed = find(
                                charge -> isNegatedBy(charge, entry),
                                charge -> charge.getRevision() == entry.getRevision());
                        reversed.standing = null;
                        // Unless a correction follows.
                        reversed.deletedBy = cause == null ? entry.getRevision() : cause;
                        current = reversed;
                        revision = Math.max(revision, reversed.deletedBy);
                    }
                }
                case ADJUSTMENT -> {
                    Life adjusted = find(charge -> charge.getRevision() == entry.getRevision(), charge -> true);
                    if (adjusted.standing != null) {
                        adjusted.standing = Adjustments.applied(adjusted.standing, entry);
                    }
                }
                case MEMO -> {
                    if (entry.getStatus() == EntryStatus.DELETED) {
                        revision = Math.max(revision, entry.getRevision());
                        if (current.standing == null && current.deletedBy != null) {
                            current.deletedBy = Math.max(current.deletedBy, entry.getRevision());
                        }
                    }
                }
                case ALLOCATION, COMMITMENT_USED, COMMITMENT_UNUSED, CREDIT, UNKNOWN -> {}
            }
        }

        /** A life whose charge fulfils the first of the conditions that one does; of several the current one. */
        @SafeVarargs
        private Life find(Predicate<LedgerEntry>... conditions) {
            for (Predicate<LedgerEntry> condition : conditions) {
                if (current.stands(condition)) {
                    return current;
                }
                for (Life life : lives) {
                    if (life.stands(condition)) {
                        return life;
                    }
                }
            }
            return current;
        }

        private static boolean isNegatedBy(LedgerEntry charge, LedgerEntry reversal) {
            return charge.getRevision() == reversal.getRevision()
                    && charge.getRequests() == -reversal.getRequests()
                    && charge.getInputTokens() == -reversal.getInputTokens()
                    && charge.getOutputTokens() == -reversal.getOutputTokens()
                    && charge.getEventTime().equals(reversal.getEventTime())
                    && Objects.equals(charge.getModel(), reversal.getModel())
                    && charge.getDimensions().equals(reversal.getDimensions())
                    && isNegated(charge.getListCost(), reversal.getListCost())
                    && isNegated(charge.getContractedCost(), reversal.getContractedCost())
                    && isNegated(charge.getBilledCost(), reversal.getBilledCost())
                    && isNegated(charge.getEffectiveCost(), reversal.getEffectiveCost());
        }

        private static boolean isNegated(@Nullable BigDecimal amount, @Nullable BigDecimal negated) {
            return amount == null ? negated == null : negated != null && amount.compareTo(negated.negate()) == 0;
        }

        /** The life of the highest version; null if there is none. */
        private @Nullable Life best() {
            Life best = null;
            Version highest = null;
            for (Life life : lives) {
                Version version = life.version();
                if (version != null && (highest == null || version.compareTo(highest) > 0)) {
                    best = life;
                    highest = version;
                }
            }
            return best;
        }

        LedgerPosition result(List<LedgerEntry> entries) {
            Life best = best();
            LedgerEntry standing = best == null ? null : best.standing;
            List<String> applied = new ArrayList<>(requests);
            int last = entries.stream().mapToInt(LedgerEntry::getSequence).max().orElseThrow();
            Position position = new Position(
                    entries.get(0).getEventId(),
                    revision,
                    Math.addExact(last, 1),
                    Bookkeeper.units(standing).hex(),
                    standing,
                    Bookkeeper.newest(applied));
            return new LedgerPosition(
                    position,
                    lives.stream()
                            .filter(life -> life != best)
                            .flatMap(life -> Stream.ofNullable(life.standing))
                            .sorted(Comparator.comparing(LedgerEntry::getRecordedAt))
                            .toList());
        }
    }
}
