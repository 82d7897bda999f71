package io.costops.ingest.http;

import io.costops.ingest.normalise.RecordHeaders;
import io.costops.schemas.topics.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes with acks from all in-sync replicas through an idempotent producer: a record that is acknowledged is there
 * once, whatever the network did meanwhile.
 *
 * <p>A producer that reached a fatal state refuses everything from then on; it is replaced by a new one.
 */
public final class KafkaRawTopic implements RawTopic {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaRawTopic.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** Longest time that a sending thread waits for metadata or buffer space: short, since back-pressure is an answer. */
    private static final Duration MAX_BLOCK = Duration.ofSeconds(1);

    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Readiness readiness;
    private final Runnable alsoClosed;
    private final AtomicBoolean replacing = new AtomicBoolean();
    private volatile Producer<byte[], byte[]> producer;

    /**
     * @param producers makes a producer; asked again after a fatal error
     * @param readiness of the topic
     */
    public KafkaRawTopic(Supplier<Producer<byte[], byte[]>> producers, Readiness readiness) {
        this(producers, readiness, () -> {});
    }

    private KafkaRawTopic(Supplier<Producer<byte[], byte[]>> producers, Readiness readiness, Runnable alsoClosed) {
        this.alsoClosed = alsoClosed;
        this.producers = producers;
        this.readiness = readiness;
        this.producer = producers.get();
    }

    /** The topic on these brokers. */
    public static KafkaRawTopic connect(String bootstrap, HttpConfig config, MeterRegistry metrics) {
        Map<String, Object> client = Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        KafkaReadiness readiness = new KafkaReadiness(Admin.create(client));
        return new KafkaRawTopic(
                () -> {
                    Producer<byte[], byte[]> made = producer(client, config.httpAckTimeout(), config.httpMemoryLimit());
                    new KafkaClientMetrics(made).bindTo(metrics);
                    return made;
                },
                readiness,
                readiness::close);
    }

    /**
     * The door's producer.
     *
     * @param client settings of the client: servers, security
     * @param ackTimeout after which a record is given up
     * @param bufferBytes of records that wait for the broker
     */
    public static Producer<byte[], byte[]> producer(Map<String, Object> client, Duration ackTimeout, long bufferBytes) {
        Map<String, Object> settings = new HashMap<>(client);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 1);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, bufferBytes);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.USAGE_RAW.maxMessageBytes());
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK.toMillis());
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(ackTimeout.toMillis()));
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(ackTimeout.toMillis() / 2));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void write(List<Message> messages, Consumer<Delivery> done) {
        Pending pending = new Pending(messages.size(), done);
        Producer<byte[], byte[]> current = producer;
        for (Message message : messages) {
            if (pending.hasFailed()) {
                // The first failure stands for the rest: each further try would wait as long.
                pending.settle(new TimeoutException("not tried after an earlier failure"));
                continue;
            }
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    Topics.USAGE_RAW.name(), message.value().bytes());
            record.headers().add(RecordHeaders.ORIGIN, message.origin().getBytes(StandardCharsets.UTF_8));
            try {
                // The callback hears of every outcome; the future would only say it again.
                var unused = current.send(record, (metadata, failure) -> pending.settle(failure));
            } catch (KafkaException | IllegalStateException e) {
                pending.settle(e);
                if (!(e instanceof ApiException)) {
                    replace(current, e);
                }
            }
        }
    }

    private void replace(Producer<byte[], byte[]> broken, RuntimeException why) {
        if (!replacing.compareAndSet(false, true)) {
            return;
        }
        Thread thread = new Thread(
                () -> {
                    try {
                        if (producer == broken) {
                            LOG.error("The producer can't be used any more; a new one takes its place", why);
                            broken.close(Duration.ZERO);
                            producer = producers.get();
                        }
                    } catch (KafkaException e) {
                        LOG.error("No new producer could be made; the next request tries again", e);
                    } finally {
                        replacing.set(false);
                    }
                },
                "http-producer-replacement");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public Readiness readiness() {
        return readiness;
    }

    @Override
    public void close() {
        alsoClosed.run();
        producer.close(CLOSE_TIMEOUT);
    }

    /** Counts the answers of one request's records. */
    private static final class Pending {
        private final int total;
        private final AtomicInteger open;
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicReference<@Nullable Exception> first = new AtomicReference<>();
        private final Consumer<Delivery> done;

        Pending(int total, Consumer<Delivery> done) {
            this.total = total;
            this.open = new AtomicInteger(total);
            this.done = done;
        }

        boolean hasFailed() {
            return first.get() != null;
        }

        void settle(@Nullable Exception failure) {
            if (failure != null) {
                failed.incrementAndGet();
                if (first.compareAndSet(null, failure)) {
                    LOG.warn("A record was not acknowledged: {}", failure.toString());
                }
            }
            if (open.decrementAndGet() == 0) {
                done.accept(new Delivery(
                        total - failed.get(),
                        failed.get(),
                        Optional.ofNullable(first.get()).map(Pending::failure)));
            }
        }

        private static Failure failure(Exception failure) {
            if (failure instanceof TimeoutException) {
                return Failure.NOT_IN_TIME;
            } else if (failure instanceof AuthorizationException) {
                return Failure.NOT_ALLOWED;
            } else if (failure instanceof RecordTooLargeException) {
                return Failure.TOO_LARGE;
            }
            return Failure.OTHER;
        }
    }
}
