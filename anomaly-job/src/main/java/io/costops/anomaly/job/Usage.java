package io.costops.anomaly.job;

import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import java.math.BigDecimal;
import java.util.Map;

/**
 * What the watch keeps of a ledger entry.
 *
 * @param timeMillis when it happened as far as we believe it: a source whose clock is ahead doesn't move ours
 * @param eventTimeMillis when it happened as the source says: the charge period
 * @param billedCost what it adds to spend, 0 if it has no price
 * @param billed whether it adds to spend at all
 */
public record Usage(
        Place place,
        long timeMillis,
        long eventTimeMillis,
        long recordedAtMillis,
        Map<String, String> scope,
        Map<String, String> tags,
        BigDecimal billedCost,
        boolean billed,
        boolean single,
        Sums sums) {}
