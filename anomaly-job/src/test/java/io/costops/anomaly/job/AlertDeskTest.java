package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertControlKind;
import io.costops.schemas.avro.AlertFeedback;
import io.costops.schemas.avro.AlertSeverity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.CoBroadcastWithKeyedOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The alert desk")
class AlertDeskTest {
    private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    @SuppressWarnings("NullAway.Init") // by open
    private KeyedTwoInputStreamOperatorTestHarness<String, Alert, AlertControl, Alert> harness;

    @BeforeEach
    void open() throws Exception {
        harness = made();
        harness.setProcessingTime(NOON.toEpochMilli());
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void numbers_the_steps_of_an_incident_also_over_a_restore() throws Exception {
        take(step("a", AlertAction.OPENED));
        take(step("b", AlertAction.OPENED));
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        harness = made();
        harness.setProcessingTime(NOON.toEpochMilli());
        harness.initializeState(state);
        harness.open();
        take(step("a", AlertAction.RESOLVED));
        take(step("a", AlertAction.REOPENED));

        assertThat(told()).extracting(Alert::getSequence).containsExactly(1, 2);
    }

    @Test
    void marks_what_is_silenced_and_tells_of_it_when_the_silence_is_over() throws Exception {
        control(AlertControl.newBuilder()
                .setControlId("s")
                .setKind(AlertControlKind.SILENCE)
                .setTenant("acme")
                .setScope(Map.of("project", "chat"))
                .setUntil(NOON.plus(Duration.ofMinutes(5))));
        take(step("a", AlertAction.OPENED));
        Alert other = step("b", AlertAction.OPENED);
        other.setScope(Map.of("project", "search"));
        take(other);
        at(NOON.plus(Duration.ofMinutes(4)));
        assertThat(told()).extracting(Alert::getSuppressed).containsExactly("silenced", null);

        at(NOON.plus(Duration.ofMinutes(6)));

        assertThat(told())
                .filteredOn(alert -> alert.getIncidentId().equals("a"))
                .last()
                .satisfies(alert -> {
                    assertThat(alert.getAction()).isEqualTo(AlertAction.RENOTIFIED);
                    assertThat(alert.getSuppressed()).isNull();
                });
    }

    @Test
    void tells_nobody_of_the_end_of_what_nobody_was_told_of() throws Exception {
        Alert small = step("a", AlertAction.OPENED);
        small.setSuppressed("below_minimum_impact");
        take(small);
        take(step("a", AlertAction.RESOLVED));
        take(step("b", AlertAction.OPENED));
        take(step("b", AlertAction.RESOLVED));

        assertThat(told())
                .extracting(Alert::getSuppressed)
                .containsExactly("below_minimum_impact", "below_minimum_impact", null, null);
    }

    @Test
    void lets_warnings_wait_in_quiet_hours_and_nothing_worse() throws Exception {
        control(AlertControl.newBuilder()
                .setControlId("q")
                .setKind(AlertControlKind.QUIET_HOURS)
                .setDailyFrom("22:00")
                .setDailyUntil("14:00")
                .setTimeZone("Europe/Berlin"));
        Alert warning = step("a", AlertAction.OPENED);
        warning.setSeverity(AlertSeverity.WARNING);
        take(warning);
        take(step("b", AlertAction.OPENED));

        assertThat(told()).extracting(Alert::getSuppressed).containsExactly("quiet_hours", null);
        at(NOON.plus(Duration.ofHours(1)).plusSeconds(20));
        assertThat(told()).last().extracting(Alert::getAction).isEqualTo(AlertAction.RENOTIFIED);
    }

    @Test
    void reminds_of_what_nobody_took_on() throws Exception {
        take(step("a", AlertAction.OPENED));
        at(NOON.plus(Duration.ofHours(4)).plusSeconds(20));
        assertThat(told()).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.RENOTIFIED);

        control(AlertControl.newBuilder()
                .setControlId("k")
                .setKind(AlertControlKind.ACKNOWLEDGE)
                .setIncidentId("a"));
        at(NOON.plus(Duration.ofHours(20)));

        assertThat(told())
                .extracting(Alert::getAction)
                .containsExactly(AlertAction.OPENED, AlertAction.RENOTIFIED, AlertAction.ACKNOWLEDGED);
    }

