package io.costops.anomaly;

import io.costops.anomaly.job.AnomalyOptions;
import io.costops.anomaly.job.AnomalyTopology;
import io.costops.anomaly.job.KafkaEnds;
import io.costops.anomaly.job.RegistryAccess;
import io.costops.anomaly.job.WallClock;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.time.Duration;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Watches the spending: usage.priced and budgets to cost.alerts, budget.state and cost.forecasts. */
public final class AnomalyJob {
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(1);

    private AnomalyJob() {}

    public static void main(String[] arguments) throws Exception {
        AnomalyOptions options = Configurations.read(AnomalyOptions.class, arguments, System.getenv());
        RegistryAccess registry = new RegistryAccess.Confluent(options.schemaRegistryUrl());
        registerSchemas(registry.connect());

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        configure(env, options);
        KafkaEnds kafka = new KafkaEnds(options, registry);
        AnomalyTopology.topology(
                env,
                kafka.sources(),
                kafka.sinks(),
                AnomalyTopology.Settings.of(options, WallClock.ofMachine(), kafka.budgetLoader()));
        env.execute("CostOps anomaly");
    }

    /** Fails at the start, and not with the first record, if the registry refuses what the job writes. */
    private static void registerSchemas(SchemaRegistry registry) {
        registry.register(Topics.COST_ALERTS.subject(), Alert.getClassSchema());
        registry.register(Topics.BUDGET_STATE.subject(), BudgetState.getClassSchema());
        registry.register(Topics.COST_FORECASTS.subject(), Forecast.getClassSchema());
    }

    /** The cluster's configuration holds; what neither it nor an option sets gets a default that is safe. */
    static void configure(StreamExecutionEnvironment env, AnomalyOptions options) {
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
            // 100,000 series are half a gigabyte, of which a checkpoint should write only what changed.
            defaults.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        }
        if (cluster.getOptional(CheckpointingOptions.INCREMENTAL_CHECKPOINTS).isEmpty()) {
            defaults.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        }
        env.configure(defaults);
        options.parallelism().ifPresent(env::setParallelism);
    }
}
