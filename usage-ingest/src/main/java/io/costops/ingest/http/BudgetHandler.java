package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.costops.ingest.budgets.BudgetDesk;
import io.costops.ingest.budgets.Call;
import io.costops.ingest.budgets.Decision;
import io.costops.ingest.keys.ApiKey;
import io.costops.ingest.keys.ApiKeys;
import io.costops.schemas.budget.BudgetScope;
import io.costops.schemas.value.LedgerDecimal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Invocable;

/** Answers gateways that ask before they call. Everything is in memory: an answer takes no other machine's time. */
final class BudgetHandler extends Handler.Wrapper {
    private static final String DECISION = "/v1/budgets/decision";
    private static final String RESERVATIONS = "/v1/budgets/reservations";
    private static final int MOST_BYTES = 16 * 1024;
    private static final int LONGEST_TEXT = 1_000;
    private static final Duration USUAL_TTL = Duration.ofMinutes(10);
    private static final Set<String> DIMENSIONS =
            Set.of("tenant", "project", "team", "cost_center", "user", "api_key_id", "model");

    private static final Problem UNREAD = Problem.of(
            HttpStatus.BAD_REQUEST_400,
            "bad-request",
            "the body did not come whole, or has more than " + MOST_BYTES + " bytes");

    private static final Problem NOT_READ = Problem.retryable(
            HttpStatus.SERVICE_UNAVAILABLE_503,
            "budgets-not-read",
            "the budgets have not been read since the start, so nothing can be decided: ask again in a second",
            Duration.ofSeconds(1));

    private final BudgetDesk desk;
    private final Optional<ApiKeys> keys;
    private final SlowHeads slowHeads;

    BudgetHandler(Handler next, BudgetDesk desk, Optional<ApiKeys> keys, SlowHeads slowHeads) {
        super(next);
        this.desk = desk;
        this.keys = keys;
        this.slowHeads = slowHeads;
    }

    /** A request that can't be answered, with the sentence that says why. */
    private static final class BadRequest extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Problem problem;

        BadRequest(int status, String type, String detail) {
            this(Problem.of(status, type, detail));
        }

        BadRequest(Problem problem) {
            super(problem.detail());
            this.problem = problem;
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String path = Request.getPathInContext(request);
        if (!path.equals(DECISION) && !path.equals(RESERVATIONS) && !path.startsWith(RESERVATIONS + "/")) {
            return super.handle(request, response, callback);
        }
        slowHeads.watch(request);
        String requestId = UUID.randomUUID().toString();
        response.getHeaders().put("X-Request-Id", requestId);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        try {
            Optional<ApiKey> key = key(request, response);
            if (path.equals(RESERVATIONS)) {
                require(request, response, HttpMethod.POST);
                // No thread waits for a body that comes slowly.
                Content.Source.asByteArrayAsync(
                        request,
                        MOST_BYTES,
                        Promise.Invocable.<byte[]>from(
                                Invocable.InvocationType.NON_BLOCKING,
                                body -> send(reserved(body, key, requestId), response, callback),
                                failure -> send(Reply.of(UNREAD, requestId), response, callback)));
                return true;
            }
            send(answer(path, request, response, key), response, callback);
        } catch (BadRequest e) {
            send(Reply.of(e.problem, requestId), response, callback);
        }
        return true;
    }

    private Reply reserved(byte[] body, Optional<ApiKey> key, String requestId) {
        try {
            return reserve(fields(body), key);
        } catch (BadRequest e) {
            return Reply.of(e.problem, requestId);
        }
    }

    private static void send(Reply reply, Response response, Callback callback) {
        response.setStatus(reply.status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.contentType());
        reply.retryAfter().ifPresent(pause -> response.getHeaders().put(HttpHeader.RETRY_AFTER, pause.toSeconds()));
        response.write(true, reply.body(), callback);
    }

    private Reply answer(String path, Request request, Response response, Optional<ApiKey> key) throws BadRequest {
        if (path.equals(DECISION)) {
            require(request, response, HttpMethod.GET);
            Map<String, String> given = new HashMap<>();
            for (Fields.Field field : Request.extractQueryParameters(request)) {
                if (field.hasMultipleValues()) {
                    throw bad(Fault.printable(field.getName(), 100) + " stands twice");
                }
                given.put(field.getName(), field.getValue());
            }
            Call call = call(given, key);
            requireBudgets();
            return reply(desk.decide(call));
        }
        require(request, response, HttpMethod.DELETE);
        String id = path.substring(RESERVATIONS.length() + 1);
        if (!desk.release(owned(id, key))) {
            throw new BadRequest(
                    HttpStatus.NOT_FOUND_404, "not-found", "no reservation '" + id + "' is held: it may have ended");
        }
        return Reply.of(HttpStatus.OK_200, "application/json", "{\"released\":true}".getBytes(StandardCharsets.UTF_8));
    }

    private Reply reserve(Map<String, String> given, Optional<ApiKey> key) throws BadRequest {
        String id = given.remove("id");
        if (id == null || id.isBlank() || id.length() > LONGEST_TEXT) {
            throw bad("id is missing: give the call an id of its own, so that asking twice reserves once");
        }
        String ttlText = given.remove("ttl");
        Duration ttl = ttlText == null ? USUAL_TTL : ttl(ttlText);
        Call call = call(given, key);
        if (call.estimate().signum() == 0) {
            throw bad("estimate is missing: say what the call costs at most, such as 0.25");
        }
        requireBudgets();
        try {
            return reply(desk.reserve(owned(id, key), call, ttl));
        } catch (IllegalStateException e) {
            throw new BadRequest(
                    HttpStatus.SERVICE_UNAVAILABLE_503, "too-many-reservations", String.valueOf(e.getMessage()));
        }
    }

