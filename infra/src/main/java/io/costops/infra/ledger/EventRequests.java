package io.costops.infra.ledger;

import io.costops.enrichment.position.LedgerPosition;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import java.time.Clock;
import java.time.temporal.ChronoUnit;

/**
 * Writes requests. Their ids follow from what they ask for and from the position that they were made from, so that a
 * command that is killed and run again asks the same thing, which is applied once.
 */
public final class EventRequests {
    /** With it begin the ids of requests that apply a late record; the view pending_corrections knows them by it. */
    static final String LATE = "late:";

    private final Clock clock;

    public EventRequests(Clock clock) {
        this.clock = clock;
    }

    /** Asks to book the difference to another price. */
    public UsageRequest reprice(LedgerPosition position, LedgerEntry target, String reason) {
        String price = target.getPriceRevision() == null ? "no price" : target.getPriceRevision();
        return request(
                        "price:" + position.position().getNextSequence() + ":" + bounded(price),
                        RequestKind.REPRICE,
                        position,
                        reason)
                .build();
    }

    /** Asks to apply a record that came too late. */
    public UsageRequest correct(LedgerPosition position, String memoEntryId, UsageEvent event) {
        return request(
                        LATE + memoEntryId,
                        RequestKind.CORRECT,
                        position,
                        "the record came after its event's position had expired")
                .setEvent(event)
                .build();
    }

    /** Asks to take back a charge that was booked again. */
    public UsageRequest reverse(LedgerPosition position, LedgerEntry charge) {
        return request(
                        LedgerPosition.againRequestId(charge),
                        RequestKind.REVERSE,
                        position,
                        "the event came again after the dedup window")
                .setCharge(charge)
                .build();
    }

    private UsageRequest.Builder request(String id, RequestKind kind, LedgerPosition position, String reason) {
        return UsageRequest.newBuilder()
                .setRequestId(id)
                .setEventId(position.position().getEventId())
                .setKind(kind)
                .setReason(reason)
                .setRequestedAt(clock.instant().truncatedTo(ChronoUnit.MICROS))
                .setPosition(position.position());
    }

    private static String bounded(String price) {
        int most = 400;
        return price.length() <= most ? price : price.substring(0, most);
    }
}
