package io.costops.ingest.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;

/**
 * Closes connections on which a request's head doesn't come to its end: the idle timeout doesn't see a client that sends
 * one byte every few seconds.
 */
final class SlowHeads implements Connection.Listener {
    private final long timeoutNanos;
    private final Map<Connection, Head> heads = new ConcurrentHashMap<>();

    /** What is known of the head that a connection is receiving. */
    private static final class Head {
        private boolean inRequest;
        private long bytesBefore;
        private long sinceNanos;
        private boolean begun;

        synchronized void requestBegan() {
            inRequest = true;
            begun = false;
        }

        synchronized void requestEnded(long bytesIn) {
            inRequest = false;
            bytesBefore = bytesIn;
        }

        synchronized boolean isOverdue(long bytesIn, long nowNanos, long timeoutNanos) {
            if (inRequest || bytesIn <= bytesBefore) {
                return false;
            }
            if (!begun) {
                begun = true;
                sinceNanos = nowNanos;
            }
            return nowNanos - sinceNanos >= timeoutNanos;
        }
    }

    SlowHeads(Duration timeout) {
        this.timeoutNanos = timeout.toNanos();
    }

    @Override
    public void onOpened(Connection connection) {
        // The connection below TLS isn't one of these.
        if (connection instanceof ConnectionMetaData) {
            heads.put(connection, new Head());
        }
    }

    @Override
    public void onClosed(Connection connection) {
        heads.remove(connection);
    }

    /** A request's head is complete. */
    void watch(Request request) {
        Connection connection = request.getConnectionMetaData().getConnection();
        Head head = heads.get(connection);
        if (head != null) {
            head.requestBegan();
            Request.addCompletionListener(request, failure -> head.requestEnded(connection.getBytesIn()));
        }
    }

    void closeOverdue(long nowNanos) {
        heads.forEach((connection, head) -> {
            if (head.isOverdue(connection.getBytesIn(), nowNanos, timeoutNanos)) {
                connection.getEndPoint().close(new TimeoutException("the request's head did not come to its end"));
            }
        });
    }
}
