package io.costops.anomaly.detection;

import java.math.BigDecimal;
import java.util.Set;

/**
 * Spend that isn't normal for its key, from when it was noticed until it is over.
 *
 * @param number counts the incidents of one key from 1; a reopened incident keeps its number
 * @param signals what gave it away
 * @param startedAtSeconds where the deviation begins as far as the windows tell, seconds since 1970 UTC
 * @param openedAtSeconds when it was noticed: the end of the bucket that showed it
 * @param score 1 is the threshold
 * @param actual cost since the start
 * @param expected what it would have been, with its 95 % interval
 * @param impact actual less expected
 * @param belowMinimumImpact listed, but too small to tell anyone
 */
public record SpendIncident(
        int number,
        IncidentKind kind,
        Severity severity,
        Set<Signal> signals,
        long startedAtSeconds,
        long openedAtSeconds,
        double score,
        BigDecimal actual,
        BigDecimal expected,
        BigDecimal expectedLow,
        BigDecimal expectedHigh,
        BigDecimal impact,
        boolean belowMinimumImpact) {}
