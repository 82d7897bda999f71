package io.costops.infra.demo;

import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Publishes records to usage.raw as fast as Kafka takes them, in bounded memory, each acknowledged. */
final class TrafficPublisher implements AutoCloseable {
    private static final long BUFFER_BYTES = 16L * 1024 * 1024;
    private static final int BATCH_BYTES = 128 * 1024;

    private final KafkaProducer<String, String> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    TrafficPublisher(String bootstrap) {
        this.producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "lz4",
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        ProducerConfig.BATCH_SIZE_CONFIG,
                        BATCH_BYTES,
                        ProducerConfig.BUFFER_MEMORY_CONFIG,
                        BUFFER_BYTES),
                new StringSerializer(),
                new StringSerializer());
    }

    /**
     * Publishes everything and waits for the acknowledgements.
     *
     * @param progress is told of each record and how many went before it
     * @return how many records there were
     */
    long publish(Iterator<RawRecord> records, BiConsumer<RawRecord, Long> progress) {
        long count = 0;
        while (records.hasNext()) {
            RawRecord next = records.next();
            progress.accept(next, count);
            // No time stamp of its own: Kafka keeps a record for its retention from now, not from the demo's past.
            var unused = producer.send(
                    new ProducerRecord<>(Topics.USAGE_RAW.name(), next.key(), next.value()), (metadata, problem) -> {
                        if (problem != null) {
                            failure.compareAndSet(null, problem);
                        }
                    });
            count++;
        }
        producer.flush();
        Exception problem = failure.get();
        if (problem != null) {
            throw new DemoException("Kafka did not take all of the traffic: " + problem.getMessage(), problem);
        }
        return count;
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(10));
    }
}
