package io.costops.infra.e2e;

import io.costops.infra.platform.PlatformAddresses;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What stands in cost.alerts, as a reader of what is committed sees it. */
final class AlertTopic implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final AvroCodec<Alert> codec;
    private final List<Alert> read = new ArrayList<>();

    AlertTopic(PlatformAddresses addresses) {
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        addresses.requireKafka(),
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        codec = new AvroCodec<>(
                Alert.class,
                Topics.COST_ALERTS.subject(),
                new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())));
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.COST_ALERTS.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** The steps of a tenant's incidents so far. */
    List<Alert> of(String tenant) {
        consumer.poll(Duration.ofMillis(100))
                .forEach(record -> read.add(((Decoded.Value<Alert>) codec.decode(record.value())).record()));
        return read.stream().filter(alert -> tenant.equals(alert.getTenant())).toList();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
