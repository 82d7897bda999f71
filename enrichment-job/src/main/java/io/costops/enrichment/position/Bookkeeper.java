package io.costops.enrichment.position;

import io.costops.enrichment.pricing.Pricing;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides what one more record of an event books.
 *
 * <p>The sum of an event's entries is always its standing: the version that speaks for it, charged once, or nothing. So
 * a version that replaces another is booked as the exact negation of what stands and the new charge, and a record that
 * doesn't speak for the event is at most noted, at no cost.
 */
public final class Bookkeeper {
    /** Requests of an event that are remembered as applied. */
    public static final int MAX_REQUESTS = 64;

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
                    : note(known, memory, memory.noting(version, units), event, now, EntryStatus.SUPERSEDED, null);
        }
        Memory next = order == 0 ? memory.noting(version, units) : memory.ledBy(version, units);
        if (known instanceof Known.Held held) {
            return order == 0
                    ? note(known, memory, next, event, now, EntryStatus.CONFLICT, null)
                    : replace(held, next, event, now, null);
        }
        return note(known, memory, next, event, now, EntryStatus.POSITION_EXPIRED, null);
    }

    /**
     * Decides on a request.
     *
     * <p>It is applied to the position that is held here, else to the one that it carries, unless that is older than what
     * was booked here since.
     *
     * @param request a valid request
     * @param now when its entries are recorded
     */
    public Decision decide(Known known, UsageRequest request, Instant now) {
        Known.Held held;
        if (known instanceof Known.Held own) {
            held = own;
        } else if (known instanceof Known.Remembered remembered) {
            if (request.getPosition().getNextSequence() < remembered.memory().nextSequence()) {
                return new Decision.Stale();
            }
            held = carried(remembered.memory(), request.getPosition());
        } else {
            Position carried = request.getPosition();
            held = new Known.Held(
                    Memory.first(version(carried), units(carried.getStanding()))
                            .numberedFrom(carried.getNextSequence()),
                    carried);
        }
        if (held.position().getRequestsApplied().contains(request.getRequestId())) {
            return new Decision.Duplicate();
        }
        return switch (request.getKind()) {
            case REPRICE -> reprice(held, request, now);
            case CORRECT -> correct(held, request, now);
            case REVERSE -> reverse(held, request, now);
            case UNKNOWN -> throw new IllegalArgumentException("a request that breaks RequestRules is not applied");
        };
    }

    private Decision reprice(Known.Held held, UsageRequest request, Instant now) {
        LedgerEntry standing = held.position().getStanding();
        if (standing == null) {
            return new Decision.Unchanged();
        }
        Repricing repricing = reprice(standing);
        if (repricing instanceof Repricing.Refused refused) {
            return new Decision.Refused(refused.field(), refused.message());
        }
        LedgerEntry target = ((Repricing.To) repricing).target();
        List<LedgerEntry> entries = new ArrayList<>();
        LedgerEntry adjusted = standing;
        for (LedgerEntry adjustment : Adjustments.between(standing, target)) {
            int sequence = Math.addExact(held.memory().nextSequence(), entries.size());
            Entries.book(
                    adjustment,
                    EntryKind.ADJUSTMENT,
                    new Entries.Place(
                            sequence, calendar.billedIn(standing.getEventTime(), now), now, request.getRequestId()));
            adjustment.setReason(
                    target.getReason() == null ? request.getReason() : request.getReason() + "; " + target.getReason());
            entries.add(adjustment);
            adjusted = Adjustments.applied(adjusted, adjustment);
        }
        return entries.isEmpty()
                ? new Decision.Unchanged()
                : booked(held.memory(), version(held.position()), entries, adjusted, applied(held, request));
    }

    /** What a charge would be by the books as they are now. */
    public Repricing reprice(LedgerEntry standing) {
        UsageEvent usage = Usage.of(standing);
        Pricing pricing = rating.reprice(usage);
        if (pricing instanceof Pricing.Refused refused) {
            return new Repricing.Refused(refused.field(), refused.message());
        }
        LedgerEntry target = Entries.repriced(standing, usage, pricing);
        return new Repricing.To(target, !Adjustments.same(standing, target));
    }

    /** Applies a record that came when what it changes was no longer held: the same order of versions decides. */
    private Decision correct(Known.Held own, UsageRequest request, Instant now) {
        Known.Held held = own;
        Position carried = request.getPosition();
        if (own.position().getStanding() == null
                && carried.getStanding() != null
                && carried.getNextSequence() >= own.memory().nextSequence()) {
            // The event was forgotten here, and began anew with a deletion; the ledger has what it deletes.
            held = carried(own.memory(), carried);
        }
        UsageEvent event = Objects.requireNonNull(request.getEvent(), "a CORRECT request carries its event");
        Version version = Version.of(event);
        Fingerprint units = Units.fingerprint(event);
        Memory memory = held.memory();
        Memory next = version.compareTo(memory.latest()) > 0
                ? memory.ledBy(version, units)
                : memory.knows(version, units) ? memory : memory.noting(version, units);
        int order = version.compareTo(version(held.position()));
        if (order > 0) {
            return replace(held, next, event, now, request);
        }
        boolean stands = order == 0 && units.equals(units(held.position().getStanding()));
        return note(
                held,
                held.memory(),
                next,
                event,
                now,
                order == 0 && !stands ? EntryStatus.CONFLICT : EntryStatus.SUPERSEDED,
                request);
    }

    private Decision reverse(Known.Held held, UsageRequest request, Instant now) {
        LedgerEntry charge = Objects.requireNonNull(request.getCharge(), "a REVERSE request carries its charge");
        Position carried = request.getPosition();
        // The operator that booked the event again may hold that very charge as what stands; the ledger knows better.
        LedgerEntry own = held.position().getStanding();
        boolean holdsTheCopy = own != null
                && own.getEntryId().equals(charge.getEntryId())
                && own.getRecordedAt().equals(charge.getRecordedAt());
        Position stands =
                holdsTheCopy || version(held.position()).compareTo(version(carried)) < 0 ? carried : held.position();
        Memory memory = carried(held.memory(), stands)
                .memory()
                .numberedFrom(Math.max(held.memory().nextSequence(), carried.getNextSequence()));
        LedgerEntry reversal = Entries.reversal(
                charge,
                request.getReason(),
                new Entries.Place(
                        memory.nextSequence(),
                        calendar.billedIn(charge.getEventTime(), now),
                        now,
                        request.getRequestId()));
        return booked(memory, version(stands), List.of(reversal), stands.getStanding(), applied(held, request));
    }

    /**
     * What a request tells to stand. Where the event was forgotten the ledger may know a higher version than the one that
     * was seen here since: nothing below it may replace it.
     */
    private static Known.Held carried(Memory memory, Position position) {
        Memory numbered = memory.numberedFrom(position.getNextSequence());
        Version version = version(position);
        return new Known.Held(
                version.compareTo(memory.latest()) > 0
                        ? numbered.ledBy(version, units(position.getStanding()))
                        : numbered,
                position);
    }

    /** What stands by a position, as a version: what its next record is compared with. */
    private static Version version(Position position) {
        LedgerEntry standing = position.getStanding();
        Claim claim = standing == null
                ? Claim.DELETED
                : standing.getStatus() == EntryStatus.NO_USAGE ? Claim.NO_USAGE : Claim.USAGE;
        return new Version(position.getHighestRevision(), claim);
    }

    static Fingerprint units(@Nullable LedgerEntry standing) {
        return standing == null ? Units.DELETED : Units.fingerprint(Usage.of(standing));
    }

    private static List<String> applied(Known.Held held, UsageRequest request) {
        List<String> all = new ArrayList<>(held.position().getRequestsApplied());
        all.add(request.getRequestId());
        return newest(all);
    }

    /** The last of the requests that were applied: of an event that is asked about for ever the oldest are forgotten. */
    static List<String> newest(List<String> requests) {
        return List.copyOf(requests.subList(Math.max(0, requests.size() - MAX_REQUESTS), requests.size()));
    }

    private Decision first(UsageEvent event, Memory memory, Instant now) {
        if (event.getDeleted()) {
            LedgerEntry memo =
                    memo(event, memory, EntryStatus.DELETED, "deletes an event that was not seen", now, null);
            return booked(memory, memory.latest(), List.of(memo), null, List.of());
        }
        Pricing pricing = rating.price(event);
        if (pricing instanceof Pricing.Refused refused) {
            return new Decision.Refused(refused.field(), refused.message());
        }
        LedgerEntry usage = charge(EntryKind.USAGE, event, pricing, memory.nextSequence(), null, now, null);
        return booked(memory, memory.latest(), List.of(usage), usage, List.of());
    }

    private Decision replace(
            Known.Held held, Memory next, UsageEvent event, Instant now, @Nullable UsageRequest request) {
        Position position = held.position();
        List<LedgerEntry> entries = new ArrayList<>(2);
        @Nullable LedgerEntry standing = position.getStanding();
        @Nullable LedgerEntry replacement = null;
        String replaced = "revision " + position.getHighestRevision();
        String replacing = "revision " + event.getRevision();
        @Nullable String requestId = request == null ? null : request.getRequestId();
        if (event.getDeleted()) {
            if (standing == null) {
                entries.add(memo(
                        event,
                        next,
                        EntryStatus.DELETED,
                        replacing + " deletes what is deleted already",
                        now,
                        requestId));
            } else {
                entries.add(reversal(standing, event, next.nextSequence(), "deleted by " + replacing, now, requestId));
            }
        } else {
            Pricing pricing = rating.price(event);
            if (pricing instanceof Pricing.Refused refused) {
                return new Decision.Refused(refused.field(), refused.message());
            }
            if (standing != null) {
                entries.add(reversal(standing, event, next.nextSequence(), "replaced by " + replacing, now, requestId));
            }
            int sequence = Math.addExact(next.nextSequence(), entries.size());
            replacement =
                    charge(EntryKind.CORRECTION, event, pricing, sequence, "replaces " + replaced, now, requestId);
            entries.add(replacement);
        }
        return booked(
                next,
                Version.of(event),
                entries,
                replacement,
                request == null ? position.getRequestsApplied() : applied(held, request));
    }

    /** Lists a record that changes nothing in the sums. */
    private Decision note(
            Known known,
            Memory memory,
            Memory next,
            UsageEvent event,
            Instant now,
            EntryStatus status,
            @Nullable UsageRequest request) {
        String latest = "revision "
                + (known instanceof Known.Held held
                        ? held.position().getHighestRevision()
                        : memory.latest().revision());
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
                        + " is in the ledger, but no longer held here: it waits for a request with what stands";
            case UNKNOWN, PRICED, UNPRICED, NO_USAGE, GATEWAY_CACHE_HIT, DELETED ->
                throw new IllegalArgumentException("a record is not noted as " + status);
        };
        LedgerEntry memo = memo(event, next, status, reason, now, request == null ? null : request.getRequestId());
        if (known instanceof Known.Held held) {
            return booked(
                    next,
                    version(held.position()),
                    List.of(memo),
                    standing,
                    request == null ? held.position().getRequestsApplied() : applied(held, request));
        }
        return new Decision.Booked(List.of(memo), new Known.Remembered(next.afterEntries(1)));
    }

    private static Decision booked(
            Memory memory,
            Version stands,
            List<LedgerEntry> entries,
            @Nullable LedgerEntry standing,
            List<String> requestsApplied) {
        Memory next = memory.afterEntries(entries.size());
        Position position = new Position(
                entries.get(0).getEventId(),
                stands.revision(),
                next.nextSequence(),
                // Nearly always the version that speaks is the one that stands, and its fingerprint is known.
                (stands.equals(next.latest()) ? next.units() : units(standing)).hex(),
                standing,
                requestsApplied);
        return new Decision.Booked(entries, new Known.Held(next, position));
    }

    private LedgerEntry charge(
            EntryKind kind,
            UsageEvent event,
            Pricing pricing,
            int sequence,
            @Nullable String reason,
            Instant now,
            @Nullable String requestId) {
        return Entries.charge(
                kind,
                event,
                rating.attribute(event),
                pricing,
                reason,
                new Entries.Place(sequence, calendar.billedIn(event.getEventTime(), now), now, requestId));
    }

    private LedgerEntry reversal(
            LedgerEntry standing,
            UsageEvent cause,
            int sequence,
            String reason,
            Instant now,
            @Nullable String requestId) {
        return Entries.reversal(
                standing,
                cause,
                reason,
                new Entries.Place(sequence, calendar.billedIn(standing.getEventTime(), now), now, requestId));
    }

    private LedgerEntry memo(
            UsageEvent event,
            Memory memory,
            EntryStatus status,
            String reason,
            Instant now,
            @Nullable String requestId) {
        return Entries.memo(
                event,
                rating.attribute(event),
                status,
                reason,
                new Entries.Place(memory.nextSequence(), calendar.billedIn(event.getEventTime(), now), now, requestId));
    }
}
