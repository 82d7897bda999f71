package io.costops.infra.ledger;

import io.costops.infra.platform.PlatformException;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.ingest.normalise.RecordHeaders;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Puts rejected usage back where it came from, once what was wrong is mended.
 *
 * <p>A record is tried here first, by the parsers of now: what would be rejected again stays where it is. What is put back
 * keeps its bytes, its headers and, in a header of its own, its first place and time, and so its event id: what the ledger
 * holds already is left out here, and what is under way is dropped as seen by the job.
 */
public final class RejectedTopic {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int BATCH = 2_000;

    private final String bootstrap;
    private final LedgerReader ledger;
    private final AvroCodec<RejectedUsage> rejects;
    private final AvroCodec<UsageEvent> events;
    private final Normaliser normaliser = new Normaliser();

    public RejectedTopic(String bootstrap, SchemaRegistry registry, LedgerReader ledger) {
        this.bootstrap = bootstrap;
        this.ledger = ledger;
        this.rejects = new AvroCodec<>(RejectedUsage.class, Topics.USAGE_REJECTED.subject(), registry);
        this.events = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);
    }

    /**
     * What became of the rejects.
     *
     * @param replayed records that were put back
     * @param booked records whose events the ledger holds already
     * @param stillWrong records that would be rejected again, by reason
     * @param otherTopics records that are no usage: prices, rules and requests are published anew by whoever owns them
     */
    public record Result(long replayed, long booked, Map<String, Long> stillWrong, long otherTopics) {}

    /** A record that is good by now, and what it says of which events. */
    private record Good(RejectedUsage rejected, List<UsageEvent> events) {}

    /**
     * Replays.
     *
     * @param since only what was rejected from then on; null: everything that the topic holds
     * @param dryRun whether to put nothing back
     */
    public Result replay(@Nullable Instant since, boolean dryRun) {
        Map<String, Long> stillWrong = new TreeMap<>();
        List<Good> good = new ArrayList<>();
        long otherTopics = 0;
        for (RejectedUsage rejected : newest(since)) {
            String topic = rejected.getOrigin().getTopic();
            if (topic.equals(Topics.USAGE_RAW.name()) || topic.equals(Topics.USAGE_EVENTS.name())) {
                List<UsageEvent> says = new ArrayList<>();
                String reason =
                        topic.equals(Topics.USAGE_RAW.name()) ? tryRaw(rejected, says) : tryEvent(rejected, says);
                if (reason == null) {
                    good.add(new Good(rejected, says));
                } else {
                    stillWrong.merge(reason, 1L, Long::sum);
                }
            } else {
                otherTopics++;
            }
        }
        List<Good> open = new ArrayList<>();
        for (int from = 0; from < good.size(); from += BATCH) {
            open.addAll(notBooked(good.subList(from, Math.min(good.size(), from + BATCH))));
        }
        if (!dryRun) {
            send(open);
        }
        return new Result(open.size(), good.size() - open.size(), stillWrong, otherTopics);
    }

    /** Null if every call of the record is good by now. */
    private @Nullable String tryRaw(RejectedUsage rejected, List<UsageEvent> says) {
        Origin place = firstPlace(rejected);
        for (Outcome outcome : normaliser.normalise(
                bytes(rejected.getOriginal()), place, rejected.getReceivedAt(), headers(rejected))) {
            if (outcome instanceof Outcome.Rejected again) {
                return again.reason() + ": " + again.message();
            } else if (outcome instanceof Outcome.Usage usage) {
                says.add(usage.event());
            }
        }
        return null;
    }

    private @Nullable String tryEvent(RejectedUsage rejected, List<UsageEvent> says) {
        Decoded<UsageEvent> decoded = events.decode(bytes(rejected.getOriginal()));
        if (!(decoded instanceof Decoded.Value<UsageEvent> value)) {
            return rejected.getReason() + ": " + rejected.getMessage();
        }
        Violation violation = UsageRules.violation(value.record()).orElse(null);
        if (violation != null) {
            return violation.reason() + ": " + violation.message();
        }
        says.add(value.record());
        return null;
    }

    private List<Good> notBooked(List<Good> batch) {
        Set<String> ids = new HashSet<>();
        batch.forEach(good -> good.events().forEach(event -> ids.add(event.getEventId())));
        Map<String, Long> highest = new HashMap<>();
        if (!ids.isEmpty()) {
            ledger.rows(
                    "SELECT event_id, max(greatest(revision, ifNull(cause_revision, 0))) AS highest FROM "
                            + ledger.table("ledger") + " WHERE event_id IN " + SqlText.list(ids) + " GROUP BY event_id",
                    row -> highest.put(LedgerReader.text(row, "event_id"), LedgerReader.whole(row, "highest")));
        }
        return batch.stream()
                .filter(good -> good.events().stream().anyMatch(event -> isNews(event, highest)))
                .toList();
    }

    /** What the ledger doesn't tell yet; the job drops what it has seen. */
    private static boolean isNews(UsageEvent event, Map<String, Long> highest) {
        Long revision = highest.get(event.getEventId());
        return revision == null || event.getRevision() > revision || event.getDeleted();
    }

    private void send(List<Good> records) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        Topics.USAGE_EVENTS.maxMessageBytes(),
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        PATIENCE_MILLIS,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        PATIENCE_MILLIS),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            List<Future<?>> acknowledgements = new ArrayList<>();
            for (Good good : records) {
                RejectedUsage rejected = good.rejected();
                ByteBuffer key = rejected.getOriginalKey();
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                        rejected.getOrigin().getTopic(),
                        key == null ? null : bytes(key),
                        bytes(rejected.getOriginal()));
                headers(rejected).forEach((name, value) -> record.headers().add(name, value));
                record.headers().remove(RecordHeaders.REPLAY_OF);
                record.headers()
                        .add(
                                RecordHeaders.REPLAY_OF,
                                RecordHeaders.replayOf(firstPlace(rejected), rejected.getReceivedAt()));
                acknowledgements.add(producer.send(record));
            }
            producer.flush();
            for (Future<?> acknowledgement : acknowledgements) {
                acknowledgement.get();
            }
        } catch (ExecutionException | KafkaException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new PlatformException(
                    "not everything was put back: " + cause.getMessage() + "; nothing is doubled by trying again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while waiting for Kafka's acknowledgement", e);
        }
    }

    /** The newest reject of each record; a record of several calls has one for all that were wrong in it. */
    private Collection<RejectedUsage> newest(@Nullable Instant since) {
        Map<String, RejectedUsage> byPlace = new LinkedHashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
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
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.USAGE_REJECTED.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            seek(consumer, partitions, ends, since);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (rejects.decode(record.value()) instanceof Decoded.Value<RejectedUsage> value
                            && (since == null || !value.record().getRejectedAt().isBefore(since))) {
                        Origin place = firstPlace(value.record());
                        byPlace.put(
                                place.getTopic() + "/" + place.getPartition() + "/" + place.getOffset(),
                                value.record());
                    }
                }
            }
        } catch (KafkaException e) {
            throw new PlatformException("Kafka at " + bootstrap + " does not answer: " + e.getMessage(), e);
        }
        return byPlace.values();
    }

    private static void seek(
            KafkaConsumer<byte[], byte[]> consumer,
            List<TopicPartition> partitions,
            Map<TopicPartition, Long> ends,
            @Nullable Instant since) {
        if (since == null) {
            consumer.seekToBeginning(partitions);
            return;
        }
        Map<TopicPartition, Long> times = new HashMap<>();
        partitions.forEach(partition -> times.put(partition, since.toEpochMilli()));
        Map<TopicPartition, OffsetAndTimestamp> offsets = consumer.offsetsForTimes(times);
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp offset = offsets.get(partition);
            consumer.seek(partition, offset == null ? ends.getOrDefault(partition, 0L) : offset.offset());
        }
    }

    /** Ingest tells a replayed record's first place itself; a record of usage.events carries it in its header. */
    private static Origin firstPlace(RejectedUsage rejected) {
        RecordHeaders.Replayed replayed = RecordHeaders.replayed(headers(rejected));
        Origin origin = replayed == null ? rejected.getOrigin() : replayed.place();
        return new Origin(origin.getTopic(), origin.getPartition(), origin.getOffset(), null);
    }

    private static Map<String, byte[]> headers(RejectedUsage rejected) {
        Map<String, byte[]> headers = new HashMap<>();
        rejected.getHeaders().forEach((name, value) -> headers.put(name, bytes(value)));
        return headers;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
