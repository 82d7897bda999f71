package io.costops.anomaly.job;

import io.costops.anomaly.alert.Failures;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.MapFunction;
import org.jspecify.annotations.Nullable;

/** Keeps of a ledger entry what the watch needs, a tenth of its bytes. */
final class ReadUsage implements MapFunction<LedgerEntry, Usage> {
    private static final long serialVersionUID = 1L;

    private final long latenessMillis;

    ReadUsage(Duration allowedLateness) {
        this.latenessMillis = allowedLateness.toMillis();
    }

    @Override
    public Usage map(LedgerEntry entry) {
        Dimensions dimensions = entry.getDimensions();
        BigDecimal billed = entry.getBilledCost();
        return new Usage(
                new Place(
                        text(dimensions.getTenant()),
                        entry.getBillingCurrency(),
                        text(dimensions.getProject()),
                        text(entry.getModel()),
                        text(dimensions.getApiKeyId())),
                timeMillis(entry),
                entry.getEventTime().toEpochMilli(),
                entry.getRecordedAt().toEpochMilli(),
                scope(entry, dimensions),
                entry.getTags(),
                billed == null ? BigDecimal.ZERO : billed.stripTrailingZeros(),
                billed != null,
                entry.getKind() == EntryKind.USAGE,
                sums(entry));
    }

    /** An event can't have happened after we heard of it. */
    static long timeMillis(LedgerEntry entry) {
        Instant heard =
                entry.getReceivedAt().isBefore(entry.getRecordedAt()) ? entry.getReceivedAt() : entry.getRecordedAt();
        return (entry.getEventTime().isBefore(heard) ? entry.getEventTime() : heard).toEpochMilli();
    }

    private static Map<String, String> scope(LedgerEntry entry, Dimensions dimensions) {
        Map<String, String> scope = new HashMap<>();
        put(scope, "tenant", dimensions.getTenant());
        put(scope, "project", dimensions.getProject());
        put(scope, "team", dimensions.getTeam());
        put(scope, "cost_center", dimensions.getCostCenter());
        put(scope, "user", dimensions.getUser());
        put(scope, "api_key_id", dimensions.getApiKeyId());
        put(scope, "model", entry.getModel());
        return scope;
    }

    private static void put(Map<String, String> scope, String dimension, @Nullable String value) {
        if (value != null) {
            scope.put(dimension, value);
        }
    }

    private Sums sums(LedgerEntry entry) {
        BigDecimal effective = entry.getEffectiveCost();
        BigDecimal cost = effective == null ? BigDecimal.ZERO : effective.stripTrailingZeros();
        long tokens = entry.getInputTokens() + entry.getOutputTokens();
        boolean unpriced = entry.getStatus() == EntryStatus.UNPRICED;
        return switch (entry.getKind()) {
            case USAGE -> usage(entry, cost, tokens, unpriced);
            case CORRECTION, REVERSAL ->
                correction(
                        entry.getRequests(),
                        isFailed(entry) ? entry.getRequests() : 0,
                        tokens,
                        cost,
                        unpriced ? entry.getRequests() : 0,
                        unpriced ? tokens : 0,
                        0);
            case ADJUSTMENT -> correction(0, 0, 0, cost, 0, 0, entry.getStatus() == EntryStatus.PRICED ? 1 : 0);
            // What others used, or what a contract costs, is no usage of this place.
            case UNKNOWN, ALLOCATION, COMMITMENT_USED, COMMITMENT_UNUSED, CREDIT, MEMO -> Sums.NOTHING;
        };
    }

    private Sums usage(LedgerEntry entry, BigDecimal cost, long tokens, boolean unpriced) {
        if (entry.getStatus() == EntryStatus.GATEWAY_CACHE_HIT) {
            // No provider was asked: it would only hide what a request costs.
            return Sums.NOTHING;
        }
        boolean failed = isFailed(entry);
        if (entry.getStatus() == EntryStatus.NO_USAGE && !failed) {
            return Sums.NOTHING;
        }
        long requests = entry.getRequests();
        boolean retried = entry.getAttempt() != null && entry.getAttempt() > 1;
        boolean history =
                entry.getReceivedAt().toEpochMilli() - entry.getEventTime().toEpochMilli() > latenessMillis;
        Cached cached = cached(entry);
        return new Sums(
                requests,
                failed ? requests : 0,
                retried ? requests : 0,
                tokens,
                cached.tokens(),
                cost,
                cost.add(cached.saved()),
                history ? requests : 0,
                entry.getStatus() == EntryStatus.PRICED ? requests : 0,
                unpriced ? requests : 0,
                unpriced ? tokens : 0,
                0,
                0,
                0,
                0,
                BigDecimal.ZERO);
    }

    private static Sums correction(
            long requests,
            long failed,
            long tokens,
            BigDecimal cost,
            long unpriced,
            long unpricedTokens,
            long repriced) {
        return new Sums(
                0,
                0,
                0,
                0,
                0,
                BigDecimal.ZERO,
                BigDecimal.ZERO,
                0,
                0,
                unpriced,
                unpricedTokens,
                repriced,
                requests,
                failed,
                tokens,
                cost);
    }

    private record Cached(long tokens, BigDecimal saved) {}

    /** What came from the prompt cache, and what that saved where the entry shows the price of what didn't. */
    private static Cached cached(LedgerEntry entry) {
        BigDecimal full = null;
        for (LedgerLine line : entry.getLines()) {
            if (line.getMeter().equals(Meter.UNCACHED_INPUT.wireName())) {
                full = line.getContractedUnitPrice();
            }
        }
        BigDecimal tokens = BigDecimal.ZERO;
        BigDecimal saved = BigDecimal.ZERO;
        for (LedgerLine line : entry.getLines()) {
            if (line.getMeter().equals(Meter.CACHE_READ.wireName())) {
                tokens = tokens.add(line.getQuantity());
                BigDecimal price = line.getContractedUnitPrice();
                if (full != null && price != null && full.compareTo(price) > 0) {
                    saved = saved.add(full.subtract(price).multiply(line.getQuantity()));
                }
            }
        }
        return new Cached(tokens.longValue(), saved.stripTrailingZeros());
    }

    private static boolean isFailed(LedgerEntry entry) {
        return Failures.isOne(entry.getOutcome());
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
