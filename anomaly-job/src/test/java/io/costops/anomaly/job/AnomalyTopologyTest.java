package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.watch.WatchOptions;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertControlKind;
import io.costops.schemas.avro.AlertFeedback;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.value.LedgerDecimal;
import java.io.Serializable;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The topology of the watch")
class AnomalyTopologyTest {
    private static final int PER_CHECKPOINT = 150;
    /** The tasks run in this JVM. */
    private static final AtomicInteger FAILURES_LEFT = new AtomicInteger();

    @TempDir
    private Path checkpoints;

    @Test
    void tells_the_same_of_a_retry_loop_though_the_job_dies_in_the_middle_of_it() throws Exception {
        List<Alert> whole = run("hashmap", 0);
        // When the stream ends so does time's bound: the silence behind it is told as missing data.
        List<Alert> loop = whole.stream()
                .filter(step -> step.getCategory() == AlertCategory.ANOMALY && "acme".equals(step.getTenant()))
                .toList();
        assertThat(loop)
                .filteredOn(step -> step.getAction() != AlertAction.ESCALATED)
                .extracting(Alert::getAction)
                .containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
        assertThat(loop.get(0).getCause()).isEqualTo("retry_loop");
        assertThat(loop.get(0).getScope()).containsEntry("api_key_id", "key-agent");
        assertThat(whole)
                .as("of all tenants together")
                .filteredOn(step -> step.getCategory() == AlertCategory.ANOMALY && step.getTenant() == null)
                .isNotEmpty()
                .extracting(Alert::getSuppressed)
                .containsOnly("shown_by_tenant");

        for (String backend : List.of("hashmap", "rocksdb")) {
            List<Alert> killed = run(backend, 2);

            assertThat(FAILURES_LEFT).as("the job died twice").hasValue(0);
            assertThat(killed).as("on the state backend " + backend).hasToString(whole.toString());
        }
    }

    private List<Alert> run(String backend, int failures) throws Exception {
        FAILURES_LEFT.set(failures);
        Configuration configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, backend);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, failures);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ZERO);
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(50));
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        configuration.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ofMillis(10));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        CommittedSink<Alert> alerts = new CommittedSink<>(Alert.class);
        Traffic traffic = new Traffic(Instant.parse("2026-05-11T00:00:00Z"));
        AnomalyTopology.topology(
                env,
                new AnomalyTopology.Sources(
                        new DataGeneratorSource<>(
                                traffic::entry,
                                traffic.size(),
                                RateLimiterStrategy.perCheckpoint(PER_CHECKPOINT),
                                new AvroTypeInfo<>(LedgerEntry.class)),
                        only(budget(traffic.start()), Budget.class),
                        only(control(traffic.start()), AlertControl.class)),
                new AnomalyTopology.Sinks(
                        alerts, new CommittedSink<>(BudgetState.class), new CommittedSink<>(Forecast.class)),
                new AnomalyTopology.Settings(
                        new Begin(traffic.start()),
                        List::of,
                        new WatchOptions(
                                Duration.ofMinutes(1), Duration.ofDays(1), null, new BigDecimal("5"), BigDecimal.ONE),
                        Duration.ofSeconds(20),
                        Duration.ofMinutes(1),
                        Duration.ofHours(1),
                        Duration.ofDays(36_500)));
        env.execute();
        // Incidents of different tenants have no order among them.
        List<Alert> told = new ArrayList<>(alerts.committed());
        told.sort(Comparator.comparing(Alert::getIncidentId).thenComparing(Alert::getSequence));
        // The clock of the machine, which says when a step was committed.
        told.forEach(step -> step.setRecordedAt(Instant.EPOCH));
        return told;
    }

    private static <T extends SpecificRecordBase> DataGeneratorSource<T> only(T record, Class<T> type) {
        return new DataGeneratorSource<>(number -> record, 1, new AvroTypeInfo<>(type));
    }

    private static Budget budget(Instant at) {
        return Budget.newBuilder()
                .setBudgetId("of the month")
                .setPeriod(BudgetPeriod.MONTH)
                .setLimit(LedgerDecimal.fit(new BigDecimal("1000000"), "limit"))
                .setRecordedAt(at)
                .build();
    }

    private static AlertControl control(Instant at) {
        return AlertControl.newBuilder()
                .setControlId("c-1")
                .setKind(AlertControlKind.FEEDBACK)
                .setIncidentId("another one")
                .setFeedback(AlertFeedback.YES)
                .setScope(Map.of())
                .setRecordedAt(at)
                .build();
    }

    /** A clock that stands at the begin of the traffic: nothing of it is a backlog. */
    private record Begin(Instant now) implements WallClock {}

    /** Two days in which two keys are used every five minutes, and before the end ten minutes in which one of them loops. */
    private record Traffic(Instant start) implements Serializable {
        private static final int USUAL = 2 * 288 * 2;
        private static final int LOOP_FROM = USUAL - 3 * 12 * 2;
        private static final int LOOP = 600;

        long size() {
            return USUAL + LOOP;
        }

        LedgerEntry entry(long number) {
            if (number >= LOOP_FROM && number < LOOP_FROM + LOOP) {
                long second = number - LOOP_FROM;
                if (second == LOOP / 3) {
                    failIfLeft(2);
                } else if (second == LOOP * 2 / 3) {
                    failIfLeft(1);
                }
                return call(number, "agent", usualAt(LOOP_FROM).plusSeconds(second), 2 + (int) (second % 5));
            }
            long usual = number < LOOP_FROM ? number : number - LOOP;
            return call(number, usual % 2 == 0 ? "chat" : "agent", usualAt(usual), 1);
        }

        private static void failIfLeft(int failures) {
            if (FAILURES_LEFT.compareAndSet(failures, failures - 1)) {
                throw new IllegalStateException("the job dies");
            }
        }

        private Instant usualAt(long usual) {
            return start.plus(Duration.ofMinutes(5).multipliedBy(usual / 2)).plusSeconds(usual % 2 * 61);
        }

        private static LedgerEntry call(long number, String project, Instant at, int attempt) {
            BigDecimal cost = LedgerDecimal.fit(new BigDecimal("0.168"), "cost");
            return LedgerEntry.newBuilder()
                    .setEntryId("entry-" + number)
                    .setEventId("event-" + number)
                    .setRevision(0)
                    .setSequence(0)
                    .setKind(EntryKind.USAGE)
                    .setStatus(EntryStatus.PRICED)
                    .setEventTime(at)
                    .setBillingPeriod(at.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1))
                    .setRecordedAt(at)
                    .setReceivedAt(at)
                    .setSourceKind("openai.chat")
                    .setModel("gpt-5")
                    .setDimensions(Dimensions.newBuilder()
                            .setTenant("acme")
                            .setProject(project)
                            .setApiKeyId("key-" + project)
                            .build())
                    .setAttempt(attempt)
                    .setRequests(1)
                    .setInputTokens(200_000)
                    .setOutputTokens(4_000)
                    .setBilledCost(cost)
                    .setEffectiveCost(cost)
                    .setOrigin(new Origin("usage.events", 0, number, null))
                    .build();
        }
    }
}
