package io.costops.infra.platform;

import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topic.Retention;
import io.costops.schemas.topics.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificData;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** The catalogue of {@code schemas/} made real: topics on a broker, record types in a registry. */
final class TopicCatalogue {

    private static final int PATIENCE_MILLIS = 60_000;

    /** Prices and rules are read in the order they were recorded. */
    private static final int BOOK_PARTITIONS = 1;

    private TopicCatalogue() {}

    /** Makes the topics that don't exist; on a broker of our own also brings the settings of the others up to date. */
    static void createTopics(String bootstrap, int partitions, boolean ownBroker) {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS))) {
            Set<String> existing = admin.listTopics().names().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            List<NewTopic> missing = new ArrayList<>();
            Map<ConfigResource, Collection<AlterConfigOp>> settings = new HashMap<>();
            for (Topic<?> topic : Topics.all()) {
                if (!existing.contains(topic.name())) {
                    missing.add(
                            new NewTopic(topic.name(), Optional.of(partitionsOf(topic, partitions)), Optional.empty())
                                    .configs(configuration(topic)));
                } else if (ownBroker) {
                    settings.put(
                            new ConfigResource(ConfigResource.Type.TOPIC, topic.name()),
                            configuration(topic).entrySet().stream()
                                    .map(entry -> new AlterConfigOp(
                                            new ConfigEntry(entry.getKey(), entry.getValue()),
                                            AlterConfigOp.OpType.SET))
                                    .toList());
                }
            }
            admin.createTopics(missing).all().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            admin.incrementalAlterConfigs(settings).all().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new PlatformException("the topics could not be made at " + bootstrap + ": " + cause.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while making the topics", e);
        }
    }

    /** In the catalogue's order, so that a fresh registry gives the same ids each time. */
    static void registerSchemas(SchemaRegistry registry) {
        for (Topic<?> topic : Topics.all()) {
            topic.value()
                    .ifPresent(type -> registry.register(
                            topic.subject(), SpecificData.get().getSchema(type)));
        }
    }

    private static int partitionsOf(Topic<?> topic, int partitions) {
        return topic.retention() instanceof Retention.Compacted ? BOOK_PARTITIONS : partitions;
    }

    static Map<String, String> configuration(Topic<?> topic) {
        Map<String, String> configuration = new HashMap<>();
        configuration.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(topic.maxMessageBytes()));
        Retention retention = topic.retention();
        if (retention instanceof Retention.For kept) {
            configuration.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
            configuration.put(
                    TopicConfig.RETENTION_MS_CONFIG, Long.toString(kept.time().toMillis()));
            // Kept for that long from its arrival: by the sender's clock a back-fill would be deleted as it comes in.
            configuration.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
        } else if (retention instanceof Retention.Forever) {
            configuration.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
            configuration.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
            configuration.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
        } else {
            configuration.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        }
        return configuration;
    }
}
