package io.costops.infra.ledger;

import io.costops.infra.platform.PlatformException;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.ingest.normalise.RecordHeaders;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
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
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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
        Tally tally = new Tally();
        List<Good> batch = new ArrayList<>();
        eachNewest(since, rejected -> {
            String topic = rejected.getOrigin().getTopic();
            if (!topic.equals(Topics.USAGE_RAW.name()) && !topic.equals(Topics.USAGE_EVENTS.name())) {
                tally.otherTopics++;
                return;
            }
            List<UsageEvent> says = new ArrayList<>();
            String reason = topic.equals(Topics.USAGE_RAW.name()) ? tryRaw(rejected, says) : tryEvent(rejected, says);
            if (reason != null) {
                tally.stillWrong.merge(reason, 1L, Long::sum);
                return;
            }
            batch.add(new Good(rejected, says));
            if (batch.size() == BATCH) {
                putBack(batch, dryRun, tally);
                batch.clear();
            }
        });
        putBack(batch, dryRun, tally);
        return new Result(tally.replayed, tally.booked, tally.stillWrong, tally.otherTopics);
    }

    private static final class Tally {
        private final Map<String, Long> stillWrong = new TreeMap<>();
        private long replayed;
        private long booked;
        private long otherTopics;
    }

    private void putBack(List<Good> batch, boolean dryRun, Tally tally) {
        List<Good> open = notBooked(batch);
        if (!dryRun && !open.isEmpty()) {
            send(open);
        }
        tally.replayed += open.size();
        tally.booked += batch.size() - open.size();
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
        List<UsageEvent> all =
                batch.stream().flatMap(good -> good.events().stream()).toList();
        Set<UsageEvent> news = Collections.newSetFromMap(new IdentityHashMap<>());
        news.addAll(news(all));
        return batch.stream()
                .filter(good -> good.events().stream().anyMatch(news::contains))
                .toList();
    }

    /**
     * Which of the events say what the ledger doesn't tell yet; the job drops what it has seen. A record without usage says
     * nothing against one with usage of the same revision.
     */
    List<UsageEvent> news(List<UsageEvent> events) {
        Map<String, Told> told = new HashMap<>();
        if (!events.isEmpty()) {
            String revision = "greatest(revision, ifNull(cause_revision, 0))";
            ledger.rows(
                    "SELECT event_id, max(" + revision + ") AS highest, maxIf(" + revision
                            + ", status != 'no_usage') AS used, countIf(status != 'no_usage') AS uses FROM "
                            + ledger.table("ledger") + " WHERE event_id IN "
                            + SqlText.list(events.stream()
                                    .map(UsageEvent::getEventId)
                                    .distinct()
                                    .toList())
                            + " GROUP BY event_id",
                    row -> told.put(
                            LedgerReader.text(row, "event_id"),
                            new Told(
                                    LedgerReader.whole(row, "highest"),
                                    LedgerReader.whole(row, "uses") == 0 ? -1 : LedgerReader.whole(row, "used"))));
        }
        return events.stream()
                .filter(event -> isNews(event, told.get(event.getEventId())))
                .toList();
    }

    /**
     * What the ledger knows of an event.
     *
     * @param highest revision of it
     * @param used the highest revision that says more than that there was no usage; below 0 if none does
     */
    private record Told(long highest, long used) {}

    private static boolean isNews(UsageEvent event, @Nullable Told told) {
        if (told == null || event.getDeleted()) {
            return true;
        }
        return event.getRevision() > (event.getStatus() == UsageStatus.NO_USAGE ? told.highest() : told.used());
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

    /** Where a reject stands in its topic. */
    private record At(int partition, long offset) {}

    /**
     * Passes on the newest reject of each record; a record of several calls has one for all that were wrong in it. Read
     * twice, so that only places are held.
     */
    private void eachNewest(@Nullable Instant since, Consumer<RejectedUsage> target) {
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
            Map<String, At> newest = new LinkedHashMap<>();
            each(consumer, ends, since, (at, rejected) -> newest.put(place(rejected), at));
            each(consumer, ends, since, (at, rejected) -> {
                if (at.equals(newest.get(place(rejected)))) {
                    target.accept(rejected);
                }
            });
        } catch (KafkaException e) {
            throw new PlatformException("Kafka at " + bootstrap + " does not answer: " + e.getMessage(), e);
        }
    }

    private void each(
            KafkaConsumer<byte[], byte[]> consumer,
            Map<TopicPartition, Long> ends,
            @Nullable Instant since,
            BiConsumer<At, RejectedUsage> target) {
        seek(consumer, ends.keySet(), ends, since);
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                long end = ends.getOrDefault(new TopicPartition(record.topic(), record.partition()), 0L);
                if (record.offset() < end
                        && rejects.decode(record.value()) instanceof Decoded.Value<RejectedUsage> value
                        && (since == null || !value.record().getRejectedAt().isBefore(since))) {
                    target.accept(new At(record.partition(), record.offset()), value.record());
                }
            }
        }
    }

    private static String place(RejectedUsage rejected) {
        Origin place = firstPlace(rejected);
        return place.getTopic() + "/" + place.getPartition() + "/" + place.getOffset();
    }

    private static void seek(
            KafkaConsumer<byte[], byte[]> consumer,
            Collection<TopicPartition> partitions,
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
