package io.costops.ingest.budgets;

import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows budget.state with a consumer of its own, from its beginning, and begins again after whatever goes wrong. */
public final class BudgetStateReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BudgetStateReader.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofSeconds(3);

    private final BudgetDesk desk;
    private final Properties properties;
    private final Supplier<SchemaRegistry> registry;
    private final Thread thread;
    private volatile boolean closed;

    private BudgetStateReader(BudgetDesk desk, Properties properties, Supplier<SchemaRegistry> registry) {
        this.desk = desk;
        this.properties = properties;
        this.registry = registry;
        this.thread = new Thread(this::run, "budget-state");
        thread.setDaemon(true);
    }

    /** @param kafka how any client reaches Kafka */
    public static BudgetStateReader start(BudgetDesk desk, Properties kafka, Supplier<SchemaRegistry> registry) {
        Properties properties = new Properties();
        properties.putAll(kafka);
        properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        BudgetStateReader reader = new BudgetStateReader(desk, properties, registry);
        reader.thread.start();
        return reader;
    }

    private void run() {
        boolean told = false;
        while (!closed) {
            try {
                read();
            } catch (WakeupException | InterruptException e) {
                return;
            } catch (RuntimeException e) {
                if (!told) {
                    LOG.warn("Budgets can't be read, decisions go by what is known: {}", e.toString());
                }
                told = true;
            }
            try {
                Thread.sleep(PAUSE.toMillis());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void read() {
        AvroCodec<BudgetState> codec =
                new AvroCodec<>(BudgetState.class, Topics.BUDGET_STATE.subject(), registry.get());
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.BUDGET_STATE.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                return;
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!closed) {
                consumer.poll(POLL).forEach(record -> {
                    if (codec.decode(record.value()) instanceof Decoded.Value<BudgetState> value) {
                        desk.take(value.record());
                    } else if (record.value() != null) {
                        LOG.warn(
                                "The record of {} at partition {}, offset {} is no budget's state",
                                record.topic(),
                                record.partition(),
                                record.offset());
                    }
                });
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
