package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.config.Configurations;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A checkpoint finds its state by these: to change one is to lose what was learned and spent. */
@DisplayName("The watch finds its state")
class StateNamesTest {
    private record NoRegistry() implements RegistryAccess {
        @Override
        public SchemaRegistry connect() {
            return new InMemorySchemaRegistry();
        }
    }

    @Test
    void by_the_uids_of_its_steps() {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2);
        AnomalyOptions options = Configurations.read(
                AnomalyOptions.class,
                new String[] {"--kafka.bootstrap", "broker:9092", "--schema.registry.url", "http://registry:8081"},
                Map.of());
        KafkaEnds kafka = new KafkaEnds(options, new NoRegistry());
        AnomalyTopology.topology(
                env,
                kafka.sources(),
                kafka.sinks(),
                AnomalyTopology.Settings.of(options, WallClock.ofMachine(), List::of));

        Set<String> uids = new TreeSet<>();
        for (StreamNode node : env.getStreamGraph().getStreamNodes()) {
            uids.add(node.getTransformationUID());
        }
        assertThat(uids)
                .containsExactlyInAnyOrder(
                        "priced-usage",
                        "budgets",
                        "alert-controls",
                        "of-all",
                        "cells-of-all",
                        "late-of-all",
                        "watch-all",
                        "spend-of-all",
                        "read-usage",
                        "cells",
                        "late-usage",
                        "watch-tenants",
                        "without-a-price",
                        "watch-unpriced",
                        "charge-budgets",
                        "keep-budgets",
                        "budget-state",
                        "Sink Committer: budget-state",
                        "spend-by-series",
                        "forecast-spend",
                        "forecasts",
                        "Sink Committer: forecasts",
                        "alert-desk",
                        "alerts",
                        "Sink Committer: alerts");
    }

    @Test
    void by_these_names_and_in_these_forms() {
        assertThat(Stream.of(
                                WatchTenant.PENDING,
                                WatchTenant.TENANT,
                                WatchTenant.SERIES,
                                WatchTenant.ACCEPTED,
                                WatchUnpriced.MODEL,
                                ChargeBudgets.BUDGETS,
                                KeepBudget.BUDGET,
                                KeepBudget.PERIODS,
                                KeepBudget.HOURS,
                                KeepBudget.HISTORY,
                                KeepBudget.OUTLOOK,
                                KeepBudget.CURRENT,
                                KeepBudget.AHEAD,
                                ForecastSpend.HOURS,
                                ForecastSpend.HISTORY,
                                ForecastSpend.FIRST_HOUR,
                                ForecastSpend.NEWEST_HOUR,
                                AlertDesk.INCIDENTS,
                                AlertDesk.FORMER_ACKNOWLEDGEMENTS,
                                AlertDesk.CONTROLS)
                        .map(StateNamesTest::form))
                .containsExactly(
                        "pending LIST ListSerializerSnapshot",
                        "tenant VALUE BytePrimitiveArraySerializerSnapshot",
                        "series MAP MapSerializerSnapshot",
                        "accepted MAP MapSerializerSnapshot",
                        "model VALUE BytePrimitiveArraySerializerSnapshot",
                        "budgets MAP MapSerializerSnapshot",
                        "budget VALUE AvroSerializerSnapshot",
                        "periods MAP MapSerializerSnapshot",
                        "hours MAP MapSerializerSnapshot",
                        "history VALUE BytePrimitiveArraySerializerSnapshot",
                        "outlook VALUE PojoSerializerSnapshot",
                        "current-period VALUE LongSerializerSnapshot",
                        "ahead LIST ListSerializerSnapshot",
                        "hours MAP MapSerializerSnapshot",
                        "history VALUE BytePrimitiveArraySerializerSnapshot",
                        "first-hour VALUE LongSerializerSnapshot",
                        "newest-hour VALUE LongSerializerSnapshot",
                        "incidents MAP MapSerializerSnapshot",
                        "former-acknowledgements MAP MapSerializerSnapshot",
                        "controls MAP MapSerializerSnapshot");
    }

    private static String form(StateDescriptor<?, ?> state) {
        state.initializeSerializerUnlessSet(new ExecutionConfig());
        return state.getName() + " " + state.getType() + " "
                + state.getSerializer().snapshotConfiguration().getClass().getSimpleName();
    }
}
