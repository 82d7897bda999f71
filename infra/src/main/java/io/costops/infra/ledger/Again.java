package io.costops.infra.ledger;

import io.costops.enrichment.position.LedgerPosition;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.UsageRequest;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Charges of events that came again after the dedup window. */
public final class Again {
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final LedgerReader ledger;
    private final EventRequests asks;

    /**
     * A charge that is too much.
     *
     * @param request what takes it back
     */
    public record Charge(LedgerEntry entry, UsageRequest request) {
        public @Nullable BigDecimal billedCost() {
            return entry.getBilledCost();
        }
    }

    public Again(LedgerReader ledger, EventRequests asks) {
        this.ledger = ledger;
        this.asks = asks;
    }

    /**
     * The charges that are too much.
     *
     * @param eventId only this event's; null: all
     */
    public List<Charge> charges(@Nullable String eventId) {
        List<Charge> charges = new ArrayList<>();
        String last = "";
        while (true) {
            List<String> page = new ArrayList<>();
            ledger.rows(
                    "SELECT event_id FROM " + ledger.table("booked_again") + " WHERE event_id > " + SqlText.of(last)
                            + (eventId == null ? "" : " AND event_id = " + SqlText.of(eventId))
                            + " ORDER BY event_id LIMIT " + LedgerReader.PAGE,
                    row -> page.add(LedgerReader.text(row, "event_id")));
            for (List<LedgerEntry> entries : ledger.entries(page).values()) {
                LedgerPosition position = LedgerPosition.of(entries);
                position.bookedAgain()
                        .forEach(charge -> charges.add(new Charge(charge, asks.reverse(position, charge))));
            }
            if (page.size() < LedgerReader.PAGE) {
                return charges;
            }
            last = page.get(page.size() - 1);
        }
    }

    /**
     * Takes charges back and waits until the ledger shows it.
     *
     * @throws PlatformException if it doesn't within the time given; asking again goes on from there
     */
    public void takeBack(
            List<Charge> charges, @Nullable String eventId, Consumer<List<UsageRequest>> requests, Duration atMost) {
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        List<Charge> left = charges;
        int looks = 0;
        while (!left.isEmpty()) {
            if (looks % 10 == 0) {
                requests.accept(left.stream().map(Charge::request).toList());
            }
            looks++;
            Pause.of(LOOK);
            left = charges(eventId);
            if (!left.isEmpty() && System.nanoTime() > giveUpAt) {
                throw new PlatformException(left.size() + " charges are not taken back after " + atMost.toSeconds()
                        + " s: does the job enrichment run? Run the command again to go on");
            }
        }
    }
}
