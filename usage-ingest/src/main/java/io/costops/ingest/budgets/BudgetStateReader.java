package io.costops.ingest.budgets;

import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows budget.state from its beginning and usage.priced from its end, with a consumer of its own, and begins again after whatever
 * goes wrong. An entry that names a reservation releases it.
 */
public final class BudgetStateReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BudgetStateReader.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofSeconds(3);
    /** The tag by which usage names the reservation that was made for it. */
    static final String RESERVATION = "reservation";

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
        SchemaRegistry schemas = registry.get();
        AvroCodec<BudgetState> states = new AvroCodec<>(BudgetState.class, Topics.BUDGET_STATE.subject(), schemas);
        AvroCodec<LedgerEntry> entries = new AvroCodec<>(LedgerEntry.class, Topics.USAGE_PRICED.subject(), schemas);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> budgets = partitions(consumer, Topics.BUDGET_STATE.name());
            List<TopicPartition> priced = partitions(consumer, Topics.USAGE_PRICED.name());
            if (budgets.isEmpty()) {
                return;
            }
            List<TopicPartition> all = new ArrayList<>(budgets);
            all.addAll(priced);
            consumer.assign(all);
            consumer.seekToBeginning(budgets);
            if (!priced.isEmpty()) {
                consumer.seekToEnd(priced);
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(budgets);
            while (!closed) {
                // By position and not by record: what stands at the end may be compacted away.
                if (!desk.isReady()
                        && ends.entrySet().stream()
                                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
                    desk.ready();
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.topic().equals(Topics.BUDGET_STATE.name())) {
                        take(record, states);
                    } else if (desk.holdsReservations()
                            && entries.decode(record.value()) instanceof Decoded.Value<LedgerEntry> entry) {
                        release(desk, entry.record());
                    }
                }
            }
        }
    }

    private static List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        return consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
    }

    private void take(ConsumerRecord<byte[], byte[]> record, AvroCodec<BudgetState> states) {
        if (states.decode(record.value()) instanceof Decoded.Value<BudgetState> value) {
            desk.take(value.record());
        } else if (record.value() != null) {
            LOG.warn(
                    "The record of {} at partition {}, offset {} is no budget's state",
                    record.topic(),
                    record.partition(),
                    record.offset());
        }
    }

    /** A reservation that was made with an API key belongs to the key's tenant, one without to nobody. */
    static void release(BudgetDesk desk, LedgerEntry entry) {
        String id = entry.getTags().get(RESERVATION);
        if (id == null || entry.getKind() != EntryKind.USAGE) {
            return;
        }
        String tenant = entry.getDimensions().getTenant();
        boolean known = tenant != null && desk.booked(BudgetDesk.owned(tenant, id), entry.getRecordedAt());
        if (!known) {
            desk.booked(BudgetDesk.owned("", id), entry.getRecordedAt());
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
