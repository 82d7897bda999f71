package io.costops.enrichment.position;

import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.UsageEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what one more record of an event books.
 *
 * <p>The sum of an event's entries is always its standing: the version that speaks for it, charged once, or nothing. So
 * a version that replaces another is booked as the exact negation of what stands and the new charge, and a record that
 * doesn't speak for the event is at most noted, at no cost.
 */
public final class Bookkeeper {
    private final Rating rating;
    private final BillingCalendar calendar;

    public Bookkeeper(Rating rating, BillingCalendar calendar) {
        this.rating = rating;
        this.calendar = calendar;
    }

    /**
     * Decides on a record.
     *
     * @param event a valid event, with its origin
     * @param now when its entries are recorded
     */
    public Decision decide(Known known, UsageEvent event, Instant now) {
        Version version = Version.of(event);
        Fingerprint units = Units.fingerprint(event);
        if (known instanceof Known.Held held) {
            return decide(held, held.memory(), event, version, units, now);
        } else if (known instanceof Known.Remembered remembered) {
            return decide(remembered, remembered.memory(), event, version, units, now);
        }
        return first(event, Memory.first(version, units), now);
    }

    private Decision decide(
            Known known, Memory memory, UsageEvent event, Version version, Fingerprint units, Instant now) {
        if (memory.knows(version, units)) {
            return new Decision.Duplicate();
        }
        int order = version.compareTo(memory.latest());
        if (order < 0) {
            boolean saysNothing = version.claim() == Claim.NO_USAGE
                    && version.revision() == memory.latest().revision();
            return saysNothing
                    ? new Decision.Duplicate()
                    : note(known, memory, memory.noting(version, units), event, now, EntryStatus.SUPERSEDED);
        }
        Memory next = order == 0 ? memory.noting(version, units) : memory.ledBy(version, units);
        if (known instanceof Known.Held held) {
            return order == 0
                    ? note(known, memory, next, event, now, EntryStatus.CONFLICT)
                    : replace(held, next, event, now);
        }
        return note(known, memory, next, event, now, EntryStatus.POSITION_EXPIRED);
    }

    private Decision first(UsageEvent event, Memory memory, Instant now) {
        if (event.getDeleted()) {
            LedgerEntry memo = memo(event, memory, EntryStatus.DELETED, "deletes an event that was not seen", now);
            return booked(event.getEventId(), memory, List.of(memo), null, List.of());
        }
        Pricing pricing = rating.price(event);
        if (pricing instanceof Pricing.Refused refused) {
            return new Decision.Refused(refused.field(), refused.message());
        }
        LedgerEntry usage = charge(EntryKind.USAGE, event, pricing, memory.nextSequence(), null, now);
        return booked(event.getEventId(), memory, List.of(usage), usage, List.of());
    }

    private Decision replace(Known.Held held, Memory next, UsageEvent event, Instant now) {
        Position position = held.position();
        List<LedgerEntry> entries = new ArrayList<>(2);
        @Nullable LedgerEntry standing = position.getStanding();
        @Nullable LedgerEntry replacement = null;
        String replaced = "revision " + position.getHighestRevision();
        String replacing = "revision " + event.getRevision();
        if (event.getDeleted()) {
            if (standing == null) {
                entries.add(
                        memo(event, next, EntryStatus.DELETED, replacing + " deletes what is deleted already", now));
            } else {
                entries.add(reversal(standing, event, next.nextSequence(), "deleted by " + replacing, now));
            }
        } else {
            Pricing pricing = rating.price(event);
            if (pricing instanceof Pricing.Refused refused) {
                return new Decision.Refused(refused.field(), refused.message());
            }
            if (standing != null) {
                entries.add(reversal(standing, event, next.nextSequence(), "replaced by " + replacing, now));
            }
            int sequence = Math.addExact(next.nextSequence(), entries.size());
            replacement = charge(EntryKind.CORRECTION, event, pricing, sequence, "replaces " + replaced, now);
            entries.add(replacement);
        }
        return booked(event.getEventId(), next, entries, replacement, position.getRequestsApplied());
    }

    /** Lists a record that changes nothing in the sums. */
    private Decision note(Known known, Memory memory, Memory next, UsageEvent event, Instant now, EntryStatus status) {
        String latest = "revision " + memory.latest().revision();
        String says = "revision " + event.getRevision() + " says " + Units.describe(event);
        @Nullable
        LedgerEntry standing =
                known instanceof Known.Held held ? held.position().getStanding() : null;
        String reason = switch (status) {
            case SUPERSEDED -> says + ", but " + latest + " came before it";
            case CONFLICT ->
                says + ", but what stands is " + (standing == null ? "nothing" : Units.describe(standing.getLines()));
            case POSITION_EXPIRED ->
                says + "; what stands by " + latest
                        + " is in the ledger, but no longer held here, so that nothing is changed";
            case UNKNOWN, PRICED, UNPRICED, NO_USAGE, GATEWAY_CACHE_HIT, DELETED ->
                throw new IllegalArgumentException("a record is not noted as " + status);
        };
        LedgerEntry memo = memo(event, next, status, reason, now);
        if (known instanceof Known.Held held) {
            return booked(
                    event.getEventId(),
                    next,
                    List.of(memo),
                    standing,
                    held.position().getRequestsApplied());
        }
        return new Decision.Booked(List.of(memo), new Known.Remembered(next.afterEntries(1)));
    }

    private static Decision booked(
            String eventId,
            Memory memory,
            List<LedgerEntry> entries,
            @Nullable LedgerEntry standing,
            List<String> requestsApplied) {
        Memory next = memory.afterEntries(entries.size());
        Position position = new Position(
                eventId,
                next.latest().revision(),
                next.nextSequence(),
                next.units().hex(),
                standing,
                requestsApplied);
        return new Decision.Booked(entries, new Known.Held(next, position));
    }

    private LedgerEntry charge(
            EntryKind kind, UsageEvent event, Pricing pricing, int sequence, @Nullable String reason, Instant now) {
        return Entries.charge(
                kind,
                event,
                rating.attribute(event),
                pricing,
                reason,
                new Entries.Place(sequence, calendar.billedIn(event.getEventTime(), now), now));
    }

    private LedgerEntry reversal(LedgerEntry standing, UsageEvent cause, int sequence, String reason, Instant now) {
        return Entries.reversal(
                standing,
                cause,
                reason,
                new Entries.Place(sequence, calendar.billedIn(standing.getEventTime(), now), now));
    }

    private LedgerEntry memo(UsageEvent event, Memory memory, EntryStatus status, String reason, Instant now) {
        return Entries.memo(
                event,
                rating.attribute(event),
                status,
                reason,
                new Entries.Place(memory.nextSequence(), calendar.billedIn(event.getEventTime(), now), now));
    }
}
