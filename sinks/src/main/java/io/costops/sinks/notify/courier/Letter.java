package io.costops.sinks.notify.courier;

import io.costops.schemas.avro.Alert;

/**
 * An alert on its way to one receiver.
 *
 * @param id the same for every attempt, so that a receiver can tell a repeat
 */
public record Letter(String id, Alert alert) {
    /** Named by what it is about and whom it goes to. */
    public static Letter to(String receiver, Alert alert) {
        return new Letter(alert.getIncidentId() + "/" + alert.getSequence() + "/" + receiver, alert);
    }
}
