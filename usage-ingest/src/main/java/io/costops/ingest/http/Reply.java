package io.costops.ingest.http;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/** An answer, ready to be sent. */
record Reply(int status, String contentType, ByteBuffer body, Optional<Duration> retryAfter) {
    static Reply of(int status, String contentType, byte[] body) {
        return new Reply(status, contentType, ByteBuffer.wrap(body), Optional.empty());
    }

    static Reply of(Problem problem, String requestId) {
        return new Reply(
                problem.status(), Problem.CONTENT_TYPE, ByteBuffer.wrap(problem.json(requestId)), problem.retryAfter());
    }
}
