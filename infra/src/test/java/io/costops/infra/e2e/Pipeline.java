package io.costops.infra.e2e;

import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** A running platform as its users see it: topics to publish to, tables to query. */
final class Pipeline implements AutoCloseable {
    private static final String INGEST_GROUP = "usage-ingest";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KafkaProducer<byte[], byte[]> producer;
    private final Admin admin;
    private final AvroCodec<UsageEvent> events;
    private final SchemaRegistry registry;
    private final ClickHouseHttp clickHouse;
    private int drains;

    Pipeline(PlatformAddresses addresses) {
        Map<String, Object> kafka = Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, addresses.requireKafka());
        Map<String, Object> producing = new HashMap<>(kafka);
        producing.put(ProducerConfig.ACKS_CONFIG, "all");
        producing.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        this.producer = new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
        this.admin = Admin.create(kafka);
        this.registry = new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry()));
        this.events = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);
        this.clickHouse = addresses.requireClickHouse().connect();
    }

    SchemaRegistry registry() {
        return registry;
    }

    /** Where a record stands in Kafka. */
    record Place(String topic, int partition, long offset) {
        private static Place of(RecordMetadata metadata) {
            return new Place(metadata.topic(), metadata.partition(), metadata.offset());
        }

        /** As a condition over the src_ columns. */
        String condition() {
            return "src_topic = '" + topic + "' AND src_partition = " + partition + " AND src_offset = " + offset;
        }
    }

    /** Publishes an envelope, or what should be one. */
    Place publish(String envelope) {
        return publish(Topics.USAGE_RAW, null, envelope.getBytes(StandardCharsets.UTF_8));
    }

    /** Publishes envelopes and waits until all are acknowledged. */
    void publishAll(List<String> envelopes) {
        publishAll(null, envelopes);
    }

    /** Those of one key come in their order. */
    void publishAll(@Nullable String key, List<String> envelopes) {
        byte @Nullable [] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (String envelope : envelopes) {
            sent.add(producer.send(new ProducerRecord<>(
                    Topics.USAGE_RAW.name(), keyBytes, envelope.getBytes(StandardCharsets.UTF_8))));
        }
        sent.forEach(Pipeline::acknowledged);
    }

    /** Publishes bytes to any topic. */
    Place publish(Topic<?> topic, @Nullable String key, byte[] value) {
        return Place.of(acknowledged(producer.send(
                new ProducerRecord<>(topic.name(), key == null ? null : key.getBytes(StandardCharsets.UTF_8), value))));
    }

    /** Publishes a canonical event straight to usage.events. */
    Place publish(UsageEvent event) {
        return publish(Topics.USAGE_EVENTS, event.getEventId(), events.encode(event));
    }

    private static RecordMetadata acknowledged(Future<RecordMetadata> sent) {
        try {
            return sent.get(PATIENCE.toSeconds() * 4, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("Kafka did not acknowledge a record", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /**
     * Waits until everything that was published before is in ClickHouse, whatever came of it.
     *
     * <p>Duplicates leave no trace to wait for, so markers are sent behind them. A marker in each partition of
     * usage.events that has arrived shows that the checkpoint that read what stands before it is committed. A marker in
     * each partition of usage.priced, sent after that, shows the same of the ledger writer.
     */
    void drain() {
        Eventually.holds(
                () -> ingestLag() == 0, () -> "usage-ingest has " + ingestLag() + " records of usage.raw to read");
        int run = ++drains;
        List<String> markers = new ArrayList<>();
        int eventPartitions = partitions(Topics.USAGE_EVENTS);
        for (int partition = 0; partition < eventPartitions; partition++) {
            String id = "marker-" + run + "-event-" + partition;
            acknowledged(producer.send(new ProducerRecord<>(
                    Topics.USAGE_EVENTS.name(),
                    partition,
                    id.getBytes(StandardCharsets.UTF_8),
                    events.encode(marker(id)))));
            markers.add(id);
        }
        awaitEvents(markers);
        markers.clear();
        int pricedPartitions = partitions(Topics.USAGE_PRICED);
        for (int partition = 0; partition < pricedPartitions; partition++) {
            String id = idOnPartition("marker-" + run + "-priced-", partition, pricedPartitions);
            publish(marker(id));
            markers.add(id);
        }
        awaitEvents(markers);
    }

    /** Waits until the ledger has an entry of each event. */
    void awaitEvents(List<String> eventIds) {
        String list = "('" + String.join("', '", eventIds) + "')";
        String query = "SELECT uniqExact(event_id) FROM costops.ledger WHERE event_id IN " + list;
        Eventually.holds(
                () -> countOrZero(query) == eventIds.size(),
                () -> "of the events " + list + " the ledger has " + countOrZero(query));
    }

    /** Waits until a query counts so many. */
    void awaitCount(String query, long count) {
        Eventually.holds(
                () -> countOrZero(query) == count, () -> query + " is " + countOrZero(query) + ", not " + count);
    }

    long count(String query) {
        return Long.parseLong(value(query));
    }

    /** The first column of the only row. */
    String value(String query) {
        return rows(query).get(0)[0];
    }

    List<String[]> rows(String query) {
        return clickHouse
                .query(query + " FORMAT TSV", PATIENCE)
                .lines()
                .map(line -> line.split("\t", -1))
                .toList();
    }

    /** 0 while ClickHouse is away. */
    private long countOrZero(String query) {
        try {
            return count(query);
        } catch (PlatformException away) {
            return 0;
        }
    }

    private static UsageEvent marker(String id) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        return UsageEvent.newBuilder()
                .setEventId(id)
                .setStatus(UsageStatus.NO_USAGE)
                .setSourceKind("canonical")
                .setEventTime(now)
                .setReceivedAt(now)
                .setDimensions(Dimensions.newBuilder().setTenant("markers").build())
                .build();
    }

    /** An id that Kafka's default partitioner puts there. */
    private static String idOnPartition(String prefix, int partition, int partitions) {
        for (int i = 0; ; i++) {
            String id = prefix + i;
            if (Utils.toPositive(Utils.murmur2(id.getBytes(StandardCharsets.UTF_8))) % partitions == partition) {
                return id;
            }
        }
    }

    private int partitions(Topic<?> topic) {
        return producer.partitionsFor(topic.name()).size();
    }

    private long ingestLag() {
        try {
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            producer.partitionsFor(Topics.USAGE_RAW.name())
                    .forEach(info -> ends.put(new TopicPartition(info.topic(), info.partition()), OffsetSpec.latest()));
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(INGEST_GROUP)
                    .partitionsToOffsetAndMetadata()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            long lag = 0;
            for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : admin.listOffsets(ends)
                    .all()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .entrySet()) {
                OffsetAndMetadata read = committed.get(end.getKey());
                lag += end.getValue().offset() - (read == null ? 0 : read.offset());
            }
            return lag;
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("Kafka does not tell its offsets", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted", e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(10));
        admin.close(Duration.ofSeconds(10));
    }
}
