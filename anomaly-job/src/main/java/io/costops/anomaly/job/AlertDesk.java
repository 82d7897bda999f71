package io.costops.anomaly.job;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Numbers the steps of each incident, and says whether anyone is to be told. */
final class AlertDesk extends KeyedProcessFunction<String, Alert, Alert> {
    static final MapStateDescriptor<String, Integer> NEXT =
            new MapStateDescriptor<>("next-sequence", Types.STRING, Types.INT);

    private static final long serialVersionUID = 1L;

    private final WallClock clock;
    private final Duration backlog;

    @SuppressWarnings("NullAway.Init") // by open
    private transient MapState<String, Integer> next;

    AlertDesk(WallClock clock, Duration backlog) {
        this.clock = clock;
        this.backlog = backlog;
    }

    @Override
    public void open(OpenContext context) {
        next = getRuntimeContext().getMapState(NEXT);
    }

    @Override
    public void processElement(Alert step, Context context, Collector<Alert> out) throws Exception {
        Integer sequence = next.get(step.getIncidentId());
        step.setSequence(sequence == null ? 0 : sequence);
        step.setRecordedAt(clock.now().truncatedTo(ChronoUnit.MICROS));
        if (step.getSuppressed() == null
                && step.getCategory() != AlertCategory.UNPRICED_USAGE
                && step.getWindowEnd().isBefore(step.getRecordedAt().minus(backlog))) {
            step.setSuppressed("backlog");
        }
        next.put(step.getIncidentId(), step.getSequence() + 1);
        if (step.getAction() == AlertAction.RESOLVED) {
            next.remove(step.getIncidentId());
        }
        out.collect(step);
    }
}
