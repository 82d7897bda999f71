package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.costops.ingest.http.Attribution.BadHeader;
import io.costops.ingest.keys.ApiKey;
import io.costops.ingest.keys.ApiKeys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Looks at a request's head: where it goes, who sends it, and whether its body is worth reading. */
final class DoorHandler extends Handler.Abstract {
    private static final String BEARER = "bearer ";

    private final Desk desk;
    private final Optional<ApiKeys> keys;
    private final Map<String, Route> routes;
    private final Route sourceRoute;
    private final Supplier<String> metricsPage;
    private final Readiness doorReadiness;
    private final Readiness readiness;
    private final SlowHeads slowHeads;

    /**
     * @param keys empty where the door serves this machine only
     * @param routes by path
     * @param sourceRoute for the paths below {@code /v1/usage/}
     * @param doorReadiness whether usage can be taken and kept, though the stream behind it may be away
     * @param readiness of the whole process
     */
    DoorHandler(
            Desk desk,
            Optional<ApiKeys> keys,
            List<Route> routes,
            Route sourceRoute,
            Supplier<String> metricsPage,
            Readiness doorReadiness,
            Readiness readiness,
            SlowHeads slowHeads) {
        this.desk = desk;
        this.keys = keys;
        this.routes = routes.stream().collect(java.util.stream.Collectors.toMap(Route::name, route -> route));
        this.sourceRoute = sourceRoute;
        this.metricsPage = metricsPage;
        this.doorReadiness = doorReadiness;
        this.readiness = readiness;
        this.slowHeads = slowHeads;
    }

