package io.costops.ingest.http;

import io.costops.ingest.keys.ApiKey;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A token bucket of elements for each API key. It holds one second's worth, or the largest request if that is more. */
final class RateLimits {
    private static final String NO_KEY = "";

    private final long elementsPerSecond;
    private final int maxElements;
    private final Map<String, Rated> buckets = new ConcurrentHashMap<>();

    private record Rated(long elementsPerSecond, Bucket bucket) {}

    RateLimits(long elementsPerSecond, int maxElements) {
        this.elementsPerSecond = elementsPerSecond;
        this.maxElements = maxElements;
    }

    /** Takes elements out of the key's bucket; if they aren't there, nothing is taken, and this is when they will be. */
    Optional<Duration> waitFor(Optional<ApiKey> key, int elements) {
        if (elements == 0) {
            return Optional.empty();
        }
        ConsumptionProbe probe = bucket(key).tryConsumeAndReturnRemaining(elements);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    /** True if not one element would be taken: the body needn't be read then. */
    boolean isExhausted(Optional<ApiKey> key) {
        return bucket(key).getAvailableTokens() < 1;
    }

    private Bucket bucket(Optional<ApiKey> key) {
        long rate = key.flatMap(own -> own.elementsPerSecond().isPresent()
                        ? Optional.of(own.elementsPerSecond().getAsLong())
                        : Optional.empty())
                .orElse(elementsPerSecond);
        // Only keys that are in force come here, so that strangers can't fill the map.
        return buckets.compute(
                        key.map(ApiKey::id).orElse(NO_KEY),
                        (id, before) -> before != null && before.elementsPerSecond() == rate
                                ? before
                                : new Rated(rate, newBucket(rate)))
                .bucket();
    }

    private Bucket newBucket(long rate) {
        return Bucket.builder()
                .addLimit(
                        limit -> limit.capacity(Math.max(rate, maxElements)).refillGreedy(rate, Duration.ofSeconds(1)))
                .build();
    }
}
