package io.costops.enrichment.position;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.usage.UsageRules.Violation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What every request must satisfy. */
public final class RequestRules {
    private static final int MAX_ID_CHARACTERS = 512;
    private static final int MAX_REASON_CHARACTERS = 1_024;

    private RequestRules() {}

    /** The first rule that a request breaks; empty if it may be applied. */
    public static Optional<Violation> violation(UsageRequest request) {
        return Optional.ofNullable(firstViolation(request));
    }

    private static @Nullable Violation firstViolation(UsageRequest request) {
        if (request.getRequestId().isBlank() || request.getRequestId().length() > MAX_ID_CHARACTERS) {
            return invalid("request_id", "request_id must have 1 to " + MAX_ID_CHARACTERS + " characters");
        }
        if (request.getEventId().isBlank() || request.getEventId().length() > MAX_ID_CHARACTERS) {
            return invalid("event_id", "event_id must have 1 to " + MAX_ID_CHARACTERS + " characters");
        }
        if (request.getReason().isBlank() || request.getReason().length() > MAX_REASON_CHARACTERS) {
            return invalid(
                    "reason", "reason must say in 1 to " + MAX_REASON_CHARACTERS + " characters why it is asked");
        }
        Violation position = position(request);
        if (position != null) {
            return position;
        }
        return switch (request.getKind()) {
            case REPRICE -> null;
            case CORRECT -> correction(request);
            case REVERSE -> reversal(request);
            case UNKNOWN -> invalid("kind", "kind must be REPRICE, CORRECT or REVERSE");
        };
    }

    private static @Nullable Violation position(UsageRequest request) {
        if (!request.getPosition().getEventId().equals(request.getEventId())) {
            return invalid("position.event_id", "position must be of the event " + request.getEventId());
        }
        if (request.getPosition().getNextSequence() < 1) {
            return invalid(
                    "position.next_sequence",
                    "position.next_sequence must be 1 or more: an event without entries has nothing to change");
        }
        LedgerEntry standing = request.getPosition().getStanding();
        return standing == null ? null : charge("position.standing", standing, request.getEventId());
    }

    private static @Nullable Violation correction(UsageRequest request) {
        UsageEvent event = request.getEvent();
        if (event == null) {
            return invalid("event", "a CORRECT request must carry the event's record");
        }
        if (!event.getEventId().equals(request.getEventId())) {
            return invalid("event.event_id", "event must be of the event " + request.getEventId());
        }
        if (event.getOrigin() == null) {
            return invalid("event.origin", "event must say where its record stands");
        }
        return UsageRules.violation(event)
                .map(violation -> invalid("event." + violation.field(), violation.message()))
                .orElse(null);
    }

    private static @Nullable Violation reversal(UsageRequest request) {
        LedgerEntry charge = request.getCharge();
        return charge == null
                ? invalid("charge", "a REVERSE request must carry the charge to take back")
                : charge("charge", charge, request.getEventId());
    }

    private static @Nullable Violation charge(String field, LedgerEntry charge, String eventId) {
        if (!charge.getEventId().equals(eventId)) {
            return invalid(field + ".event_id", field + " must be of the event " + eventId);
        }
        if (charge.getKind() != EntryKind.USAGE && charge.getKind() != EntryKind.CORRECTION) {
            return invalid(field + ".kind", field + " must be a charge: of kind USAGE or CORRECTION");
        }
        return switch (charge.getStatus()) {
            case PRICED, UNPRICED, NO_USAGE, GATEWAY_CACHE_HIT -> null;
            case UNKNOWN, DELETED, SUPERSEDED, CONFLICT, POSITION_EXPIRED ->
                invalid(
                        field + ".status",
                        field + " must be a charge: PRICED, UNPRICED, NO_USAGE or GATEWAY_CACHE_HIT");
        };
    }

    private static Violation invalid(String field, String message) {
        return new Violation(RejectReason.INVALID_REQUEST, field, message);
    }
}
