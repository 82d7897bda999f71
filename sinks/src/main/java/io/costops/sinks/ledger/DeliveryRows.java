package io.costops.sinks.ledger;

import static io.costops.sinks.rowbinary.Column.int32;
import static io.costops.sinks.rowbinary.Column.nullableInt32;
import static io.costops.sinks.rowbinary.Column.nullableTime;
import static io.costops.sinks.rowbinary.Column.text;
import static io.costops.sinks.rowbinary.Column.time;
import static io.costops.sinks.rowbinary.Column.word;
import static io.costops.sinks.rowbinary.Column.words;

import io.costops.schemas.avro.AlertDelivery;
import io.costops.sinks.rowbinary.RowFormat;
import java.util.List;

/** What became of notifications, as rows of the table {@code alert_deliveries}; migration V020 says what each column means. */
final class DeliveryRows {
    static final String TABLE = "alert_deliveries";

    private DeliveryRows() {}

    static RowFormat<AlertDelivery> format() {
        return new RowFormat<>(
                TABLE,
                List.of(
                        text("incident_id", AlertDelivery::getIncidentId),
                        int32("sequence", AlertDelivery::getSequence),
                        word("tenant", AlertDelivery::getTenant),
                        word("receiver", AlertDelivery::getReceiver),
                        word("kind", AlertDelivery::getKind),
                        words("routes", AlertDelivery::getRoutes, route -> route),
                        int32("revision", AlertDelivery::getRevision),
                        word("outcome", delivery -> AlertRows.lower(delivery.getOutcome())),
                        int32("attempts", AlertDelivery::getAttempts),
                        nullableInt32("status", AlertDelivery::getStatus),
                        text("message", AlertDelivery::getMessage),
                        time("recorded_at", AlertDelivery::getRecordedAt),
                        nullableTime("queued_at", AlertDelivery::getQueuedAt),
                        nullableTime("next_attempt_at", AlertDelivery::getNextAttemptAt)),
                delivery -> "the delivery of step " + delivery.getSequence() + " of incident "
                        + delivery.getIncidentId() + " to " + delivery.getReceiver());
    }
}
