package io.costops.sinks.notify.courier;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One POST whose time and whose answer's size are bounded, whatever the server does. Redirects are not followed: they
 * would carry secrets to where nobody sent them.
 */
final class HttpPost {
    private static final int MOST_BODY_BYTES = 4_096;
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    private static final int MULTIPLE_CHOICES = 300;
    private static final int BAD_REQUEST = 400;
    private static final int REQUEST_TIMEOUT = 408;
    private static final int TOO_EARLY = 425;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int UNAVAILABLE = 503;

    private final HttpClient client;
    private final Clock clock;

    HttpPost(Clock clock) {
        this.clock = clock;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
    }

    /** What the answer means by the rules of HTTP. */
    Answer send(URI url, Map<String, String> headers, String body, Duration timeout, Mask mask)
            throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Content-Type", "application/json; charset=utf-8")
                .header("User-Agent", "CostOps-notifier")
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
        headers.forEach(request::header);
        CompletableFuture<HttpResponse<byte[]>> answer =
                client.sendAsync(request.build(), info -> new FirstBytes(MOST_BODY_BYTES));
        try {
            // The request's own timeout ends with the answer's head; this one with its body.
            return meaning(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS), mask);
        } catch (TimeoutException e) {
            return new Answer.Later(null, "no answer within " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            return new Answer.Later(null, mask.of(failure(e.getCause() == null ? e : e.getCause(), timeout)));
        } finally {
            // Ends the exchange, if it still lasts.
            answer.cancel(true);
        }
    }

    private Answer meaning(HttpResponse<byte[]> response, Mask mask) {
        int status = response.statusCode();
        String said = mask.of(new String(response.body(), StandardCharsets.UTF_8));
        Optional<Duration> pause = retryAfter(response);
        if (status == TOO_MANY_REQUESTS || (status == UNAVAILABLE && pause.isPresent())) {
            return new Answer.Throttled(status, said, pause);
        }
        if (status >= SERVER_ERROR || status == REQUEST_TIMEOUT || status == TOO_EARLY) {
            return new Answer.Later(status, said);
        }
        if (status >= BAD_REQUEST) {
            return new Answer.Refused(status, said);
        }
        if (status >= MULTIPLE_CHOICES) {
            return new Answer.Refused(
                    status, "the address redirects, which is not followed; give the one that it leads to");
        }
        return new Answer.Taken(status, said);
    }

    /** Seconds or a date (RFC 9110, section 10.2.3), at most an hour. */
    private Optional<Duration> retryAfter(HttpResponse<?> response) {
        Optional<String> header = response.headers().firstValue("Retry-After").map(String::strip);
        if (header.isEmpty()) {
            return Optional.empty();
        }
        String text = header.get();
        Duration pause;
        try {
            if (text.matches("\\d{1,18}")) {
                pause = Duration.ofSeconds(Long.parseLong(text));
            } else if (text.matches("\\d+")) {
                pause = LONGEST_PAUSE;
            } else {
                Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                pause = Duration.between(clock.instant(), until);
            }
        } catch (DateTimeException e) {
            return Optional.empty();
        }
        if (pause.isNegative()) {
            return Optional.empty();
        }
        return Optional.of(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause);
    }

    private static String failure(Throwable failure, Duration timeout) {
        if (failure instanceof java.net.http.HttpConnectTimeoutException) {
            return "the connection was not made in time";
        }
        if (failure instanceof java.net.http.HttpTimeoutException) {
            return "no answer within " + timeout.toSeconds() + " s";
        }
        if (failure instanceof java.net.ConnectException) {
            return "the connection was refused or the host is unknown";
        }
        String message = failure.getMessage();
        return failure instanceof IOException && message != null
                ? failure.getClass().getSimpleName() + ": " + message
                : failure.getClass().getSimpleName();
    }

    /** Takes the first bytes of a body and hangs up on the rest. */
    private static final class FirstBytes implements BodySubscriber<byte[]> {
        private final int most;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private Flow.@Nullable Subscription subscription;

        FirstBytes(int most) {
            this.most = most;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(1);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                byte[] part = new byte[Math.min(buffer.remaining(), most - bytes.size())];
                buffer.get(part);
                bytes.writeBytes(part);
            }
            Flow.Subscription given = subscription;
            if (given == null) {
                return;
            }
            if (bytes.size() >= most) {
                given.cancel();
                body.complete(bytes.toByteArray());
            } else {
                given.request(1);
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            body.complete(bytes.toByteArray());
        }
    }
}
