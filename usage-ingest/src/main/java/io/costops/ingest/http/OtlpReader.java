package io.costops.ingest.http;

import java.util.Map;
import org.eclipse.jetty.http.HttpStatus;

/** Takes what is found in an OTLP trace request, in the order in which it stands there. */
interface OtlpReader {

    /** The spans that follow belong to this resource; its attributes that are strings, numbers or booleans. */
    void resource(Map<String, String> attributes);

    /** A span that may be a model's, in OTLP's JSON form. */
    void span(byte[] json, int from, int length) throws NoRoom;

    /** A span that is no model's. */
    void unrelated() throws NoRoom;

    void unusable(String message) throws NoRoom;

    /** The request holds more, in number or in bytes, than can be taken. */
    final class NoRoom extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Problem problem;

        NoRoom(Problem problem) {
            super(problem.detail());
            this.problem = problem;
        }

        static NoRoom tooManySpans(int limit) {
            return new NoRoom(Problem.of(
                    HttpStatus.PAYLOAD_TOO_LARGE_413,
                    "too-many-elements",
                    "the request has more than " + limit
                            + " spans: set the exporter's batch size (max_export_batch_size, send_batch_max_size)"));
        }

        Problem problem() {
            return problem;
        }
    }
}
