package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Coverage;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.anomaly.watch.WatchOptions;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertControlKind;
import io.costops.schemas.avro.AlertFeedback;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Watching tenants in the job")
class WatchTenantTest {
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final WatchOptions OPTIONS =
            new WatchOptions(WINDOW, Duration.ofDays(3), null, new BigDecimal("5"), BigDecimal.ONE);
    private static final Instant START = Instant.parse("2026-05-11T00:00:00Z");
    private static final Place CHAT = new Place("acme", "USD", "chat", "gpt-5", "key-chat");
    private static final int LOOP = 4 * 288 + 144;
    private static final int END = LOOP + 40;

    @Test
    void comes_to_the_same_when_it_is_killed_and_restored_mid_incident() throws Exception {
        List<Alert> whole = run(List.of(), null);
        List<Alert> killed = run(List.of(LOOP - 3, LOOP + 2, LOOP + 4), null);

        assertThat(whole)
                .extracting(Alert::getAction)
                .filteredOn(action -> action != AlertAction.ESCALATED)
                .containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
        assertThat(killed.toString()).isEqualTo(whole.toString());
    }

    @Test
    void ends_an_incident_of_which_a_person_said_that_it_was_planned() throws Exception {
        List<Alert> steps = run(List.of(), AlertFeedback.PLANNED);

        assertThat(steps)
                .filteredOn(step -> step.getAction() == AlertAction.RESOLVED)
                .first()
                .satisfies(step -> assertThat(step.getWindowStart()).isBefore(at(LOOP + 5)));
    }

    /** Feeds window after window, and at each of the kills goes on from a snapshot in a new operator. */
    private static List<Alert> run(List<Integer> kills, @Nullable AlertFeedback feedback) throws Exception {
        Random random = new Random(5);
        List<Alert> steps = new ArrayList<>();
        var harness = made();
        harness.open();
        for (int window = 0; window < END; window++) {
            boolean loops = window >= LOOP && window < LOOP + 6;
            long requests = loops ? 2_000 : 40 + random.nextInt(20);
            harness.processElement1(new StreamRecord<>(
                    new Cell(
                            CHAT,
                            at(window).toEpochMilli(),
                            false,
                            new Sums(
                                    requests,
                                    loops ? requests : 0,
                                    0,
                                    1_000 * requests,
                                    0,
                                    new BigDecimal("0.01").multiply(BigDecimal.valueOf(requests)),
                                    new BigDecimal("0.01").multiply(BigDecimal.valueOf(requests)),
                                    0,
                                    requests,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    BigDecimal.ZERO)),
                    at(window + 1).toEpochMilli() - 1));
            if (kills.contains(window)) {
                steps.addAll(harness.extractOutputValues());
                OperatorSubtaskState state = harness.snapshot(window, window);
                harness.close();
                harness = made();
                harness.initializeState(state);
                harness.open();
            }
            Watermark end = new Watermark(at(window + 1).toEpochMilli() - 1);
            harness.processWatermark1(end);
            harness.processWatermark2(end);
            List<Alert> told = harness.extractOutputValues();
            if (feedback != null && !told.isEmpty() && told.get(told.size() - 1).getAction() == AlertAction.OPENED) {
                harness.processElement2(new StreamRecord<>(AlertControl.newBuilder()
                        .setControlId("feedback")
                        .setKind(AlertControlKind.FEEDBACK)
                        .setIncidentId(told.get(0).getIncidentId())
                        .setFeedback(feedback)
                        .setRecordedAt(at(window))
                        .setScope(Map.of())
                        .build()));
            }
        }
        steps.addAll(harness.extractOutputValues());
        harness.close();
        return steps;
    }

    private static KeyedTwoInputStreamOperatorTestHarness<TenantKey, Cell, AlertControl, Alert> made()
            throws Exception {
        return new KeyedTwoInputStreamOperatorTestHarness<>(
                new CoBroadcastWithKeyedOperator<>(
                        new WatchTenant(Coverage.TENANT, OPTIONS), List.of(WatchTenant.ACCEPTED)),
                cell -> new TenantKey(cell.place().tenant(), cell.place().currency()),
                null,
                Types.POJO(TenantKey.class, Map.of("tenant", Types.STRING, "currency", Types.STRING)));
    }

    private static Instant at(int window) {
        return START.plus(WINDOW.multipliedBy(window));
    }
}
