package io.costops.infra.platform;

import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** How far the readers of the usage topics are behind, by what they have committed: a job commits with its checkpoints. */
final class ConsumerLag {
    /** Of Flink's jobs a group shows the progress only; their positions are in their checkpoints. */
    private static final List<String> GROUPS = List.of("usage-ingest", "costops-enrichment", "costops-ledger-writer");

    private ConsumerLag() {}

    /** Empty while Kafka doesn't tell. */
    static List<PlatformStatus.Lag> of(String bootstrap, Duration patience) {
        if (!Probes.accepts(bootstrap)) {
            return List.of();
        }
        int millis = Math.toIntExact(patience.toMillis());
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis))) {
            Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = admin.listConsumerGroupOffsets(
                            GROUPS.stream()
                                    .collect(Collectors.toMap(
                                            group -> group, group -> new ListConsumerGroupOffsetsSpec())))
                    .all()
                    .get(millis, TimeUnit.MILLISECONDS);
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            committed.values().forEach(offsets -> offsets.keySet().forEach(p -> ends.put(p, OffsetSpec.latest())));
            Map<TopicPartition, ListOffsetsResultInfo> latest = admin.listOffsets(
                            ends, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                    .all()
                    .get(millis, TimeUnit.MILLISECONDS);
            List<PlatformStatus.Lag> lags = new ArrayList<>();
            for (String group : GROUPS) {
                lags(group, committed.getOrDefault(group, Map.of()), latest, lags);
            }
            return lags;
        } catch (ExecutionException | TimeoutException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private static void lags(
            String group,
            Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, ListOffsetsResultInfo> latest,
            List<PlatformStatus.Lag> lags) {
        Map<String, Long> byTopic = new TreeMap<>();
        committed.forEach((partition, read) -> {
            ListOffsetsResultInfo end = latest.get(partition);
            if (read != null && end != null) {
                byTopic.merge(partition.topic(), behind(partition.topic(), read.offset(), end.offset()), Long::sum);
            }
        });
        byTopic.forEach((topic, records) -> lags.add(new PlatformStatus.Lag(group, topic, records)));
    }

    /** Behind the last record of a transaction stands its mark, which is no record and takes an offset. */
    static long behind(String topic, long read, long end) {
        long mark = topic.equals(Topics.USAGE_RAW.name()) ? 0 : 1;
        return Math.max(0, end - read - mark);
    }
}
