package io.costops.anomaly.job;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.anomaly.watch.UnpricedModel;
import io.costops.schemas.avro.Alert;
import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;

/** Keeps what a tenant used of a model without a price; most models never have any state here. */
final class WatchUnpriced extends KeyedCoProcessFunction<Place, Usage, Cell, Alert> {
    static final ValueStateDescriptor<byte[]> MODEL =
            new ValueStateDescriptor<>("model", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    private static final long serialVersionUID = 1L;
    /** What comes together is told together. */
    private static final long GATHER_MILLIS = 1_000;

    private static final long LOOK_AGAIN_MILLIS = Duration.ofMinutes(1).toMillis();

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<byte[]> models;

    /** The tenant's model, wherever it was used. */
    static Place keyOf(Place place) {
        return new Place(place.tenant(), place.currency(), "", place.model(), "");
    }

    static boolean concerns(Usage usage) {
        Sums sums = usage.sums();
        return sums.unpricedRequests() != 0 || sums.repricedRequests() != 0;
    }

    @Override
    public void open(OpenContext context) {
        models = getRuntimeContext().getState(MODEL);
    }

    @Override
    public void processElement1(Usage usage, Context context, Collector<Alert> out) throws Exception {
        byte[] state = models.value();
        if (state == null && usage.sums().unpricedRequests() <= 0) {
            return;
        }
        UnpricedModel model = state == null ? new UnpricedModel() : UnpricedModel.fromBytes(state);
        TimerService timers = context.timerService();
        long now = timers.currentProcessingTime();
        model.take(usage.sums(), usage.eventTimeMillis(), now);
        models.update(model.toBytes());
        timers.registerProcessingTimeTimer((Math.floorDiv(now, GATHER_MILLIS) + 1) * GATHER_MILLIS);
    }

    @Override
    public void processElement2(Cell cell, Context context, Collector<Alert> out) throws Exception {
        byte[] state = models.value();
        if (state != null && cell.sums().pricedRequests() > 0) {
            UnpricedModel model = UnpricedModel.fromBytes(state);
            model.priced();
            models.update(model.toBytes());
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Alert> out) throws Exception {
        byte[] state = models.value();
        if (state == null) {
            return;
        }
        long now = Math.max(timestamp, context.timerService().currentProcessingTime());
        UnpricedModel model = UnpricedModel.fromBytes(state);
        model.judge(context.getCurrentKey(), now).ifPresent(out::collect);
        if (model.isOver()) {
            models.clear();
        } else {
            models.update(model.toBytes());
            context.timerService()
                    .registerProcessingTimeTimer((Math.floorDiv(now, LOOK_AGAIN_MILLIS) + 1) * LOOK_AGAIN_MILLIS);
        }
    }
}
