package io.costops.sinks.ledger;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.config.Configurations;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.TestBudgets;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.ledger.LedgerWriterJob.Sources;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The job's own topology, settings and sinks in a mini cluster, over generated records instead of Kafka. */
final class TestJob {
    static final long ENDLESS = Long.MAX_VALUE;

    private static final TypeInformation<LedgerEntry> ENTRY = new AvroTypeInfo<>(LedgerEntry.class);
    private static final TypeInformation<RejectedUsage> REJECTED = new AvroTypeInfo<>(RejectedUsage.class);
    private static final TypeInformation<Alert> ALERT = new AvroTypeInfo<>(Alert.class);
    private static final TypeInformation<AlertDelivery> DELIVERY = new AvroTypeInfo<>(AlertDelivery.class);
    private static final TypeInformation<BudgetState> BUDGET = new AvroTypeInfo<>(BudgetState.class);
    private static final TypeInformation<Forecast> FORECAST = new AvroTypeInfo<>(Forecast.class);

    private TestJob() {}

    static LedgerWriterConfiguration configuration(URI clickHouseUrl, String database, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--kafka.bootstrap", "unused:9092",
                "--schema.registry.url", "http://unused:8081",
                "--clickhouse.url", clickHouseUrl.toString(),
                "--clickhouse.database", database,
                "--checkpoint.interval", "100ms",
                "--batch.max.rows", "300"));
        arguments.addAll(List.of(more));
        return Configurations.read(
                LedgerWriterConfiguration.class,
                arguments.toArray(String[]::new),
                Map.of("CLICKHOUSE_PASSWORD", TestClickHouse.PASSWORD));
    }

    static LedgerWriterConfiguration configuration(ClickHouse clickHouse, String... more) {
        return configuration(clickHouse.address().url(), clickHouse.address().database(), more);
    }

    static StreamExecutionEnvironment environment(
            LedgerWriterConfiguration configuration, Map<String, String> settings, Sources sources) {
        Configuration all = LedgerWriterJob.settings(configuration);
        all.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        all.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1);
        all.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ZERO);
        settings.forEach(all::setString);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(
                configuration.parallelism().orElse(1), all);
        LedgerWriterJob.topology(env, sources, LedgerWriterJob.sinks(configuration, LedgerCut.NONE));
        return env;
    }

    /** Records numbered from 0, so many between two checkpoints; as many of each other kind as rejected records. */
    static Sources sources(
            GeneratorFunction<Long, LedgerEntry> entries, long entryCount, long rejectedCount, int perCheckpoint) {
        return new Sources(
                new DataGeneratorSource<>(entries, entryCount, RateLimiterStrategy.perCheckpoint(perCheckpoint), ENTRY),
                new DataGeneratorSource<>(
                        number -> TestEntries.rejected("acme", number),
                        rejectedCount,
                        RateLimiterStrategy.perCheckpoint(perCheckpoint),
                        REJECTED),
                new DataGeneratorSource<>(
                        number -> TestAlerts.of("acme", "incident " + number),
                        rejectedCount,
                        RateLimiterStrategy.perCheckpoint(perCheckpoint),
                        ALERT),
                new DataGeneratorSource<>(
                        number ->
                                TestAlerts.delivery("acme", "incident " + number, "finops", 0, DeliveryOutcome.QUEUED),
                        rejectedCount,
                        RateLimiterStrategy.perCheckpoint(perCheckpoint),
                        DELIVERY),
                new DataGeneratorSource<>(
                        number -> TestBudgets.state("acme", "budget " + number, 0),
                        rejectedCount,
                        RateLimiterStrategy.perCheckpoint(perCheckpoint),
                        BUDGET),
                new DataGeneratorSource<>(
                        number -> TestBudgets.forecast("acme", "project " + number, 0),
                        rejectedCount,
                        RateLimiterStrategy.perCheckpoint(perCheckpoint),
                        FORECAST));
    }
}