    @Test
    void reminds_once_after_it_was_down_however_long_that_was() throws Exception {
        take(step("a", AlertAction.OPENED));
        OperatorSubtaskState state = harness.snapshot(1, 1);
        harness.close();
        harness = made();
        harness.setProcessingTime(NOON.plus(Duration.ofDays(2)).toEpochMilli());
        harness.initializeState(state);
        harness.open();
        at(NOON.plus(Duration.ofDays(2)).plusSeconds(30));

        assertThat(told()).extracting(Alert::getAction).containsExactly(AlertAction.RENOTIFIED);
    }

    @Test
    void takes_an_acknowledgement_for_the_time_that_it_was_given_for_and_not_for_the_next() throws Exception {
        AlertControl.Builder taken = AlertControl.newBuilder()
                .setControlId("ack-a")
                .setKind(AlertControlKind.ACKNOWLEDGE)
                .setIncidentId("a");
        take(step("a", AlertAction.OPENED));
        control(taken);
        at(NOON.plusSeconds(20));
        take(step("a", AlertAction.RESOLVED));
        take(step("a", AlertAction.REOPENED));
        at(NOON.plus(Duration.ofHours(4)).plusSeconds(40));
        assertThat(told())
                .extracting(Alert::getAction)
                .containsExactly(
                        AlertAction.OPENED,
                        AlertAction.ACKNOWLEDGED,
                        AlertAction.RESOLVED,
                        AlertAction.REOPENED,
                        AlertAction.RENOTIFIED);

        harness.processElement2(new StreamRecord<>(
                taken.setRecordedAt(NOON.plus(Duration.ofHours(4))).build()));
        at(NOON.plus(Duration.ofHours(20)));

        assertThat(told()).last().extracting(Alert::getAction).isEqualTo(AlertAction.ACKNOWLEDGED);
    }

    /** The notifier drops a step whose number it has seen. */
    @Test
    void goes_on_numbering_an_incident_of_a_budget_that_ended_weeks_ago_in_the_same_period() throws Exception {
        Alert opened = step("a", AlertAction.OPENED);
        opened.setCategory(AlertCategory.BUDGET);
        Alert ended = step("a", AlertAction.RESOLVED);
        ended.setCategory(AlertCategory.BUDGET);
        take(opened);
        take(ended);
        at(NOON.plus(Duration.ofDays(21)));
        Alert again = step("a", AlertAction.REOPENED);
        again.setCategory(AlertCategory.BUDGET);
        again.setWindowEnd(NOON.plus(Duration.ofDays(21)));
        take(again);

        assertThat(told()).extracting(Alert::getSequence).containsExactly(0, 1, 2);
    }

    @Test
    void tells_of_nothing_that_was_planned_and_of_no_backlog() throws Exception {
        control(AlertControl.newBuilder()
                .setControlId("f")
                .setKind(AlertControlKind.FEEDBACK)
                .setIncidentId("a")
                .setFeedback(AlertFeedback.PLANNED));
        take(step("a", AlertAction.ESCALATED));
        Alert old = step("b", AlertAction.OPENED);
        old.setWindowEnd(NOON.minus(Duration.ofDays(10)));
        take(old);

        assertThat(told()).extracting(Alert::getSuppressed).containsExactly("planned", "backlog");
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, Alert, AlertControl, Alert> made() throws Exception {
        return new KeyedTwoInputStreamOperatorTestHarness<>(
                new CoBroadcastWithKeyedOperator<>(new AlertDesk(Duration.ofHours(6)), List.of(AlertDesk.CONTROLS)),
                alert -> String.valueOf(alert.getTenant()),
                null,
                Types.STRING);
    }

    private void take(Alert step) throws Exception {
        harness.processElement1(new StreamRecord<>(step));
    }

    private void control(AlertControl.Builder control) throws Exception {
        harness.processElement2(new StreamRecord<>(control.setRecordedAt(NOON).build()));
    }

    private void at(Instant moment) throws Exception {
        harness.setProcessingTime(moment.toEpochMilli());
    }

    private List<Alert> told() {
        return harness.extractOutputValues();
    }

    private static Alert step(String incident, AlertAction action) {
        return Alert.newBuilder()
                .setIncidentId(incident)
                .setSequence(0)
                .setAction(action)
                .setCategory(AlertCategory.ANOMALY)
                .setSeverity(AlertSeverity.CRITICAL)
                .setRecordedAt(NOON)
                .setStartedAt(NOON)
                .setWindowStart(NOON.minusSeconds(60))
                .setWindowEnd(NOON)
                .setTenant("acme")
                .setScope(Map.of("project", "chat"))
                .setMetric("cost")
                .setTitle("t")
                .build();
    }
}
