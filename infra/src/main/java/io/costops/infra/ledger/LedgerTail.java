package io.costops.infra.ledger;

import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Waits until ClickHouse holds everything that usage.priced holds at this moment.
 *
 * <p>The writer takes each partition in its order, so the last entry of each is enough to look for.
 */
public final class LedgerTail {
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration POLL = Duration.ofMillis(200);

    /** Transactions end with a marker, which takes an offset and is no record. */
    private static final long FIRST_STEP_BACK = 16;

    private final String bootstrap;
    private final AvroCodec<LedgerEntry> codec;
    private final LedgerReader ledger;

    public LedgerTail(String bootstrap, SchemaRegistry registry, LedgerReader ledger) {
        this.bootstrap = bootstrap;
        this.codec = new AvroCodec<>(LedgerEntry.class, Topics.USAGE_PRICED.subject(), registry);
        this.ledger = ledger;
    }

    /**
     * Waits.
     *
     * @throws PlatformException if it takes longer than the time given
     */
    public void await(Duration atMost) {
        List<LedgerEntry> last = lastEntries();
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        while (!last.isEmpty() && count(last) < last.size()) {
            if (System.nanoTime() > giveUpAt) {
                throw new PlatformException("the ledger has not taken what was priced within " + atMost.toSeconds()
                        + " s: does the job ledger-writer run? (./costops status)");
            }
            Pause.of(LOOK);
        }
    }

    /**
     * Waits for what is written and not yet committed too: until each transaction that is open now has ended, then as
     * {@link #await}.
     *
     * @throws PlatformException if one of both takes longer than the time given
     */
    public void awaitWithOpenTransactions(Duration atMost) {
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        Map<TopicPartition, Long> written;
        try (KafkaConsumer<byte[], byte[]> consumer = consumer("read_uncommitted")) {
            written = consumer.endOffsets(partitions(consumer));
        } catch (KafkaException e) {
            throw unanswered(e);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = consumer("read_committed")) {
            // Of a reader of what is committed the end is where the first open transaction begins.
            while (!areReached(written, consumer.endOffsets(written.keySet()))) {
                if (System.nanoTime() > giveUpAt) {
                    throw new PlatformException("what was priced is not committed within " + atMost.toSeconds()
                            + " s: does the job enrichment run? (./costops status) Run the command again to go on");
                }
                Pause.of(LOOK);
            }
        } catch (KafkaException e) {
            throw unanswered(e);
        }
        await(atMost);
    }

    private static boolean areReached(Map<TopicPartition, Long> ends, Map<TopicPartition, Long> by) {
        return ends.entrySet().stream().allMatch(end -> by.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    /** By their times too: an event that came again after the dedup window has entries of the same ids. */
    private int count(List<LedgerEntry> entries) {
        String each = entries.stream()
                .map(entry -> "(" + SqlText.of(entry.getEntryId()) + ", " + SqlText.of(entry.getRecordedAt()) + ")")
                .collect(Collectors.joining(", "));
        return ledger.rows("SELECT DISTINCT entry_id, recorded_at FROM " + ledger.table("ledger")
                        + " WHERE event_id IN "
                        + SqlText.list(
                                entries.stream().map(LedgerEntry::getEventId).toList())
                        + " AND (entry_id, recorded_at) IN (" + each + ")")
                .size();
    }

    private KafkaConsumer<byte[], byte[]> consumer(String isolation) {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        isolation,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private static List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
        return consumer.partitionsFor(Topics.USAGE_PRICED.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
    }

    private PlatformException unanswered(KafkaException e) {
        return new PlatformException("Kafka at " + bootstrap + " does not answer: " + e.getMessage(), e);
    }

    private List<LedgerEntry> lastEntries() {
        List<LedgerEntry> last = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer("read_committed")) {
            List<TopicPartition> partitions = partitions(consumer);
            Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            for (TopicPartition partition : partitions) {
                lastOf(consumer, partition, beginnings.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L))
                        .ifPresent(last::add);
            }
        } catch (KafkaException e) {
            throw unanswered(e);
        }
        return last;
    }

    private Optional<LedgerEntry> lastOf(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long from, long to) {
        consumer.assign(List.of(partition));
        long back = FIRST_STEP_BACK;
        long start = to;
        while (start > from) {
            start = Math.max(from, to - back);
            back *= 8;
            consumer.seek(partition, start);
            Optional<LedgerEntry> last = Optional.empty();
            while (consumer.position(partition) < to) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (codec.decode(record.value()) instanceof Decoded.Value<LedgerEntry> value) {
                        last = Optional.of(value.record());
                    }
                }
            }
            if (last.isPresent()) {
                return last;
            }
        }
        return Optional.empty();
    }
}
