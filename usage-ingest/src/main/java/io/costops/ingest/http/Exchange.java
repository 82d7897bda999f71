package io.costops.ingest.http;

import io.costops.ingest.keys.ApiKey;
import io.costops.ingest.normalise.SourceKind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request from its head to its answer: read within bounds, decode, write, wait for the acknowledgement, answer.
 *
 * <p>No thread waits for the network or for Kafka: each step runs when there is something to do. Whatever ends it first
 * (an answer, a time limit, a broken connection) ends it once.
 */
final class Exchange implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final int FIRST_CAPACITY = 16 * 1024;

    /** A refused body is read and thrown away up to here, so that a client that only then reads sees the answer. */
    private static final long MAX_DISCARDED_BYTES = 256L * 1024 * 1024;

    /** The producer gives up by itself at the same time; this is for one that doesn't. */
    private static final Duration ACK_GRACE = Duration.ofMillis(500);

    private static final Duration RETRY_SOON = Duration.ofSeconds(1);
    private static final Duration RETRY_LATER = Duration.ofSeconds(5);

    private final Desk desk;
    private final Request request;
    private final Response response;
    private final Callback callback;
    private final String requestId;
    private final String routeName;
    private final AtomicBoolean answered = new AtomicBoolean();
    private final AtomicBoolean completed = new AtomicBoolean();
    private final MemoryBudget.Reservation memory;
    private Dialect dialect = JsonDialect.INSTANCE;
    private @Nullable Work work;
    private byte[] buffer = new byte[0];
    private int length;
    private boolean bodyRead;
    private volatile boolean handedOver;
    private volatile Scheduler.@Nullable Task timer;

    /** What is known once the head has passed. */
    record Work(Route route, String path, Optional<ApiKey> key, Attribution attribution, boolean gzip) {}

    Exchange(Desk desk, Request request, Response response, Callback callback, String requestId, String routeName) {
        this.desk = desk;
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.requestId = requestId;
        this.routeName = routeName;
        this.memory = desk.budget().open();
    }

    void speak(Dialect language) {
        this.dialect = language;
    }

    /** The head is fine: reads the body, and goes on from there. */
    void begin(Work accepted) {
        this.work = accepted;
        long declared = request.getLength();
        if (declared > desk.limits().bodyBytes()) {
            refuse(bodyTooLarge());
        } else if (desk.rates().isExhausted(accepted.key())) {
            refuse(tooFast(RETRY_SOON));
        } else {
            this.timer = desk.scheduler()
                    .schedule(
                            () -> onServerThread(() -> expire(Problem.of(
                                    HttpStatus.REQUEST_TIMEOUT_408,
                                    "body-timeout",
                                    "the body was not complete after "
                                            + desk.config().httpBodyTimeout().toMillis()
                                            + " ms: send less at a time"))),
                            desk.config().httpBodyTimeout().toMillis(),
                            TimeUnit.MILLISECONDS);
            run();
        }
    }

    /** Reads what has come of the body. */
    @Override
    public void run() {
        try {
            while (!answered.get()) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    request.demand(this);
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    broken(chunk.getFailure());
                    return;
                }
                Optional<Problem> problem = append(chunk.getByteBuffer());
                boolean last = chunk.isLast();
                chunk.release();
                bodyRead = last;
                if (problem.isPresent()) {
                    refuse(problem.get());
                    return;
                }
                if (last) {
                    stopTimer();
                    if (!answered.get()) {
                        bodyComplete();
                    }
                    return;
                }
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private Optional<Problem> append(ByteBuffer chunk) {
        int size = chunk.remaining();
        if (size > desk.limits().bodyBytes() - length) {
            return Optional.of(bodyTooLarge());
        }
        if (length + size > buffer.length) {
            long wanted = Math.max(length + size, Math.max(FIRST_CAPACITY, 2L * buffer.length));
            int capacity = (int) Math.min(desk.limits().bodyBytes(), wanted);
            if (!memory.hold(capacity)) {
                return Optional.of(Problem.busy());
            }
            buffer = Arrays.copyOf(buffer, capacity);
        }
        chunk.get(buffer, length, size);
        length += size;
        return Optional.empty();
    }

    private void bodyComplete() {
        Work accepted = java.util.Objects.requireNonNull(work);
        desk.metrics().received(routeName, length);
        Body body = new Body(buffer, length);
        if (accepted.gzip()) {
            Gzip.Inflated inflated = Gzip.gunzip(body, desk.limits().inflatedBytes(), memory, buffer.length);
            if (inflated instanceof Gzip.Inflated.Broken broken) {
                refuse(Problem.of(
                        HttpStatus.BAD_REQUEST_400, "malformed-body", "the body is not valid gzip: " + broken.why()));
                return;
            } else if (inflated instanceof Gzip.Inflated.Not not) {
                refuse(
                        switch (not) {
                            case TOO_LARGE ->
                                Problem.of(
                                        HttpStatus.PAYLOAD_TOO_LARGE_413,
                                        "too-large",
                                        "the body has more than "
                                                + desk.limits().inflatedBytes()
                                                + " bytes once decompressed: send smaller batches");
                            case NO_MEMORY -> Problem.busy();
                        });
                return;
            }
            body = ((Gzip.Inflated.Whole) inflated).body();
            memory.hold(body.bytes().length);
        }
        buffer = new byte[0];
        decode(accepted, body);
    }

    private void decode(Work accepted, Body body) {
        Decoded decoded = accepted.route()
                .decode(new Call(
                        accepted.path(),
                        request.getHeaders(),
                        body,
                        new TenantRule(accepted.key()),
                        accepted.attribution(),
                        memory));
        if (decoded instanceof Decoded.Refused refused) {
            desk.metrics().rejections(refused.problem().faults());
            refuse(refused.problem());
            return;
        }
        List<Element> elements = ((Decoded.Batch) decoded).elements();
        Optional<Duration> wait = desk.rates().waitFor(accepted.key(), elements.size());
        if (wait.isPresent()) {
            refuse(tooFast(wait.get()));
            return;
        }
        write(elements);
    }

    private void write(List<Element> elements) {
        List<RawTopic.Message> messages = new ArrayList<>(elements.size());
        List<Fault> faults = new ArrayList<>();
        int accepted = 0;
        int ignored = 0;
        int kept = 0;
        long bytes = 0;
        Map<Optional<SourceKind>, Integer> bySource = new HashMap<>(4);
        for (int index = 0; index < elements.size(); index++) {
            Element element = elements.get(index);
            if (element instanceof Element.Take take) {
                messages.add(message(index, take.envelope()));
                bytes += take.envelope().size();
                bySource.merge(take.envelope().source(), 1, Integer::sum);
                accepted++;
            } else if (element instanceof Element.Keep keep) {
                messages.add(message(index, keep.envelope()));
                bytes += keep.envelope().size();
                faults.add(keep.fault());
                kept++;
            } else if (element instanceof Element.Refuse refuse) {
                faults.add(refuse.fault());
            } else {
                ignored++;
            }
        }
        Receipt receipt = new Receipt(requestId, accepted, ignored, faults, kept, bySource);
        if (messages.isEmpty()) {
            desk.metrics().elements(routeName, receipt);
            answer(dialect.written(receipt));
            return;
        }
        // The body is no longer needed; the records that were made of it were counted as they were made.
        if (!memory.hold(bytes)) {
            refuse(Problem.busy());
            return;
        }
        timer = desk.scheduler()
                .schedule(
                        () -> onServerThread(
                                () -> refuse(undelivered(messages.size(), 0, RawTopic.Failure.NOT_IN_TIME))),
                        desk.config().httpAckTimeout().plus(ACK_GRACE).toMillis(),
                        TimeUnit.MILLISECONDS);
        handedOver = true;
        desk.topic().write(messages, delivery -> onServerThread(() -> delivered(receipt, delivery)));
    }

    private RawTopic.Message message(int index, RawEnvelope envelope) {
        return new RawTopic.Message(envelope, requestId + "/" + index);
    }

    private void delivered(Receipt receipt, RawTopic.Delivery delivery) {
        // Held until now even if the sender has had its answer: the records were in the producer's buffer.
        memory.close();
        stopTimer();
        if (delivery.failed() > 0) {
            RawTopic.Failure failure = delivery.failure().orElse(RawTopic.Failure.OTHER);
            desk.metrics().undelivered(routeName, delivery.failed(), failure);
            refuse(undelivered(delivery.failed() + delivery.acknowledged(), delivery.acknowledged(), failure));
        } else {
            desk.metrics().elements(routeName, receipt);
            answer(dialect.written(receipt));
        }
    }

    private void onServerThread(Runnable task) {
        try {
            // The producer's thread serves every request: it must not write to sockets.
            desk.executor().execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    private Problem bodyTooLarge() {
        return Problem.of(
                HttpStatus.PAYLOAD_TOO_LARGE_413,
                "too-large",
                "the body has more than " + desk.limits().bodyBytes() + " bytes: send smaller batches");
    }

    private static Problem tooFast(Duration wait) {
        return Problem.retryable(
                HttpStatus.TOO_MANY_REQUESTS_429,
                "rate-limited",
                "the API key sends more elements a second than it may; nothing was written: send it again later",
                wait);
    }

    private static Problem undelivered(int total, int acknowledged, RawTopic.Failure failure) {
        return Problem.retryable(
                HttpStatus.SERVICE_UNAVAILABLE_503,
                "not-acknowledged",
                failure.sentence() + ": " + acknowledged + " of " + total
                        + " elements are written for certain, the others may be."
                        + " Send the whole request again: an element with an id (the response's, the envelope's, or"
                        + " Idempotency-Key) is counted once",
                RETRY_LATER);
    }

    /** The body can't be read to its end. */
    private void broken(Throwable failure) {
        if (failure instanceof TimeoutException) {
            refuse(Problem.of(
                    HttpStatus.REQUEST_TIMEOUT_408, "body-timeout", "the body stopped coming: send it without pauses"));
        } else if (failure instanceof HttpException http) {
            refuse(Problem.of(http.getCode(), "malformed-request", "the body's framing is broken"));
        } else if (answered.compareAndSet(false, true)) {
            // The client has gone.
            stopTimer();
            memory.close();
            if (completed.compareAndSet(false, true)) {
                callback.failed(failure);
            }
        }
    }

    private void failed(RuntimeException bug) {
        LOG.error("Request {} failed", requestId, bug);
        refuse(Problem.of(
                HttpStatus.INTERNAL_SERVER_ERROR_500,
                "internal",
                "this is a fault of the service: tell its operator the request id"));
    }

    void refuse(Problem problem) {
        answer(dialect.refused(problem, requestId), true);
    }

    /** A time limit is over: the connection is closed with the rest of the body on it. */
    private void expire(Problem problem) {
        answer(dialect.refused(problem, requestId), false);
    }

    void answer(Reply reply) {
        answer(reply, true);
    }

    private void answer(Reply reply, boolean discard) {
        if (!answered.compareAndSet(false, true)) {
            return;
        }
        stopTimer();
        if (!handedOver) {
            memory.close();
        }
        desk.metrics().answered(routeName, reply.status(), System.nanoTime() - request.getHeadersNanoTime());
        response.setStatus(reply.status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.contentType());
        reply.retryAfter()
                .ifPresent(wait -> response.getHeaders()
                        .put(
                                HttpHeader.RETRY_AFTER,
                                Math.max(1, wait.plusMillis(999).toSeconds())));
        boolean unread = !bodyRead && hasBody();
        if (unread) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        Runnable afterwards = unread && discard && !expectsContinue() ? new Discard()::begin : this::complete;
        response.write(true, reply.body(), Callback.from(afterwards, this::completeWith));
    }

    private boolean hasBody() {
        return request.getLength() > 0
                || (request.getLength() < 0 && request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING));
    }

    /** The client waits for leave to send the body, so there is none to throw away. */
    private boolean expectsContinue() {
        return request.getHeaders().contains(HttpHeader.EXPECT, HttpHeaderValue.CONTINUE.asString());
    }

    private void complete() {
        if (completed.compareAndSet(false, true)) {
            callback.succeeded();
        }
    }

    private void completeWith(Throwable failure) {
        if (completed.compareAndSet(false, true)) {
            callback.failed(failure);
        }
    }

    private void stopTimer() {
        Scheduler.Task running = timer;
        if (running != null) {
            running.cancel();
        }
    }

    /**
     * Throws away the rest of a body that was refused.
     *
     * <p>Many clients read the answer only once they have sent everything; closing on them would show a broken connection
     * instead of the reason. Nothing is kept of it, and both bytes and time are bounded.
     */
    private final class Discard implements Runnable {
        private long leftBytes = MAX_DISCARDED_BYTES;

        void begin() {
            timer = desk.scheduler()
                    .schedule(
                            Exchange.this::complete,
                            desk.config().httpBodyTimeout().toMillis(),
                            TimeUnit.MILLISECONDS);
            run();
        }

        @Override
        public void run() {
            while (!completed.get()) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    request.demand(this);
                    return;
                }
                boolean over = Content.Chunk.isFailure(chunk) || chunk.isLast();
                leftBytes -= chunk.remaining();
                chunk.release();
                if (over || leftBytes < 0) {
                    stopTimer();
                    complete();
                }
            }
        }
    }
}
