package io.costops.ingest.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** What the server itself refuses (broken HTTP, a head too large) in the same form as what the door refuses. */
final class DoorErrors extends ErrorHandler {
    private static final String NO_ID = "none";

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
        response.write(true, ByteBuffer.wrap(problem(code, message)), callback);
    }

    private static byte[] problem(int status, @Nullable String reason) {
        return Problem.of(status, "malformed-request", detail(status, reason)).json(NO_ID);
    }

    private static String detail(int status, @Nullable String reason) {
        if (status == HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505) {
            return "this version of HTTP is not spoken here: send HTTP/1.1";
        }
        return status >= 500
                ? "this is a fault of the service: tell its operator"
                : "the HTTP request itself can't be read" + (reason == null ? "" : ": " + reason);
    }
}
