package io.costops.infra.ledger;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The prices as their topic tells them, followed. */
final class PriceFeed implements AutoCloseable {
    /** Changes no further apart are one. */
    private static final Duration TOGETHER = Duration.ofSeconds(20);

    private static final Duration SETTLE = Duration.ofMillis(200);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final AvroCodec<PriceRevision> codec;
    private final Map<String, PriceRevision> byKey = new LinkedHashMap<>();
    private boolean assigned;
    private boolean followed;

    PriceFeed(String bootstrap, SchemaRegistry registry) {
        codec = new AvroCodec<>(PriceRevision.class, Topics.PRICES.subject(), registry);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /**
     * Takes what has come, waiting for it for at most the time given.
     *
     * @return when the earliest of it came into the topic, empty if nothing came; at the first time, when everything comes,
     *     when the newest of it began to come
     */
    Optional<Instant> poll(Duration atMost) {
        if (!assigned) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.PRICES.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            assigned = true;
        }
        NavigableSet<Instant> came = new TreeSet<>();
        ConsumerRecords<byte[], byte[]> records = consumer.poll(atMost);
        // To the end: half an import would leave the book for a moment as it never was.
        while (!records.isEmpty()) {
            take(records, came);
            records = consumer.poll(SETTLE);
        }
        if (came.isEmpty()) {
            return Optional.empty();
        }
        Instant since = followed ? came.first() : beginOfNewest(came);
        followed = true;
        return Optional.of(since);
    }

    /** Of changes that follow each other closely the first. */
    static Instant beginOfNewest(NavigableSet<Instant> came) {
        Instant begin = came.last();
        for (Instant earlier : came.descendingSet()) {
            if (earlier.plus(TOGETHER).isBefore(begin)) {
                break;
            }
            begin = earlier;
        }
        return begin;
    }

    private void take(ConsumerRecords<byte[], byte[]> records, NavigableSet<Instant> came) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            String key = record.key() == null
                    ? record.partition() + "@" + record.offset()
                    : new String(record.key(), StandardCharsets.ISO_8859_1);
            if (record.value() == null) {
                byKey.remove(key);
            } else if (codec.decode(record.value()) instanceof Decoded.Value<PriceRevision> value) {
                byKey.put(key, value.record());
            }
            came.add(Instant.ofEpochMilli(record.timestamp()));
        }
    }

    CurrentPrices prices() {
        return new CurrentPrices(byKey.values());
    }

    @Override
    public void close() {
        consumer.close();
    }
}
