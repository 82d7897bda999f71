package io.costops.anomaly.job;

import io.costops.anomaly.alert.Hush;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertSeverity;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReadOnlyBroadcastState;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the steps of each incident and says whether anyone is to be told.
 *
 * <p>A step of which nobody was told for a reason that passes, such as a silence, is told as a renotification when the reason has
 * passed and the incident still lasts. The end of an incident of which nobody was told is told to nobody.
 */
final class AlertDesk extends KeyedBroadcastProcessFunction<String, Alert, AlertControl, Alert> {
    static final MapStateDescriptor<String, DeskEntry> INCIDENTS =
            new MapStateDescriptor<>("incidents", Types.STRING, StreamTypes.DESK_ENTRY);
    static final MapStateDescriptor<String, AlertControl> CONTROLS =
            new MapStateDescriptor<>("controls", Types.STRING, StreamTypes.ALERT_CONTROL);

    /** Of an incident that came again: the acknowledgement of the time before, in microseconds since 1970 UTC. */
    static final MapStateDescriptor<String, Long> FORMER_ACKNOWLEDGEMENTS =
            new MapStateDescriptor<>("former-acknowledgements", Types.STRING, Types.LONG);

    private static final long serialVersionUID = 1L;
    private static final String BACKLOG = "backlog";
    /** Reasons that end by themselves. */
    private static final Set<String> PASSING = Set.of("silenced", "maintenance", "quiet_hours");

    private static final long LOOK_AGAIN_MILLIS = 10_000;
    private static final Duration REMIND_CRITICAL = Duration.ofHours(4);
    private static final Duration REMIND = Duration.ofDays(1);
    /** An incident may be reopened for so long. */
    private static final Duration REMEMBER = Duration.ofDays(7);
    /** One about a budget as long as its longest period lasts: the numbers of its steps must go on. */
    private static final Duration REMEMBER_BUDGET = Duration.ofDays(100);

    private final Duration backlog;

    @SuppressWarnings("NullAway.Init") // by open
    private transient MapState<String, DeskEntry> incidents;

    @SuppressWarnings("NullAway.Init") // by open
    private transient MapState<String, Long> formerAcknowledgements;

    AlertDesk(Duration backlog) {
        this.backlog = backlog;
    }

    @Override
    public void open(OpenContext context) {
        incidents = getRuntimeContext().getMapState(INCIDENTS);
        formerAcknowledgements = getRuntimeContext().getMapState(FORMER_ACKNOWLEDGEMENTS);
    }

    @Override
    public void processBroadcastElement(AlertControl control, Context context, Collector<Alert> out) throws Exception {
        AlertControl known = context.getBroadcastState(CONTROLS).get(control.getControlId());
        if (known == null || !control.getRecordedAt().isBefore(known.getRecordedAt())) {
            context.getBroadcastState(CONTROLS).put(control.getControlId(), control);
        }
    }

    @Override
    public void processElement(Alert step, ReadOnlyContext context, Collector<Alert> out) throws Exception {
        TimerService timers = context.timerService();
        Instant now = Instant.ofEpochMilli(timers.currentProcessingTime());
        @Nullable DeskEntry before = incidents.get(step.getIncidentId());
        List<AlertControl> controls = controls(context.getBroadcastState(CONTROLS));
        boolean told = before != null && before.notifiedMillis() > 0;
        boolean resolved = step.getAction() == AlertAction.RESOLVED;
        @Nullable String own = step.getSuppressed();
        if (resolved) {
            step.setSuppressed(told || before == null ? null : before.newest().getSuppressed());
        } else {
            step.setSuppressed(suppression(step, own, controls, now));
        }
        boolean again =
                before != null && !resolved && (before.closedMillis() > 0 || step.getAction() == AlertAction.REOPENED);
        if (again) {
            // Who took it on then has not taken on what has come now.
            Optional<Long> former = acknowledgement(step.getIncidentId(), controls);
            if (former.isPresent()) {
                formerAcknowledgements.put(step.getIncidentId(), former.get());
            }
        }
        boolean acknowledged = before != null && before.acknowledged() && !again;
        tell(step, before, acknowledged, resolved ? now.toEpochMilli() : 0, now, out);
        timers.registerProcessingTimeTimer(next(now.toEpochMilli()));
    }

    private void tell(
            Alert step,
            @Nullable DeskEntry before,
            boolean acknowledged,
            long closedMillis,
            Instant now,
            Collector<Alert> out)
            throws Exception {
        step.setSequence(before == null ? 0 : before.nextSequence());
        step.setRecordedAt(now.truncatedTo(ChronoUnit.MICROS));
        long notified = step.getSuppressed() == null && closedMillis == 0
                ? now.toEpochMilli()
                : before == null || closedMillis > 0 ? 0 : before.notifiedMillis();
        incidents.put(
                step.getIncidentId(),
                new DeskEntry(step, step.getSequence() + 1, notified, acknowledged, closedMillis));
        out.collect(step);
    }

