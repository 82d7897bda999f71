package io.costops.ingest.http;

import io.costops.schemas.avro.RejectReason;
import java.util.Locale;
import org.eclipse.jetty.http.HttpStatus;

/**
 * What is wrong with one element.
 *
 * @param index of the element in the request, from 0
 * @param field path of the field; empty if the element as a whole is meant
 * @param message one sentence with the fix
 * @param status that the request gets if no element of it is good
 * @param kept true if the bytes are in Kafka all the same, to be rejected and kept by the stream
 * @param reason for the metrics, one of few
 */
record Fault(int index, String field, String message, int status, boolean kept, String reason) {
    private static final int MAX_FIELD = 200;
    private static final int MAX_MESSAGE = 500;

    Fault {
        field = printable(field, MAX_FIELD);
        message = printable(message, MAX_MESSAGE);
    }

    static Fault malformed(int index, String message) {
        return malformed(index, "", message);
    }

    static Fault malformed(int index, String field, String message) {
        return new Fault(index, field, message, HttpStatus.BAD_REQUEST_400, false, label(RejectReason.MALFORMED_JSON));
    }

    static Fault tooLarge(int index, String message) {
        return new Fault(index, "", message, HttpStatus.PAYLOAD_TOO_LARGE_413, false, label(RejectReason.TOO_LARGE));
    }

    static Fault invalid(int index, String field, String message) {
        return new Fault(
                index, field, message, HttpStatus.UNPROCESSABLE_ENTITY_422, false, label(RejectReason.INVALID_FIELD));
    }

    static Fault forbidden(int index, String field, String message) {
        return new Fault(index, field, message, HttpStatus.FORBIDDEN_403, false, "foreign_tenant");
    }

    Fault onLine(int line) {
        return new Fault(index, field, "line " + line + ": " + message, status, kept, reason);
    }

    static String label(RejectReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    /** A sender's text may stand in a message: bounded, and nothing in it that moves a terminal's cursor. */
    static String printable(String text, int maxLength) {
        String bounded = text.length() <= maxLength ? text : text.substring(0, maxLength - 1) + "…";
        StringBuilder clean = new StringBuilder(bounded.length());
        bounded.chars().forEach(c -> clean.append(Character.isISOControl(c) ? '\uFFFD' : (char) c));
        return clean.toString();
    }
}
