package io.costops.enrichment.job;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the books' topics with a consumer of its own, in no group: each task reads everything. */
record KafkaBookLoader(KafkaConnection kafka) implements BookLoader {
    private static final Duration POLL = Duration.ofSeconds(1);
    /** A broker that sends nothing for so long is down; the task fails and is tried again. */
    private static final Duration MAX_SILENCE = Duration.ofMinutes(1);

    @Override
    public Map<Integer, Long> load(Book book, Target to) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<PartitionInfo> known = consumer.partitionsFor(book.topic());
            if (known == null || known.isEmpty()) {
                throw new IllegalStateException("the topic " + book.topic() + " does not exist: create it first");
            }
            List<TopicPartition> partitions = known.stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            read(consumer, consumer.endOffsets(partitions), to);
            // Not the ends of before: a last poll brings what came meanwhile too.
            return partitions.stream().collect(Collectors.toMap(TopicPartition::partition, consumer::position));
        }
    }

    private static void read(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, Target to)
            throws Exception {
        long lastHeardNanos = System.nanoTime();
        while (!reached(consumer, ends)) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                to.take(SourceRecordReader.read(record));
            }
            if (!records.isEmpty()) {
                lastHeardNanos = System.nanoTime();
            } else if (System.nanoTime() - lastHeardNanos > MAX_SILENCE.toNanos()) {
                throw new IllegalStateException("the topic " + ends.keySet() + " can't be read: no record came for "
                        + MAX_SILENCE.toSeconds() + " s");
            }
        }
    }

    /** By position and not by record: what stands at the end may be a transaction's marker or compacted away. */
    private static boolean reached(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private Properties properties() {
        Properties properties = kafka.properties();
        properties.setProperty(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                IsolationLevel.READ_COMMITTED.toString().toLowerCase(Locale.ROOT));
        properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        return properties;
    }
}
