package io.costops.ingest;

import io.costops.schemas.topics.Topics;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Kafka Streams' settings: those that our guarantees rest on, and those that an operator chose. */
final class StreamProperties {
    private StreamProperties() {}

    static Properties of(IngestConfiguration configuration) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, configuration.applicationId());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, configuration.kafkaBootstrap());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, configuration.stateDir().toString());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, configuration.threads());
        // A raw record is taken and its events are written in one transaction: neither lost nor written twice.
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                configuration.commitInterval().toMillis());
        // As large as the largest topic takes, so that a full-size reject can't stop the stream.
        properties.put(
                StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                Topics.USAGE_REJECTED.maxMessageBytes());
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        properties.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG),
                Topics.USAGE_RAW.maxMessageBytes());
        // Under load a request takes what came in some milliseconds; each costs the broker more than the records in it.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 64 * 1024);
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 50);
        // A member that is told by its name to be the one that died is given its work back without waiting for the
        // session
        // to run out; the stream adds the number of the thread.
        configuration
                .instanceId()
                .ifPresent(name ->
                        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), name));
        return properties;
    }
}
