package io.costops.infra.demo;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What fixes a month of traffic to the last byte: two runs with the same plan are the same.
 *
 * @param seed chooses the traffic
 * @param end when the month ends; nothing is received later
 * @param days length in days, 1 to 400
 * @param callsPerDay calls on a day in the middle of the month, on average over a week
 */
public record TrafficPlan(long seed, Instant end, int days, int callsPerDay, Incident incident) {
    public static final long DEFAULT_SEED = 42;
    public static final int DEFAULT_DAYS = 30;

    /** 60,000 calls a month: enough for every pattern to show, few enough for two cores. */
    public static final int DEFAULT_CALLS_PER_DAY = 2_000;

    private static final int MAX_DAYS = 400;
    private static final int MAX_CALLS_PER_DAY = 10_000_000;

    public TrafficPlan {
        end = end.truncatedTo(ChronoUnit.SECONDS);
        if (days < 1 || days > MAX_DAYS) {
            throw new IllegalArgumentException("days must be 1 to " + MAX_DAYS + ", but is " + days);
        }
        if (callsPerDay < 1 || callsPerDay > MAX_CALLS_PER_DAY) {
            throw new IllegalArgumentException(
                    "calls per day must be 1 to " + MAX_CALLS_PER_DAY + ", but is " + callsPerDay);
        }
    }

    /** The default month, ending at a moment. */
    public static TrafficPlan endingAt(Instant end) {
        return new TrafficPlan(DEFAULT_SEED, end, DEFAULT_DAYS, DEFAULT_CALLS_PER_DAY, Incident.RETRY_LOOP);
    }

    public TrafficPlan withDays(int other) {
        return new TrafficPlan(seed, end, other, callsPerDay, incident);
    }

    public TrafficPlan withSeed(long other) {
        return new TrafficPlan(other, end, days, callsPerDay, incident);
    }

    public TrafficPlan withCallsPerDay(int other) {
        return new TrafficPlan(seed, end, days, other, incident);
    }

    public TrafficPlan withIncident(Incident other) {
        return new TrafficPlan(seed, end, days, callsPerDay, other);
    }

    public Instant start() {
        return end.minus(Duration.ofDays(days));
    }

    Instant middle() {
        return end.minus(Duration.ofDays(days).dividedBy(2));
    }
}