    /** A hard budget must not be passed by because this process has just been started. */
    private void requireBudgets() throws BadRequest {
        if (!desk.isReady()) {
            throw new BadRequest(NOT_READ);
        }
    }

    private static String owned(String id, Optional<ApiKey> key) {
        return BudgetDesk.owned(key.map(certain -> certain.tenant().value()).orElse(""), id);
    }

    private Optional<ApiKey> key(Request request, Response response) throws BadRequest {
        if (keys.isEmpty()) {
            return Optional.empty();
        }
        Optional<ApiKey> key = DoorHandler.presented(request.getHeaders()).flatMap(keys.get()::authenticate);
        if (key.isEmpty()) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"costops\"");
            throw new BadRequest(
                    HttpStatus.UNAUTHORIZED_401,
                    "unauthenticated",
                    "an API key is needed that is valid: send it as Authorization: Bearer <key> or X-API-Key: <key>");
        }
        return key;
    }

    private static void require(Request request, Response response, HttpMethod method) throws BadRequest {
        if (!method.is(request.getMethod())) {
            response.getHeaders().put(HttpHeader.ALLOW, method.asString());
            throw new BadRequest(
                    HttpStatus.METHOD_NOT_ALLOWED_405, "method", "this path takes " + method.asString() + " only");
        }
    }

    private static Call call(Map<String, String> given, Optional<ApiKey> key) throws BadRequest {
        Map<String, String> dimensions = new HashMap<>();
        Map<String, String> tags = new HashMap<>();
        BigDecimal estimate = BigDecimal.ZERO;
        for (Map.Entry<String, String> each : given.entrySet()) {
            String name = each.getKey();
            String value = each.getValue();
            if (value.length() > LONGEST_TEXT) {
                throw bad(name + " is longer than " + LONGEST_TEXT + " characters");
            }
            if (name.equals("estimate")) {
                estimate = estimate(value);
            } else if (DIMENSIONS.contains(name)) {
                dimensions.put(name, value);
            } else if (name.startsWith(BudgetScope.TAG_PREFIX)) {
                tags.put(name.substring(BudgetScope.TAG_PREFIX.length()), value);
            } else {
                throw bad(Fault.printable(name, 100) + " is not known: a call is described by tenant, project, team,"
                        + " cost_center, user, api_key_id, model, tags.NAME and estimate");
            }
        }
        if (key.isPresent()) {
            String own = key.get().tenant().value();
            String named = dimensions.putIfAbsent("tenant", own);
            if (named != null && !named.equals(own)) {
                throw new BadRequest(
                        HttpStatus.FORBIDDEN_403,
                        "foreign-tenant",
                        "tenant is '" + Fault.printable(named, 100) + "', but the API key asks for '" + own
                                + "' only: leave tenant out, or use that tenant's key");
            }
        }
        return new Call(dimensions, tags, estimate);
    }

    private static BigDecimal estimate(String text) throws BadRequest {
        BigDecimal estimate;
        try {
            estimate = text.length() > 100 ? null : new BigDecimal(text);
        } catch (NumberFormatException e) {
            estimate = null;
        }
        if (estimate == null || estimate.signum() < 0 || !LedgerDecimal.fits(estimate)) {
            throw bad("estimate must be a decimal of at least 0, such as 0.25");
        }
        return estimate;
    }

    private static Duration ttl(String text) throws BadRequest {
        try {
            Duration ttl = text.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(text)) : Duration.parse(text);
            if (!ttl.isNegative() && !ttl.isZero() && ttl.compareTo(BudgetDesk.LONGEST_TTL) <= 0) {
                return ttl;
            }
        } catch (DateTimeException e) {
            // told below
        }
        throw bad("ttl must be seconds, or a duration such as PT5M, above 0 and at most "
                + BudgetDesk.LONGEST_TTL.toSeconds() + " seconds");
    }

    /** A flat object: nothing in it is nested. */
    private static Map<String, String> fields(byte[] body) throws BadRequest {
        Map<String, String> given = new HashMap<>();
        try (JsonParser parser = StrictJson.FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw bad("the body must be a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value == null || !value.isScalarValue() || value == JsonToken.VALUE_NULL) {
                    throw bad(Fault.printable(name, 100) + " must be a text or a number");
                }
                if (given.put(name, parser.getText()) != null) {
                    throw bad(Fault.printable(name, 100) + " stands twice");
                }
            }
        } catch (IOException e) {
            throw bad("the body is not valid JSON: " + StrictJson.why(e));
        }
        return given;
    }

    private static BadRequest bad(String detail) {
        return new BadRequest(HttpStatus.BAD_REQUEST_400, "bad-request", detail);
    }

    private static Reply reply(Decision decision) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeBooleanField("allow", decision.allow());
            json.writeStringField("reason", decision.reason());
            if (decision.tightest().isPresent()) {
                Decision.Tightest budget = decision.tightest().get();
                json.writeStringField("budget", budget.budget());
                json.writeBooleanField("hard", budget.hard());
                json.writeStringField("spent", plain(budget.spent()));
                json.writeStringField("reserved", plain(budget.reserved()));
                json.writeStringField("limit", plain(budget.limit()));
                json.writeStringField("currency", budget.currency());
                json.writeStringField("until", budget.until().toString());
                json.writeStringField("as_of", budget.asOf().toString());
                json.writeBooleanField("stale", budget.stale());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        return Reply.of(HttpStatus.OK_200, "application/json", out.toByteArray());
    }

    private static String plain(BigDecimal amount) {
        return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
    }
}
