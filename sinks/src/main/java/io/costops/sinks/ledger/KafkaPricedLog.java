package io.costops.sinks.ledger;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** usage.priced in Kafka. */
public final class KafkaPricedLog implements PricedLog {
    private static final Duration POLL = Duration.ofMillis(500);
    /** Longer than a broker takes to come back. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final AvroCodec<LedgerEntry> codec;

    /** @param properties further properties of the consumer, for example of its security */
    public KafkaPricedLog(String bootstrap, Properties properties, SchemaRegistry registry) {
        Map<String, Object> all = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> all.put(name, properties.getProperty(name)));
        all.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // A record that is gone is an error here and never a reason to begin elsewhere.
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        this.consumer = new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.codec = new AvroCodec<>(LedgerEntry.class, Topics.USAGE_PRICED.subject(), registry);
    }

    @Override
    public Map<Integer, Extent> extents() {
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.USAGE_PRICED.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        // Of a read_committed consumer: the first offset that an open transaction holds back.
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Map<Integer, Extent> extents = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            extents.put(
                    partition.partition(),
                    new Extent(
                            Objects.requireNonNull(begins.get(partition)),
                            Objects.requireNonNull(ends.get(partition))));
        }
        return extents;
    }

    @Override
    public Iterator<Placed> read(int partition, long from, long until) {
        TopicPartition read = new TopicPartition(Topics.USAGE_PRICED.name(), partition);
        consumer.assign(List.of(read));
        consumer.seek(read, from);
        return new Entries(read, until);
    }

    private final class Entries implements Iterator<Placed> {
        private final TopicPartition partition;
        private final long until;
        private final Deque<ConsumerRecord<byte[], byte[]>> fetched = new ArrayDeque<>();

        private Entries(TopicPartition partition, long until) {
            this.partition = partition;
            this.until = until;
        }

        @Override
        public boolean hasNext() {
            long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
            // Transactions' marks take offsets and are no records: the position tells the end, not the last record.
            while (fetched.isEmpty() && consumer.position(partition) < until) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(partition)) {
                    if (record.offset() < until) {
                        fetched.add(record);
                    }
                }
                if (System.nanoTime() > giveUpAt) {
                    throw new RebuildException(partition + " gives nothing more at offset "
                            + consumer.position(partition) + ", before " + until + ": does Kafka answer?");
                }
            }
            return !fetched.isEmpty();
        }

        @Override
        public Placed next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            ConsumerRecord<byte[], byte[]> record = fetched.remove();
            Decoded<LedgerEntry> decoded = codec.decode(record.value());
            if (decoded instanceof Decoded.Value<LedgerEntry> value) {
                return new Placed(record.offset(), value.record());
            }
            throw new RebuildException("the record at " + partition + ", offset " + record.offset() + " can't be read: "
                    + ((Decoded.Undecodable<LedgerEntry>) decoded).message());
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
