package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.CodedOutputStream;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.http.HttpStatus;

/**
 * The answers of OTLP/HTTP 1.x, in the encoding of the request: 200, with {@code partial_success} where spans were
 * rejected, and a {@code google.rpc.Status} otherwise.
 *
 * <p>Spans that were rejected don't make the request fail: the exporter must not send it again.
 */
enum OtlpDialect implements Dialect {
    PROTOBUF(OtlpDialect.PROTOBUF_TYPE) {
        @Override
        byte[] success(ExportTraceServiceResponse response) {
            return response.toByteArray();
        }

        @Override
        byte[] status(int code, String message) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            out.writeInt32(STATUS_CODE_FIELD, code);
            out.writeString(STATUS_MESSAGE_FIELD, message);
            out.flush();
            return bytes.toByteArray();
        }
    },

    JSON(OtlpDialect.JSON_TYPE) {
        @Override
        byte[] success(ExportTraceServiceResponse response) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (JsonGenerator json = StrictJson.FACTORY.createGenerator(bytes)) {
                json.writeStartObject();
                if (response.hasPartialSuccess()) {
                    ExportTracePartialSuccess partial = response.getPartialSuccess();
                    json.writeObjectFieldStart("partialSuccess");
                    json.writeStringField("rejectedSpans", Long.toString(partial.getRejectedSpans()));
                    json.writeStringField("errorMessage", partial.getErrorMessage());
                    json.writeEndObject();
                }
                json.writeEndObject();
            }
            return bytes.toByteArray();
        }

        @Override
        byte[] status(int code, String message) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (JsonGenerator json = StrictJson.FACTORY.createGenerator(bytes)) {
                json.writeStartObject();
                json.writeNumberField("code", code);
                json.writeStringField("message", message);
                json.writeEndObject();
            }
            return bytes.toByteArray();
        }
    };

    static final String PROTOBUF_TYPE = "application/x-protobuf";
    static final String JSON_TYPE = "application/json";

    /** Field numbers of google.rpc.Status. */
    private static final int STATUS_CODE_FIELD = 1;

    private static final int STATUS_MESSAGE_FIELD = 2;
    private static final int MAX_NAMED = 5;

    private final String contentType;

    OtlpDialect(String contentType) {
        this.contentType = contentType;
    }

    abstract byte[] success(ExportTraceServiceResponse response) throws IOException;

    abstract byte[] status(int code, String message) throws IOException;

    @Override
    public Reply written(Receipt receipt) {
        ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
        if (!receipt.faults().isEmpty()) {
            response.setPartialSuccess(ExportTracePartialSuccess.newBuilder()
                    .setRejectedSpans(receipt.faults().size())
                    .setErrorMessage(summary(receipt.faults())));
        }
        try {
            return Reply.of(HttpStatus.OK_200, contentType, success(response.build()));
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
    }

    @Override
    public Reply refused(Problem problem, String requestId) {
        String message = problem.detail()
                + (problem.faults().isEmpty() ? "" : ": " + summary(problem.faults()))
                + " (request " + requestId + ")";
        try {
            byte[] body = status(grpcCode(problem.status()), message);
            return new Reply(problem.status(), contentType, ByteBuffer.wrap(body), problem.retryAfter());
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
    }

    private static String summary(List<Fault> faults) {
        StringBuilder text = new StringBuilder();
        for (Fault fault : faults.subList(0, Math.min(faults.size(), MAX_NAMED))) {
            text.append(text.isEmpty() ? "" : "; ")
                    .append("span ")
                    .append(fault.index())
                    .append(fault.field().isEmpty() ? "" : ", " + fault.field())
                    .append(": ")
                    .append(fault.message());
        }
        if (faults.size() > MAX_NAMED) {
            text.append("; and ").append(faults.size() - MAX_NAMED).append(" more");
        }
        return text.toString();
    }

    /** google.rpc.Code, as the mapping of HTTP statuses in googleapis' code.proto gives it. */
    private static int grpcCode(int status) {
        return switch (status) {
            case HttpStatus.UNAUTHORIZED_401 -> 16;
            case HttpStatus.FORBIDDEN_403 -> 7;
            case HttpStatus.NOT_FOUND_404 -> 5;
            case HttpStatus.REQUEST_TIMEOUT_408 -> 4;
            case HttpStatus.TOO_MANY_REQUESTS_429 -> 8;
            case HttpStatus.SERVICE_UNAVAILABLE_503 -> 14;
            case HttpStatus.INTERNAL_SERVER_ERROR_500 -> 13;
            default -> 3;
        };
    }
}
