package io.costops.infra.ledger;

import io.costops.infra.platform.PlatformException;
import io.costops.schemas.topics.Topic;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What the enrichment job has heard of, by the offsets that it commits: those of a completed checkpoint, by which every task
 * has heard of them.
 */
final class JobHearing implements AutoCloseable {
    private final String bootstrap;
    private final String group;
    private final Admin admin;

    /** @param group consumer group of the job */
    JobHearing(String bootstrap, String group) {
        this.bootstrap = bootstrap;
        this.group = group;
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap));
    }

    /** Where the partitions of a book's topic end now. */
    Map<TopicPartition, Long> ends(Topic<?> book) {
        return asked(() -> {
            TopicDescription topic = Objects.requireNonNull(admin.describeTopics(List.of(book.name()))
                    .allTopicNames()
                    .get()
                    .get(book.name()));
            Map<TopicPartition, OffsetSpec> partitions = topic.partitions().stream()
                    .collect(Collectors.toMap(
                            info -> new TopicPartition(book.name(), info.partition()), info -> OffsetSpec.latest()));
            return admin.listOffsets(partitions).all().get().entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, end -> end.getValue().offset()));
        });
    }

    /** Whether it has heard of everything before these ends. */
    boolean hasHeard(Map<TopicPartition, Long> ends) {
        Map<TopicPartition, OffsetAndMetadata> heard = asked(() -> admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get());
        return ends.entrySet().stream().allMatch(end -> {
            OffsetAndMetadata offset = heard.get(end.getKey());
            return end.getValue() == 0 || (offset != null && offset.offset() >= end.getValue());
        });
    }

    private interface Question<T> {
        T ask() throws ExecutionException, InterruptedException;
    }

    private <T> T asked(Question<T> question) {
        try {
            return Objects.requireNonNull(question.ask());
        } catch (ExecutionException e) {
            throw new PlatformException("Kafka at " + bootstrap + " does not answer: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while waiting for the job", e);
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}
