package io.costops.anomaly.job;

import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Says which place and window the sums are of. */
final class ToCell extends ProcessWindowFunction<Sums, Cell, Place, TimeWindow> {
    private static final long serialVersionUID = 1L;

    @Override
    public void process(Place place, Context context, Iterable<Sums> sums, Collector<Cell> out) {
        out.collect(new Cell(
                place, context.window().getStart(), false, sums.iterator().next()));
    }
}
