package io.costops.infra.books;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A compacted topic that holds a book: read whole, and added to with the brokers' acknowledgement. */
public final class BookTopic<T extends SpecificRecord> {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);

    private final String bootstrap;
    private final SchemaRegistry registry;
    private final Topic<T> topic;
    private final Function<T, String> key;

    private BookTopic(String bootstrap, SchemaRegistry registry, Topic<T> topic, Function<T, String> key) {
        this.bootstrap = bootstrap;
        this.registry = registry;
        this.topic = topic;
        this.key = key;
    }

    /** The topic of the prices: a revision replaces another of the same scope, key and both times. */
    public static BookTopic<PriceRevision> prices(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(
                bootstrap,
                registry,
                Topics.PRICES,
                price -> key(price.getScope(), price.getPriceKey(), price.getEffectiveFrom(), price.getRecordedAt()));
    }

    /** The topic of the attribution rules: a revision replaces another of the same rule and both times. */
    public static BookTopic<AttributionRule> attribution(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(
                bootstrap,
                registry,
                Topics.ATTRIBUTION,
                rule -> key(rule.getRuleId(), rule.getEffectiveFrom(), rule.getRecordedAt()));
    }

    /** The topic of the budgets: the newest of each holds. */
    public static BookTopic<Budget> budgets(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(bootstrap, registry, Topics.BUDGETS, Budget::getBudgetId);
    }

    /** What the budgets have spent, as the job last told. */
    public static BookTopic<BudgetState> budgetStates(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(bootstrap, registry, Topics.BUDGET_STATE, BudgetState::getBudgetId);
    }

    /** What people said about alerts. */
    public static BookTopic<AlertControl> alertControls(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(bootstrap, registry, Topics.ALERT_CONTROLS, AlertControl::getControlId);
    }

    /** The incidents, of each its newest step. */
    public static BookTopic<Alert> alerts(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(bootstrap, registry, Topics.COST_ALERTS, Alert::getIncidentId);
    }

    /** The topic of the billing periods: the newest record of a month holds. */
    public static BookTopic<Period> periods(String bootstrap, SchemaRegistry registry) {
        return new BookTopic<>(
                bootstrap,
                registry,
                Topics.PERIODS,
                period -> YearMonth.from(period.getMonth()).toString());
    }

    /**
     * Adds revisions and waits until every one is on all in-sync replicas.
     *
     * @throws BookException if one is not; adding all of them again does no harm
     */
    public void append(Collection<T> revisions) {
        AvroCodec<T> codec = new AvroCodec<>(topic.valueType(), topic.subject(), registry);
        List<Future<?>> acknowledgements = new ArrayList<>(revisions.size());
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                ProducerConfig.LINGER_MS_CONFIG,
                5,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "lz4",
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                PATIENCE.toMillis(),
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                Math.toIntExact(PATIENCE.toMillis()));
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (T revision : revisions) {
                acknowledgements.add(producer.send(new ProducerRecord<>(
                        topic.name(), key.apply(revision).getBytes(StandardCharsets.UTF_8), codec.encode(revision))));
            }
            producer.flush();
            for (Future<?> acknowledgement : acknowledgements) {
                acknowledgement.get();
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new BookException(
                    "not all of it is in the topic " + topic.name() + ": " + cause.getMessage()
                            + "; nothing is lost by trying again",
                    e);
        } catch (KafkaException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BookException("interrupted while waiting for Kafka's acknowledgement", e);
        }
    }

    /**
     * What the topic holds at this moment, the newest of each key, in the order in which they were added.
     *
     * @throws BookException if Kafka doesn't answer
     */
    public Contents<T> read() {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                Math.toIntExact(PATIENCE.toMillis()));
        AvroCodec<T> codec = new AvroCodec<>(topic.valueType(), topic.subject(), registry);
        Map<String, T> byKey = new LinkedHashMap<>();
        int undecodable = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new BookException(
                        "Kafka at " + bootstrap + " has no topic " + topic.name() + ": ./costops up makes the topics");
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> message : consumer.poll(POLL)) {
                    String messageKey = message.key() == null
                            ? message.partition() + "@" + message.offset()
                            : new String(message.key(), StandardCharsets.UTF_8);
                    byKey.remove(messageKey);
                    if (message.value() == null) {
                        continue;
                    }
                    Decoded<T> decoded = codec.decode(message.value());
                    if (decoded instanceof Decoded.Value<T> value) {
                        byKey.put(messageKey, value.record());
                    } else {
                        undecodable++;
                    }
                }
            }
        } catch (KafkaException e) {
            throw unreachable(e);
        }
        return new Contents<>(List.copyOf(byKey.values()), undecodable);
    }

    private BookException unreachable(KafkaException cause) {
        return new BookException("Kafka at " + bootstrap + " does not answer: " + cause.getMessage(), cause);
    }

    private static String key(Object... parts) {
        StringBuilder joined = new StringBuilder();
        for (Object part : parts) {
            joined.append(joined.isEmpty() ? "" : "|").append(part instanceof Instant time ? time.toString() : part);
        }
        return joined.toString();
    }

    /**
     * A book's revisions.
     *
     * @param undecodable records of the topic that are no revision; the job keeps them in usage.rejected
     */
    public record Contents<T>(List<T> revisions, int undecodable) {}
}
