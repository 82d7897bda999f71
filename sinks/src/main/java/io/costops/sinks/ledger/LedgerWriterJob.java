package io.costops.sinks.ledger;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.topics.Topic;
import io.costops.schemas.topics.Topics;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.Retry;
import io.costops.sinks.migrations.Migrations;
import io.costops.sinks.rowbinary.RowFormat;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Writes the ledger, and what else is kept in ClickHouse: each record of its topics exactly once. */
public final class LedgerWriterJob {
    private static final String NAME = "costops-ledger-writer";

    private LedgerWriterJob() {}

    /** Where the records come from. */
    record Sources(
            Source<LedgerEntry, ?, ?> priced,
            Source<RejectedUsage, ?, ?> rejected,
            Source<Alert, ?, ?> alerts,
            Source<AlertDelivery, ?, ?> deliveries,
            Source<BudgetState, ?, ?> budgets,
            Source<Forecast, ?, ?> forecasts) {}

    /** Where the rows go. */
    record Sinks(
            Sink<LedgerEntry> ledger,
            Sink<RejectedUsage> rejectedUsage,
            Sink<Alert> alerts,
            Sink<AlertDelivery> deliveries,
            Sink<BudgetState> budgets,
            Sink<Forecast> forecasts) {}

    public static void main(String[] arguments) throws Exception {
        LedgerWriterConfiguration configuration =
                Configurations.read(LedgerWriterConfiguration.class, arguments, System.getenv());
        ClickHouse clickHouse = new ClickHouse(configuration.address());
        Retry.lasting(configuration.clickhousePatience())
                .untilAvailable(
                        "bring the tables up to date", () -> Migrations.apply(clickHouse, configuration.deployment()));

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings(configuration));
        LedgerCut cut = Retry.lasting(configuration.clickhousePatience())
                .untilAvailable(
                        "read where the ledger was cut",
                        () -> LedgerCut.newest(clickHouse, configuration.deployment()));
        topology(env, sources(configuration, cut), sinks(configuration, cut));
        env.execute(NAME);
    }

    static void topology(StreamExecutionEnvironment env, Sources from, Sinks to) {
        env.fromSource(from.priced(), WatermarkStrategy.noWatermarks(), "usage.priced")
                .uid("usage-priced")
                .sinkTo(to.ledger())
                .name("ledger")
                .uid("ledger");

        env.fromSource(from.rejected(), WatermarkStrategy.noWatermarks(), "usage.rejected")
                .uid("usage-rejected")
                .sinkTo(to.rejectedUsage())
                .name("rejected_usage")
                .uid("rejected-usage");

        env.fromSource(from.alerts(), WatermarkStrategy.noWatermarks(), "cost.alerts")
                .uid("cost-alerts")
                .sinkTo(to.alerts())
                .name("alert_steps")
                .uid("alert-steps");

        env.fromSource(from.deliveries(), WatermarkStrategy.noWatermarks(), "alert.deliveries")
                .uid("alert-deliveries")
                .sinkTo(to.deliveries())
                .name("alert_deliveries")
                .uid("delivery-rows");

        env.fromSource(from.budgets(), WatermarkStrategy.noWatermarks(), "budget.state")
                .uid("budget-state")
                .sinkTo(to.budgets())
                .name("budget_states")
                .uid("budget-states");

        env.fromSource(from.forecasts(), WatermarkStrategy.noWatermarks(), "cost.forecasts")
                .uid("cost-forecasts")
                .sinkTo(to.forecasts())
                .name("forecast_history")
                .uid("forecast-history");
    }

    /** What the job needs of Flink, whatever the cluster's own settings are. */
    static Configuration settings(LedgerWriterConfiguration configuration) {
        Configuration settings = new Configuration();
        configuration.parallelism().ifPresent(writers -> settings.set(CoreOptions.DEFAULT_PARALLELISM, writers));
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, configuration.checkpointInterval());
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL_DURING_BACKLOG, configuration.intervalDuringBacklog());
        // Requests that piled up while one waited for ClickHouse: rows are read between the checkpoints that answer
        // them.
        settings.set(
                CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS,
                configuration.checkpointInterval().dividedBy(2));
        settings.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        // While ClickHouse is away a commit waits and checkpoints run into their timeout: that is no failure of the
        // job.
        settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE);
        settings.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        settings.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        settings.set(PipelineOptions.GENERIC_TYPES, false);
        // Each record is decoded anew and encoded at once; nobody keeps one.
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        return settings;
    }

    private static Sources sources(LedgerWriterConfiguration configuration, LedgerCut cut) throws IOException {
        return new Sources(
                new BacklogSource<>(
                        source(configuration, Topics.USAGE_PRICED, new AvroTypeInfo<>(LedgerEntry.class), cut),
                        new AvroTypeInfo<>(LedgerEntry.class),
                        System::currentTimeMillis),
                source(configuration, Topics.USAGE_REJECTED, new AvroTypeInfo<>(RejectedUsage.class), LedgerCut.NONE),
                source(configuration, Topics.COST_ALERTS, new AvroTypeInfo<>(Alert.class), LedgerCut.NONE),
                source(configuration, Topics.ALERT_DELIVERIES, new AvroTypeInfo<>(AlertDelivery.class), LedgerCut.NONE),
                source(configuration, Topics.BUDGET_STATE, new AvroTypeInfo<>(BudgetState.class), LedgerCut.NONE),
                source(configuration, Topics.COST_FORECASTS, new AvroTypeInfo<>(Forecast.class), LedgerCut.NONE));
    }

    private static <T extends SpecificRecord> KafkaSource<T> source(
            LedgerWriterConfiguration configuration, Topic<T> topic, TypeInformation<T> type, LedgerCut cut)
            throws IOException {
        Properties properties = new Properties();
        if (configuration.kafkaProperties().isPresent()) {
            Path file = configuration.kafkaProperties().get();
            try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                properties.load(reader);
            }
        }
        properties.setProperty("isolation.level", "read_committed");
        return KafkaSource.<T>builder()
                .setBootstrapServers(configuration.kafkaBootstrap())
                .setGroupId(configuration.kafkaGroup())
                .setTopics(topic.name())
                // Without a checkpoint always from the beginning: the group's offsets are for display and may run
                // ahead.
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new TopicRecords<>(topic, type, configuration.schemaRegistryUrl(), cut))
                .setProperties(properties)
                .build();
    }

    static Sinks sinks(LedgerWriterConfiguration configuration, LedgerCut cut) {
        return new Sinks(
                new ClickHouseSink<>(
                        LedgerRows::format,
                        configuration.address(),
                        configuration.limits(),
                        cut.number(),
                        FreshStart.ofLedger(cut)),
                sink(configuration, RejectedRows::format, Topics.USAGE_REJECTED, RejectedRows.TABLE),
                sink(configuration, AlertRows::format, Topics.COST_ALERTS, AlertRows.TABLE),
                sink(configuration, DeliveryRows::format, Topics.ALERT_DELIVERIES, DeliveryRows.TABLE),
                sink(configuration, BudgetRows::format, Topics.BUDGET_STATE, BudgetRows.TABLE),
                sink(configuration, ForecastRows::format, Topics.COST_FORECASTS, ForecastRows.TABLE));
    }

    private static <T> ClickHouseSink<T> sink(
            LedgerWriterConfiguration configuration,
            ClickHouseSink.SerializableSupplier<RowFormat<T>> format,
            Topic<?> topic,
            String table) {
        return new ClickHouseSink<>(
                format,
                configuration.address(),
                configuration.limits(),
                LedgerCut.NONE.number(),
                FreshStart.of(topic.name(), table, configuration.refill(), configuration.deployment()));
    }
}