    /** A request's target: the route, and what follows the route's own path. */
    private record Target(Route route, String rest) {}

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        slowHeads.watch(request);
        String requestId = UUID.randomUUID().toString();
        response.getHeaders().put("X-Request-Id", requestId);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        String path = Request.getPathInContext(request);
        Optional<Reply> page = page(path);
        Optional<Target> target = target(path);
        String routeName = target.map(found -> found.route().name()).orElse(page.isPresent() ? path : "other");
        Exchange exchange = new Exchange(desk, request, response, callback, requestId, routeName);
        if (page.isPresent()) {
            if (allowed(request, response, exchange, HttpMethod.GET, HttpMethod.HEAD)) {
                exchange.answer(page.get());
            }
        } else if (target.isEmpty()) {
            exchange.refuse(Problem.of(
                    HttpStatus.NOT_FOUND_404,
                    "not-found",
                    "there is nothing here; the doors are POST /v1/usage, /v1/usage/{source}, /v1/traces, /v1/events"));
        } else if (allowed(request, response, exchange, HttpMethod.POST)) {
            post(request, response, exchange, target.get());
        }
        return true;
    }

    private void post(Request request, Response response, Exchange exchange, Target target) {
        HttpFields headers = request.getHeaders();
        Optional<Dialect> dialect = target.route().dialect(headers);
        dialect.ifPresent(exchange::speak);
        Optional<ApiKey> key = Optional.empty();
        if (keys.isPresent()) {
            key = presented(headers).flatMap(keys.get()::authenticate);
            if (key.isEmpty()) {
                response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"costops\"");
                exchange.refuse(
                        Problem.of(
                                HttpStatus.UNAUTHORIZED_401,
                                "unauthenticated",
                                "an API key is needed that is valid: send it as Authorization: Bearer <key> or X-API-Key: <key>"));
                return;
            }
        }
        if (dialect.isEmpty()) {
            exchange.refuse(Problem.of(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE_415,
                    "content-type",
                    notTaken(headers.get(HttpHeader.CONTENT_TYPE)) + ": send "
                            + target.route().contentTypes() + ", in UTF-8"));
            return;
        }
        String encoding = Optional.ofNullable(headers.get(HttpHeader.CONTENT_ENCODING))
                .orElse("identity")
                .strip()
                .toLowerCase(Locale.ROOT);
        boolean gzip = encoding.equals("gzip") || encoding.equals("x-gzip");
        if (!gzip && !encoding.equals("identity")) {
            response.getHeaders().put(HttpHeader.ACCEPT_ENCODING, "gzip");
            exchange.refuse(Problem.of(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE_415,
                    "content-encoding",
                    "Content-Encoding '" + Fault.printable(encoding, 100) + "' is not taken: send gzip or none"));
            return;
        }
        begin(request, exchange, target, key, gzip);
    }

    private static String notTaken(@Nullable String contentType) {
        return contentType == null
                ? "Content-Type is missing"
                : "Content-Type '" + Fault.printable(contentType, 100) + "' is not taken here";
    }

    private static void begin(Request request, Exchange exchange, Target target, Optional<ApiKey> key, boolean gzip) {
        Attribution attribution;
        try {
            attribution = Attribution.of(request.getHeaders());
        } catch (BadHeader e) {
            exchange.refuse(Problem.of(HttpStatus.BAD_REQUEST_400, "bad-header", String.valueOf(e.getMessage())));
            return;
        }
        TenantRule rule = new TenantRule(key);
        Optional<Fault> foreign = rule.violation(
                0, "X-CostOps-Tenant", Optional.ofNullable(attribution.members().get("tenant")));
        if (foreign.isPresent()) {
            exchange.refuse(Problem.of(
                    HttpStatus.FORBIDDEN_403, "foreign-tenant", foreign.get().message()));
            return;
        }
        exchange.begin(new Exchange.Work(target.route(), target.rest(), key, rule.applied(attribution), gzip));
    }

    private static boolean allowed(Request request, Response response, Exchange exchange, HttpMethod... methods) {
        for (HttpMethod method : methods) {
            if (method.is(request.getMethod())) {
                return true;
            }
        }
        String allow = String.join(
                ", ", java.util.Arrays.stream(methods).map(HttpMethod::asString).toList());
        response.getHeaders().put(HttpHeader.ALLOW, allow);
        exchange.refuse(Problem.of(HttpStatus.METHOD_NOT_ALLOWED_405, "method", "this path takes " + allow + " only"));
        return false;
    }

    private Optional<Target> target(String path) {
        String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        Route route = routes.get(trimmed);
        if (route != null) {
            return Optional.of(new Target(route, ""));
        }
        String below = "/v1/usage/";
        return trimmed.startsWith(below)
                ? Optional.of(new Target(sourceRoute, trimmed.substring(below.length())))
                : Optional.empty();
    }

    static Optional<String> presented(HttpFields headers) {
        String authorization = headers.get(HttpHeader.AUTHORIZATION);
        if (authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            return Optional.of(authorization.substring(BEARER.length()).strip());
        }
        return Optional.ofNullable(headers.get("X-API-Key")).map(String::strip);
    }

    private Optional<Reply> page(String path) {
        return switch (path) {
            case "/healthz" ->
                Optional.of(Reply.of(HttpStatus.OK_200, "text/plain", "ok\n".getBytes(StandardCharsets.UTF_8)));
            case "/readyz" -> Optional.of(ready(readiness));
            case "/readyz/door" -> Optional.of(ready(doorReadiness));
            case "/metrics" ->
                Optional.of(Reply.of(
                        HttpStatus.OK_200,
                        "text/plain; version=0.0.4; charset=utf-8",
                        metricsPage.get().getBytes(StandardCharsets.UTF_8)));
            default -> Optional.empty();
        };
    }

    private static Reply ready(Readiness readiness) {
        Map<String, String> reasons = readiness.reasons();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeBooleanField("ready", reasons.isEmpty());
            json.writeObjectFieldStart("reasons");
            for (Map.Entry<String, String> reason : reasons.entrySet()) {
                json.writeStringField(reason.getKey(), reason.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        return Reply.of(
                reasons.isEmpty() ? HttpStatus.OK_200 : HttpStatus.SERVICE_UNAVAILABLE_503,
                "application/json",
                out.toByteArray());
    }
}
