package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpStatus;

/**
 * A request that was refused, as RFC 9457 describes it.
 *
 * @param status HTTP status
 * @param type short name that programs can switch on; stands behind {@link #TYPE_PREFIX}
 * @param detail one sentence with the fix
 * @param retryAfter when the same request may be sent again
 */
record Problem(int status, String type, String detail, List<Fault> faults, Optional<Duration> retryAfter) {
    static final String CONTENT_TYPE = "application/problem+json";
    static final String TYPE_PREFIX = "urn:costops:problem:";

    /** More are counted, not listed: an answer is bounded as well. */
    static final int MAX_LISTED = 1_000;

    static Problem of(int status, String type, String detail) {
        return new Problem(status, type, detail, List.of(), Optional.empty());
    }

    static Problem retryable(int status, String type, String detail, Duration retryAfter) {
        return new Problem(status, type, detail, List.of(), Optional.of(retryAfter));
    }

    /** The memory set aside for requests is full. */
    static Problem busy() {
        return retryable(
                HttpStatus.SERVICE_UNAVAILABLE_503,
                "busy",
                "the requests under way fill the memory set aside for them; nothing was written: send it again",
                Duration.ofSeconds(1));
    }

    Problem withFaults(List<Fault> listed) {
        return new Problem(status, type, detail, listed, retryAfter);
    }

    /** None of the elements was good. The status is theirs if they agree, else 422. */
    static Problem noneGood(List<Fault> faults) {
        int status = faults.stream().mapToInt(Fault::status).distinct().count() == 1
                ? faults.get(0).status()
                : HttpStatus.UNPROCESSABLE_ENTITY_422;
        String detail = faults.size() == 1
                ? faults.get(0).message()
                : "none of the " + faults.size() + " elements can be used; errors lists why";
        return of(status, "invalid-elements", detail).withFaults(faults);
    }

    byte[] json(String requestId) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("type", TYPE_PREFIX + type);
            json.writeStringField("title", HttpStatus.getMessage(status));
            json.writeNumberField("status", status);
            json.writeStringField("detail", Fault.printable(detail, 1_000));
            json.writeStringField("request_id", requestId);
            writeFaults(json, faults);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        return out.toByteArray();
    }

    static void writeFaults(JsonGenerator json, List<Fault> faults) throws IOException {
        if (faults.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("errors");
        for (Fault fault : faults.subList(0, Math.min(faults.size(), MAX_LISTED))) {
            json.writeStartObject();
            json.writeNumberField("index", fault.index());
            json.writeStringField("field", fault.field());
            json.writeStringField("message", fault.message());
            json.writeNumberField("status", fault.status());
            json.writeBooleanField("kept", fault.kept());
            json.writeEndObject();
        }
        json.writeEndArray();
        if (faults.size() > MAX_LISTED) {
            json.writeNumberField("errors_not_listed", faults.size() - MAX_LISTED);
        }
    }
}
