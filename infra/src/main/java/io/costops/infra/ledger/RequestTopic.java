package io.costops.infra.ledger;

import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topic of the requests. A request that is on it twice is applied once. */
public final class RequestTopic implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final String bootstrap;
    private final AvroCodec<UsageRequest> codec;
    private final KafkaProducer<byte[], byte[]> producer;

    public RequestTopic(String bootstrap, SchemaRegistry registry) {
        this.bootstrap = bootstrap;
        this.codec = new AvroCodec<>(UsageRequest.class, Topics.USAGE_REQUESTS.subject(), registry);
        this.producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "lz4",
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        Topics.USAGE_REQUESTS.maxMessageBytes(),
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        PATIENCE_MILLIS,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        PATIENCE_MILLIS),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Sends requests and waits until all of them are on all in-sync replicas.
     *
     * @throws PlatformException if one is not; sending all of them again does no harm
     */
    public void send(Collection<UsageRequest> requests) {
        List<Future<?>> acknowledgements = new ArrayList<>(requests.size());
        try {
            for (UsageRequest request : requests) {
                acknowledgements.add(producer.send(new ProducerRecord<>(
                        Topics.USAGE_REQUESTS.name(),
                        request.getEventId().getBytes(StandardCharsets.UTF_8),
                        codec.encode(request))));
            }
            producer.flush();
            for (Future<?> acknowledgement : acknowledgements) {
                acknowledgement.get();
            }
        } catch (ExecutionException | KafkaException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new PlatformException(
                    "not all requests are in Kafka at " + bootstrap + ": " + cause.getMessage()
                            + "; nothing is lost by trying again",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while waiting for Kafka's acknowledgement", e);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
