package io.costops.enrichment.position;

import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a ledger adds up to: every figure of every group that is not 0. */
public final class Sums {
    private Sums() {}

    /** Figure by what it is of: tenant, project, time, month, model and status, then the figure or the line's meter. */
    public static Map<List<Object>, BigDecimal> of(Iterable<LedgerEntry> entries) {
        Map<List<Object>, BigDecimal> sums = new HashMap<>();
        for (LedgerEntry entry : entries) {
            List<Object> group = List.of(
                    String.valueOf(entry.getDimensions().getTenant()),
                    String.valueOf(entry.getDimensions().getProject()),
                    entry.getEventTime(),
                    entry.getBillingPeriod(),
                    String.valueOf(entry.getModel()));
            add(sums, group, "requests", BigDecimal.valueOf(entry.getRequests()));
            add(sums, group, "requests " + entry.getStatus(), BigDecimal.valueOf(entry.getRequests()));
            add(sums, group, "input", BigDecimal.valueOf(entry.getInputTokens()));
            add(sums, group, "output", BigDecimal.valueOf(entry.getOutputTokens()));
            add(sums, group, "list", entry.getListCost());
            add(sums, group, "contracted", entry.getContractedCost());
            add(sums, group, "billed", entry.getBilledCost());
            add(sums, group, "effective", entry.getEffectiveCost());
            add(sums, group, "reported", entry.getReportedCost());
            for (LedgerLine line : entry.getLines()) {
                String meter = line.getMeter() + " at " + line.getListUnitPrice();
                add(sums, group, meter, line.getQuantity());
                add(sums, group, meter + " list", line.getListCost());
                add(sums, group, meter + " contracted", line.getContractedCost());
                add(sums, group, meter + " billed", line.getBilledCost());
                add(sums, group, meter + " effective", line.getEffectiveCost());
            }
        }
        sums.values().removeIf(sum -> sum.signum() == 0);
        return sums;
    }

    private static void add(
            Map<List<Object>, BigDecimal> sums, List<Object> group, String figure, @Nullable BigDecimal value) {
        if (value != null) {
            sums.merge(List.of(group, figure), value, BigDecimal::add);
        }
    }
}
