package io.costops.infra.demo;

import io.costops.infra.platform.ClickHouseHttp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** One event that is published while the platform is up, to see how long it takes into the roll-ups. */
final class LiveEvent {
    static final String TENANT = "acme";
    static final String PROJECT = "live-check";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration QUERY_PATIENCE = Duration.ofSeconds(10);

    private LiveEvent() {}

    /**
     * Publishes an event of this moment and waits until it stands in chargeback_hourly.
     *
     * @return how long it took; empty if it wasn't there in a minute
     */
    static Optional<Duration> publish(
            TrafficPublisher publisher,
            ClickHouseHttp clickHouse,
            Instant now,
            Accounting.Pause pause,
            LongSupplier nanoTime) {
        long before = requests(clickHouse);
        long published = nanoTime.getAsLong();
        publisher.publish(List.of(record(now)).iterator(), (record, count) -> {});
        while (nanoTime.getAsLong() - published < PATIENCE.toNanos()) {
            if (requests(clickHouse) > before) {
                return Optional.of(Duration.ofNanos(nanoTime.getAsLong() - published));
            }
            try {
                pause.sleep();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static RawRecord record(Instant now) {
        String id = "chatcmpl-live" + now.toEpochMilli();
        return new RawRecord(id, """
                {"source": "openai.chat", "tenant": "%s", "project": "%s", "environment": "prod",
                 "payload": {"id": "%s", "object": "chat.completion", "created": %d, "model": "gpt-5.4-mini",
                   "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}}],
                   "usage": {"prompt_tokens": 1200, "completion_tokens": 80, "total_tokens": 1280}}}
                """.formatted(TENANT, PROJECT, id, now.getEpochSecond()), now);
    }

    private static long requests(ClickHouseHttp clickHouse) {
        return Long.parseLong(clickHouse
                .query(
                        "SELECT sum(requests) FROM costops.chargeback_hourly WHERE tenant = '" + TENANT
                                + "' AND project = '" + PROJECT + "' FORMAT TSV",
                        QUERY_PATIENCE)
                .strip());
    }
}
