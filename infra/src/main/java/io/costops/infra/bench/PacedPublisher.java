package io.costops.infra.bench;

import io.costops.infra.demo.RawRecord;
import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Publishes records at an even pace, through every outage of Kafka: each once, in their order, and none is lost. */
final class PacedPublisher implements AutoCloseable {
    /** Longer than any outage of the plan. */
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final KafkaProducer<String, String> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private volatile boolean stopped;
    private final AtomicLong published = new AtomicLong();

    PacedPublisher(String bootstrap) {
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        // As a door with many callers does: few large requests.
                        ProducerConfig.LINGER_MS_CONFIG,
                        20,
                        ProducerConfig.BATCH_SIZE_CONFIG,
                        256 * 1024,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        Math.toIntExact(PATIENCE.toMillis()),
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        PATIENCE.toMillis(),
                        ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
                        1_000),
                new StringSerializer(),
                new StringSerializer());
    }

    /** Publishes all and waits until each is acknowledged; what an outage held up is caught up with. */
    void publish(Iterator<RawRecord> records, double perSecond) {
        long begin = System.nanoTime();
        while (records.hasNext() && !stopped) {
            long due = begin + (long) (published.get() * 1e9 / perSecond);
            for (long left = due - System.nanoTime(); left > 0 && !stopped; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            RawRecord record = records.next();
            var unused = producer.send(
                    new ProducerRecord<>(Topics.USAGE_RAW.name(), record.key(), record.value()),
                    (metadata, problem) -> {
                        if (problem != null) {
                            failure.compareAndSet(null, problem);
                        }
                    });
            published.incrementAndGet();
        }
        producer.flush();
        Exception problem = failure.get();
        if (problem != null) {
            throw new BenchException("Kafka did not take all of the traffic: " + problem.getMessage(), problem);
        }
    }

    long published() {
        return published.get();
    }

    void stop() {
        stopped = true;
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