    private @Nullable String suppression(Alert step, @Nullable String own, List<AlertControl> controls, Instant now) {
        Optional<String> asked = Hush.reason(step, controls, now);
        if (asked.isPresent()) {
            return asked.get();
        }
        boolean passed = step.getCategory() != AlertCategory.UNPRICED_USAGE
                && step.getWindowEnd().isBefore(now.minus(backlog));
        return passed ? BACKLOG : own;
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Alert> out) throws Exception {
        // While the job was down its timers waited: people are reminded once and not for each time that has passed.
        long nowMillis = Math.max(timestamp, context.timerService().currentProcessingTime());
        Instant now = Instant.ofEpochMilli(nowMillis);
        List<AlertControl> controls = controls(context.getBroadcastState(CONTROLS));
        List<DeskEntry> all = new ArrayList<>();
        for (Map.Entry<String, DeskEntry> each : incidents.entries()) {
            all.add(each.getValue());
        }
        boolean any = false;
        for (DeskEntry entry : all) {
            if (entry.closedMillis() > 0
                    && timestamp - entry.closedMillis() > remembered(entry).toMillis()) {
                incidents.remove(entry.newest().getIncidentId());
                formerAcknowledgements.remove(entry.newest().getIncidentId());
                continue;
            }
            any = true;
            if (entry.closedMillis() == 0) {
                boolean live = context.timerService().currentWatermark() > nowMillis - backlog.toMillis();
                lookAgain(entry, controls, now, live, out);
            }
        }
        if (any) {
            context.timerService().registerProcessingTimeTimer(next(nowMillis));
        }
    }

    private static Duration remembered(DeskEntry entry) {
        return switch (entry.newest().getCategory()) {
            case BUDGET, FORECAST -> REMEMBER_BUDGET;
            case ANOMALY, UNPRICED_USAGE, DATA_MISSING, UNKNOWN -> REMEMBER;
        };
    }

    /** When someone took the incident on, as the newest acknowledgement says. */
    private static Optional<Long> acknowledgement(String incident, List<AlertControl> controls) {
        return controls.stream()
                .filter(control -> Hush.acknowledges(control, incident))
                .map(control -> ChronoUnit.MICROS.between(Instant.EPOCH, control.getRecordedAt()))
                .max(Comparator.naturalOrder());
    }

    private boolean isAcknowledged(String incident, List<AlertControl> controls) throws Exception {
        Optional<Long> newest = acknowledgement(incident, controls);
        Long former = formerAcknowledgements.get(incident);
        return newest.isPresent() && (former == null || newest.get() > former);
    }

    private void lookAgain(
            DeskEntry entry, List<AlertControl> controls, Instant now, boolean live, Collector<Alert> out)
            throws Exception {
        if (!entry.acknowledged() && isAcknowledged(entry.newest().getIncidentId(), controls)) {
            Alert step = Alert.newBuilder(entry.newest())
                    .setAction(AlertAction.ACKNOWLEDGED)
                    .build();
            tell(step, entry, true, 0, now, out);
            return;
        }
        if (entry.acknowledged()) {
            return;
        }
        @Nullable String held = entry.newest().getSuppressed();
        boolean asked = Hush.reason(entry.newest(), controls, now).isPresent();
        // What was found in a backlog and still lasts when the stream has caught up is news after all.
        boolean waits = held != null && !asked && (PASSING.contains(held) || (live && held.equals(BACKLOG)));
        Duration interval = entry.newest().getSeverity() == AlertSeverity.CRITICAL ? REMIND_CRITICAL : REMIND;
        boolean due = held == null
                && !asked
                && entry.notifiedMillis() > 0
                && now.toEpochMilli() - entry.notifiedMillis() >= interval.toMillis();
        if (waits || due) {
            Alert step = Alert.newBuilder(entry.newest())
                    .setAction(AlertAction.RENOTIFIED)
                    .setSuppressed(null)
                    .build();
            tell(step, entry, false, 0, now, out);
        }
    }

    private static List<AlertControl> controls(ReadOnlyBroadcastState<String, AlertControl> state) throws Exception {
        List<AlertControl> controls = new ArrayList<>();
        for (Map.Entry<String, AlertControl> each : state.immutableEntries()) {
            controls.add(each.getValue());
        }
        return controls;
    }

    private static long next(long nowMillis) {
        return (Math.floorDiv(nowMillis, LOOK_AGAIN_MILLIS) + 1) * LOOK_AGAIN_MILLIS;
    }
}
