package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.eclipse.jetty.http.HttpStatus;

/** 202 with counts and per-element errors; RFC 9457 problems. */
final class JsonDialect implements Dialect {
    static final JsonDialect INSTANCE = new JsonDialect();

    private JsonDialect() {}

    @Override
    public Reply written(Receipt receipt) {
        if (receipt.noneGood()) {
            return refused(Problem.noneGood(receipt.faults()), receipt.requestId());
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("request_id", receipt.requestId());
            json.writeNumberField("accepted", receipt.accepted());
            json.writeNumberField("rejected", receipt.faults().size());
            Problem.writeFaults(json, receipt.faults());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        return Reply.of(HttpStatus.ACCEPTED_202, "application/json", out.toByteArray());
    }

    @Override
    public Reply refused(Problem problem, String requestId) {
        return Reply.of(problem, requestId);
    }
}
