package io.costops.enrichment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.enrichment.job.EnrichmentOptions;
import io.costops.enrichment.job.RememberedEvents;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnrichmentJobTest {
    private static final ConfigOption<Boolean> BLOOM_FILTER = ConfigOptions.key(
                    "state.backend.rocksdb.use-bloom-filter")
            .booleanType()
            .noDefaultValue();
    private static final ConfigOption<String> STATE_FILES = ConfigOptions.key("state.backend.rocksdb.options-factory")
            .stringType()
            .noDefaultValue();

    @Nested
    @DisplayName("the options")
    class Options {
        @Test
        void have_defaults_for_all_but_the_addresses() {
            EnrichmentOptions options = options();

            assertThat(options.groupId()).isEqualTo("costops-enrichment");
            assertThat(options.checkpointInterval()).isEmpty();
            assertThat(options.parallelism()).isEmpty();
            assertThat(options.dedupWindow()).isEqualTo(Duration.ofDays(3));
            assertThat(options.positionHorizon()).isEqualTo(Duration.ofHours(24));
            assertThat(options.transactionTimeout())
                    .isEqualTo(Duration.ofDays(7).minusHours(1));
        }

        @Test
        void are_read_from_the_environment_too() {
            EnrichmentOptions options = Configurations.read(
                    EnrichmentOptions.class,
                    new String[0],
                    Map.of("KAFKA_BOOTSTRAP", "b:1", "SCHEMA_REGISTRY_URL", "http://r:2", "PARALLELISM", "3"));

            assertThat(options.kafkaBootstrap()).isEqualTo("b:1");
            assertThat(options.parallelism()).contains(3);
        }

        @ParameterizedTest
        @CsvSource({
            "--position.horizon, 4d, dedup.window must be at least position.horizon",
            "--position.horizon, 0s, position.horizon must be above 0",
            "--transaction.timeout, 30d, transaction.timeout must be above 0 and at most 24d",
            "--checkpoint.interval, 1ms, checkpoint.interval must be at least 10ms",
            "--parallelism, 0, parallelism must be at least 1",
            "--group.id, '', group.id must not be empty",
            "--dedup.windwo, 1d, unknown option --dedup.windwo",
            "--parallelism, many, option --parallelism must be a Integer"
        })
        void that_cant_be_used_are_refused_by_name(String option, String value, String message) {
            assertThatThrownBy(() -> options(option, value))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(message);
        }

        @Test
        void without_an_address_are_refused() {
            assertThatThrownBy(() -> Configurations.read(EnrichmentOptions.class, new String[0], Map.of()))
                    .hasMessageContaining("--kafka.bootstrap");
        }
    }

    @Nested
    @DisplayName("what the cluster's configuration leaves open")
    class Defaults {
        @Test
        void gets_a_default_that_is_safe() {
            ReadableConfig configured = configured(new Configuration(), options());

            assertThat(configured.get(CheckpointingOptions.CHECKPOINTING_INTERVAL))
                    .isEqualTo(Duration.ofSeconds(1));
            assertThat(configured.get(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION))
                    .isEqualTo(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
            assertThat(configured.get(StateBackendOptions.STATE_BACKEND)).isEqualTo("rocksdb");
            assertThat(configured.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS))
                    .isTrue();
            assertThat(configured.get(STATE_FILES)).isEqualTo(RememberedEvents.class.getName());
        }

        @Test
        void reports_how_much_is_remembered() {
            ReadableConfig configured = configured(new Configuration(), options());

            assertThat(List.of("estimate-num-keys", "estimate-live-data-size", "total-sst-files-size"))
                    .allSatisfy(metric -> assertThat(
                                    configured.get(ConfigOptions.key("state.backend.rocksdb.metrics." + metric)
                                            .booleanType()
                                            .defaultValue(false)))
                            .isTrue());
        }

        @Test
        void leaves_the_files_of_the_state_to_a_cluster_that_says_how_they_are_merged() {
            Configuration cluster = new Configuration();
            cluster.setString("state.backend.rocksdb.compaction.style", "LEVEL");

            assertThat(configured(cluster, options()).getOptional(STATE_FILES)).isEmpty();
        }

        @Test
        void and_nothing_else_is_changed_but_by_an_option() {
            Configuration cluster = new Configuration();
            cluster.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMinutes(5));
            cluster.set(
                    CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                    ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION);
            cluster.set(StateBackendOptions.STATE_BACKEND, "hashmap");
            cluster.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, false);
            cluster.set(BLOOM_FILTER, false);
            cluster.set(STATE_FILES, "of.their.Own");

            ReadableConfig kept = configured(cluster, options());
            assertThat(kept.get(CheckpointingOptions.CHECKPOINTING_INTERVAL)).isEqualTo(Duration.ofMinutes(5));
            assertThat(kept.get(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION))
                    .isEqualTo(ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION);
            assertThat(kept.get(StateBackendOptions.STATE_BACKEND)).isEqualTo("hashmap");
            assertThat(kept.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS)).isFalse();
            assertThat(kept.get(BLOOM_FILTER)).isFalse();
            assertThat(kept.get(STATE_FILES)).isEqualTo("of.their.Own");

            assertThat(configured(cluster, options("--checkpoint.interval", "2s"))
                            .get(CheckpointingOptions.CHECKPOINTING_INTERVAL))
                    .isEqualTo(Duration.ofSeconds(2));
        }

        private ReadableConfig configured(Configuration cluster, EnrichmentOptions options) {
            StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, cluster);
            EnrichmentJob.configure(env, options);
            return env.getConfiguration();
        }
    }

    private static EnrichmentOptions options(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("--kafka.bootstrap", "broker:9092", "--schema.registry.url", "http://registry"));
        arguments.addAll(List.of(more));
        return Configurations.read(EnrichmentOptions.class, arguments.toArray(new String[0]), Map.of());
    }
}
