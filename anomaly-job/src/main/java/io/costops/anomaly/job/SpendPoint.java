package io.costops.anomaly.job;

import io.costops.anomaly.watch.Cell;
import java.math.BigDecimal;
import java.util.List;
import org.apache.flink.util.Collector;

/**
 * What a series cost in an hour, or a part of it.
 *
 * @param hour hours since 1970 UTC
 */
public record SpendPoint(SpendSeries series, long hour, BigDecimal cost) {
    private static final long HOUR_MILLIS = 3_600_000;

    /** A cell counts for its tenant, its project and its model; corrections and adjustments count as well. */
    static void of(Cell cell, Collector<SpendPoint> out) {
        BigDecimal cost = cost(cell);
        if (cost.signum() == 0) {
            return;
        }
        long hour = hour(cell);
        String tenant = cell.place().tenant();
        String currency = cell.place().currency();
        for (SpendSeries series : List.of(
                new SpendSeries(tenant, currency, "tenant", ""),
                new SpendSeries(tenant, currency, "project", cell.place().project()),
                new SpendSeries(tenant, currency, "model", cell.place().model()))) {
            out.collect(new SpendPoint(series, hour, cost));
        }
    }

    /** What all tenants spend together. */
    static void ofAll(Cell cell, Collector<SpendPoint> out) {
        BigDecimal cost = cost(cell);
        if (cost.signum() != 0) {
            out.collect(
                    new SpendPoint(new SpendSeries("", cell.place().currency(), "all_tenants", ""), hour(cell), cost));
        }
    }

    private static BigDecimal cost(Cell cell) {
        return cell.sums().cost().add(cell.sums().correctedCost());
    }

    private static long hour(Cell cell) {
        return Math.floorDiv(cell.windowStartMillis(), HOUR_MILLIS);
    }
}
