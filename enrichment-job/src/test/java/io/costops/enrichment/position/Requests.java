package io.costops.enrichment.position;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import java.time.Instant;
import java.util.List;

/** Requests about an event, with its position as read from its ledger entries. */
public final class Requests {
    private static final Instant ASKED = Instant.parse("2026-08-04T12:00:00Z");

    private Requests() {}

    public static UsageRequest reprice(String id, List<LedgerEntry> ledger) {
        return request(id, RequestKind.REPRICE, ledger).build();
    }

    public static UsageRequest correct(String id, List<LedgerEntry> ledger, UsageEvent event) {
        return request(id, RequestKind.CORRECT, ledger).setEvent(event).build();
    }

    /** Asks to take back the oldest charge that was booked again. */
    public static UsageRequest reverse(List<LedgerEntry> ledger) {
        LedgerEntry charge = LedgerPosition.of(ledger).bookedAgain().get(0);
        return request(LedgerPosition.againRequestId(charge), RequestKind.REVERSE, ledger)
                .setCharge(charge)
                .build();
    }

    public static UsageRequest.Builder request(String id, RequestKind kind, List<LedgerEntry> ledger) {
        return UsageRequest.newBuilder()
                .setRequestId(id)
                .setEventId(ledger.get(0).getEventId())
                .setKind(kind)
                .setReason("a test asks")
                .setRequestedAt(ASKED)
                .setPosition(LedgerPosition.of(ledger).position());
    }
}
