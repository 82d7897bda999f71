package io.costops.anomaly.forecast;

import java.time.Instant;
import java.util.Optional;

/**
 * When an amount will have been spent. A moment that is empty lies beyond the end that was asked for, or never comes.
 *
 * @param probability that it is spent before that end
 * @param expected as likely earlier as later
 * @param earliest95 with {@code latest95} the interval that covers 95 %
 * @param earliest80 with {@code latest80} the interval that covers 80 %
 */
public record RunOut(
        double probability,
        Optional<Instant> expected,
        Optional<Instant> earliest95,
        Optional<Instant> latest95,
        Optional<Instant> earliest80,
        Optional<Instant> latest80,
        Confidence confidence) {}
