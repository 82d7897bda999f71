package io.costops.anomaly.job;

import io.costops.schemas.avro.Budget;
import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the topic of the budgets to its end with a consumer of its own, in no group: each task reads everything. */
record KafkaBudgetLoader(KafkaConnection kafka, BookRecords<Budget> records) implements BudgetLoader {
    private static final Duration POLL = Duration.ofSeconds(1);
    /** A broker that sends nothing for so long is down; the task fails and is tried again. */
    private static final Duration MAX_SILENCE = Duration.ofMinutes(1);

    @Override
    public List<Budget> load() {
        List<Budget> budgets = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<PartitionInfo> known = consumer.partitionsFor(Topics.BUDGETS.name());
            if (known == null || known.isEmpty()) {
                throw new IllegalStateException(
                        "the topic " + Topics.BUDGETS.name() + " does not exist: create it first");
            }
            List<TopicPartition> partitions = known.stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long lastHeardNanos = System.nanoTime();
            // By position and not by record: what stands at the end may be compacted away.
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
                polled.forEach(record -> records.read(record).ifPresent(budgets::add));
                if (!polled.isEmpty()) {
                    lastHeardNanos = System.nanoTime();
                } else if (System.nanoTime() - lastHeardNanos > MAX_SILENCE.toNanos()) {
                    throw new IllegalStateException("the topic " + Topics.BUDGETS.name()
                            + " can't be read: no record came for " + MAX_SILENCE.toSeconds() + " s");
                }
            }
        }
        return budgets;
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
