package io.costops.anomaly.detection;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the spend detector judges. The thresholds are standard deviations of the key's own noise: they hold for keys of any
 * size.
 *
 * @param bucket length of a bucket: whole seconds that divide an hour
 * @param coldStart how long a new key is only learned from
 * @param coldStartCap cost within 24 hours above which a key opens an incident during its cold start; null for none
 * @param minimumImpact incidents of less impact are listed only
 * @param minimumImpactOfDay the same as a share of the key's mean day; the larger of both holds
 */
public record SpendOptions(
        Duration bucket,
        Duration coldStart,
        @Nullable BigDecimal coldStartCap,
        BigDecimal minimumImpact,
        double minimumImpactOfDay,
        double requestsThreshold,
        double errorsThreshold,
        double tokensPerRequestThreshold,
        double unitPriceThreshold,
        double driftThreshold) {

    public SpendOptions {
        long seconds = bucket.toSeconds();
        if (seconds <= 0 || !bucket.equals(Duration.ofSeconds(seconds)) || 3_600 % seconds != 0) {
            throw new IllegalArgumentException(
                    "bucket must be whole seconds that divide an hour, such as 60 or 300: " + bucket);
        }
        if (coldStart.isNegative()) {
            throw new IllegalArgumentException("coldStart must not be negative: " + coldStart);
        }
        if (minimumImpact.signum() < 0 || !(minimumImpactOfDay >= 0)) {
            throw new IllegalArgumentException("minimum impact must not be negative");
        }
        if (!(requestsThreshold > 0
                && errorsThreshold > 0
                && tokensPerRequestThreshold > 0
                && unitPriceThreshold > 0
                && driftThreshold > 0)) {
            throw new IllegalArgumentException("thresholds must be positive");
        }
    }

    public static SpendOptions defaults(Duration bucket) {
        return new SpendOptions(bucket, Duration.ofDays(3), null, new BigDecimal("5"), 0.01, 5, 6, 5, 4.5, 3.6);
    }

    public SpendOptions withColdStartCap(BigDecimal cap) {
        return new SpendOptions(
                bucket,
                coldStart,
                cap,
                minimumImpact,
                minimumImpactOfDay,
                requestsThreshold,
                errorsThreshold,
                tokensPerRequestThreshold,
                unitPriceThreshold,
                driftThreshold);
    }

    int bucketSeconds() {
        return (int) bucket.toSeconds();
    }
}
