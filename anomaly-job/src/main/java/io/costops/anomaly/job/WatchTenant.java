package io.costops.anomaly.job;

import io.costops.anomaly.alert.Hush;
import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Coverage;
import io.costops.anomaly.watch.SeriesStore;
import io.costops.anomaly.watch.TenantWatch;
import io.costops.anomaly.watch.WatchOptions;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertControl;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Holds the cells of a tenant, or of all tenants, until their window has ended, then lets {@link TenantWatch} judge it.
 *
 * <p>One timer a tenant: the end of the window that comes next. It is set by cells, and by itself while the tenant is awake.
 */
final class WatchTenant extends KeyedBroadcastProcessFunction<TenantKey, Cell, AlertControl, Alert> {
    static final ListStateDescriptor<Cell> PENDING = new ListStateDescriptor<>("pending", StreamTypes.CELL);
    static final ValueStateDescriptor<byte[]> TENANT =
            new ValueStateDescriptor<>("tenant", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    static final MapStateDescriptor<String, byte[]> SERIES =
            new MapStateDescriptor<>("series", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    /** Incidents that a person said are fine, and the control that says so. */
    static final MapStateDescriptor<String, String> ACCEPTED =
            new MapStateDescriptor<>("accepted", Types.STRING, Types.STRING);

    private static final long serialVersionUID = 1L;

    private final Coverage coverage;
    private final WatchOptions options;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ListState<Cell> pending;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<byte[]> tenants;

    @SuppressWarnings("NullAway.Init") // by open
    private transient SeriesStore series;

    WatchTenant(Coverage coverage, WatchOptions options) {
        this.coverage = coverage;
        this.options = options;
    }

    @Override
    public void open(OpenContext context) {
        pending = getRuntimeContext().getListState(PENDING);
        tenants = getRuntimeContext().getState(TENANT);
        series = new StateStore(getRuntimeContext().getMapState(SERIES));
    }

    @Override
    public void processBroadcastElement(AlertControl control, Context context, Collector<Alert> out) throws Exception {
        String incident = control.getIncidentId();
        if (incident == null) {
            return;
        }
        if (Hush.isAccepted(control)) {
            context.getBroadcastState(ACCEPTED).put(incident, control.getControlId());
        } else if (control.getControlId()
                .equals(context.getBroadcastState(ACCEPTED).get(incident))) {
            context.getBroadcastState(ACCEPTED).remove(incident);
        }
    }

    @Override
    public void processElement(Cell cell, ReadOnlyContext context, Collector<Alert> out) throws Exception {
        pending.add(cell);
        long windowMillis = options.windowMillis();
        long end = cell.windowStartMillis() + windowMillis;
        long watermark = context.timerService().currentWatermark();
        if (end - 1 <= watermark) {
            // Late cells wait for the window that ends next, so that many of them are one piece of work.
            end = Math.floorDiv(watermark + 1, windowMillis) * windowMillis + windowMillis;
        }
        context.timerService().registerEventTimeTimer(end - 1);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Alert> out) throws Exception {
        List<Cell> due = new ArrayList<>();
        List<Cell> rest = new ArrayList<>();
        for (Cell cell : pending.get()) {
            (cell.windowStartMillis() + options.windowMillis() - 1 <= timestamp ? due : rest).add(cell);
        }
        pending.update(rest);
        Set<String> accepted = new HashSet<>();
        for (Map.Entry<String, String> each :
                context.getBroadcastState(ACCEPTED).immutableEntries()) {
            accepted.add(each.getKey());
        }
        TenantKey key = context.getCurrentKey();
        TenantWatch watch = new TenantWatch(coverage, key.tenant(), key.currency(), options, series, tenants.value());
        for (Alert step : watch.observe(timestamp + 1 - options.windowMillis(), due, accepted)) {
            out.collect(step);
        }
        tenants.update(watch.toBytes());
        if (watch.isAwake(timestamp)) {
            context.timerService().registerEventTimeTimer(timestamp + options.windowMillis());
        }
    }

    /** The series of the key that is being worked on. */
    private record StateStore(MapState<String, byte[]> state) implements SeriesStore {
        @Override
        public byte @Nullable [] get(String name) {
            try {
                return state.get(name);
            } catch (Exception e) {
                throw new FlinkRuntimeException(e);
            }
        }

        @Override
        public void put(String name, byte[] bytes) {
            try {
                state.put(name, bytes);
            } catch (Exception e) {
                throw new FlinkRuntimeException(e);
            }
        }

        @Override
        public void remove(String name) {
            try {
                state.remove(name);
            } catch (Exception e) {
                throw new FlinkRuntimeException(e);
            }
        }

        /** A copy, as the state may change while they are gone through. */
        @Override
        public List<String> names() {
            try {
                List<String> names = new ArrayList<>();
                state.keys().forEach(names::add);
                return names;
            } catch (Exception e) {
                throw new FlinkRuntimeException(e);
            }
        }
    }
}
