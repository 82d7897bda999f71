package io.costops.ingest;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** {@code /healthz}: the process lives. {@code /readyz}: it takes usage. {@code /metrics}: Prometheus. */
public final class StatusEndpoint extends Handler.Abstract {
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final BooleanSupplier ready;
    private final PrometheusMeterRegistry registry;

    public StatusEndpoint(BooleanSupplier ready, PrometheusMeterRegistry registry) {
        this.ready = ready;
        this.registry = registry;
    }

    /** False for any other path, so that another handler may take it. */
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String path = Request.getPathInContext(request);
        if (!HttpMethod.GET.is(request.getMethod())) {
            return false;
        }
        switch (path) {
            case "/healthz" -> answer(response, callback, HttpStatus.OK_200, PLAIN, "alive\n");
            case "/readyz" -> {
                boolean isReady = ready.getAsBoolean();
                answer(
                        response,
                        callback,
                        isReady ? HttpStatus.OK_200 : HttpStatus.SERVICE_UNAVAILABLE_503,
                        PLAIN,
                        isReady ? "ready\n" : "not ready: the stream is not running\n");
            }
            case "/metrics" -> answer(response, callback, HttpStatus.OK_200, PROMETHEUS, registry.scrape());
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void answer(Response response, Callback callback, int status, String type, String body) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        Content.Sink.write(response, true, body, callback);
    }
}
