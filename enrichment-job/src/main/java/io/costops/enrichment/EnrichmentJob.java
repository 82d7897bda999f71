package io.costops.enrichment;

import io.costops.enrichment.job.EnrichmentOptions;
import io.costops.enrichment.job.EnrichmentTopology;
import io.costops.enrichment.job.JobClock;
import io.costops.enrichment.job.KafkaEnds;
import io.costops.enrichment.job.RegistryAccess;
import io.costops.enrichment.job.RememberedEvents;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Prices and attributes usage events, once each: usage.events to usage.priced. */
public final class EnrichmentJob {
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(1);

    /** By its key: the state backend is the cluster's, and not on the job's class path. */
    private static final ConfigOption<Boolean> BLOOM_FILTER = ConfigOptions.key(
                    "state.backend.rocksdb.use-bloom-filter")
            .booleanType()
            .noDefaultValue();

    /** Likewise. */
    private static final ConfigOption<String> STATE_FILES = ConfigOptions.key("state.backend.rocksdb.options-factory")
            .stringType()
            .noDefaultValue();

    private static final ConfigOption<String> COMPACTION_STYLE = ConfigOptions.key(
                    "state.backend.rocksdb.compaction.style")
            .stringType()
            .noDefaultValue();

    /** How much is remembered, by state: gauges of every task. Reading them costs next to nothing. */
    private static final List<ConfigOption<Boolean>> STATE_SIZE = Stream.of(
                    "estimate-num-keys", "estimate-live-data-size", "total-sst-files-size", "column-family-as-variable")
            .map(metric -> ConfigOptions.key("state.backend.rocksdb.metrics." + metric)
                    .booleanType()
                    .noDefaultValue())
            .toList();

    private EnrichmentJob() {}

    public static void main(String[] arguments) throws Exception {
        EnrichmentOptions options = Configurations.read(EnrichmentOptions.class, arguments, System.getenv());
        RegistryAccess registry = new RegistryAccess.Confluent(options.schemaRegistryUrl());
        registerSchemas(registry.connect());

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        configure(env, options);
        KafkaEnds kafka = new KafkaEnds(options);
        EnrichmentTopology.topology(
                env,
                kafka.sources(),
                kafka.sinks(registry),
                new EnrichmentTopology.Settings(
                        registry,
                        kafka.loader(),
                        JobClock.ofMachine(),
                        options.positionHorizon(),
                        options.dedupWindow()));
        env.execute("CostOps enrichment");
    }

    /** Fails at the start, and not with the first record, if the registry refuses what the job writes. */
    private static void registerSchemas(SchemaRegistry registry) {
        registry.register(Topics.USAGE_PRICED.subject(), LedgerEntry.getClassSchema());
        registry.register(Topics.USAGE_REJECTED.subject(), RejectedUsage.getClassSchema());
    }

    /** The cluster's configuration holds; what neither it nor an option sets gets a default that is safe. */
    static void configure(StreamExecutionEnvironment env, EnrichmentOptions options) {
        ReadableConfig cluster = env.getConfiguration();
        Configuration defaults = new Configuration();
        defaults.set(
                CheckpointingOptions.CHECKPOINTING_INTERVAL,
                options.checkpointInterval()
                        .or(() -> cluster.getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL))
                        .orElse(CHECKPOINT_INTERVAL));
        if (cluster.getOptional(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION)
                .isEmpty()) {
            defaults.set(
                    CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                    ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        }
        if (cluster.getOptional(StateBackendOptions.STATE_BACKEND).isEmpty()) {
            // State of three days doesn't fit the heap, and only its changes are written with each checkpoint.
            defaults.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        }
        if (cluster.getOptional(CheckpointingOptions.INCREMENTAL_CHECKPOINTS).isEmpty()) {
            defaults.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        }
        if (cluster.getOptional(BLOOM_FILTER).isEmpty()) {
            // Most look-ups are for events that were never seen: with the filter they read no file.
            defaults.set(BLOOM_FILTER, true);
        }
        if (cluster.getOptional(STATE_FILES).isEmpty()
                && cluster.getOptional(COMPACTION_STYLE).isEmpty()) {
            defaults.set(STATE_FILES, RememberedEvents.class.getName());
        }
        for (ConfigOption<Boolean> metric : STATE_SIZE) {
            if (cluster.getOptional(metric).isEmpty()) {
                defaults.set(metric, true);
            }
        }
        env.configure(defaults);
        options.parallelism().ifPresent(env::setParallelism);
    }
}
