package io.costops.anomaly.watch;

import java.math.BigDecimal;

/**
 * What usage adds up to.
 *
 * @param requests of usage entries; the counts before {@code history} are of usage entries alone
 * @param failed requests that failed
 * @param retried requests that were a further attempt, whether or not they failed
 * @param cachedTokens read from a prompt cache
 * @param cost effective cost
 * @param costWithoutCache what it would have cost had no token come from a prompt cache
 * @param history how many of the requests were received long after they happened
 * @param unpricedRequests requests without a price, net of those that were reversed
 * @param repricedRequests requests that had no price and were given one
 * @param correctedRequests requests that corrections and reversals added or took back; so for the three that follow
 */
public record Sums(
        long requests,
        long failed,
        long retried,
        long tokens,
        long cachedTokens,
        BigDecimal cost,
        BigDecimal costWithoutCache,
        long history,
        long pricedRequests,
        long unpricedRequests,
        long unpricedTokens,
        long repricedRequests,
        long correctedRequests,
        long correctedFailed,
        long correctedTokens,
        BigDecimal correctedCost) {

    public static final Sums NOTHING =
            new Sums(0, 0, 0, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO, 0, 0, 0, 0, 0, 0, 0, 0, BigDecimal.ZERO);

    public Sums plus(Sums other) {
        return new Sums(
                requests + other.requests,
                failed + other.failed,
                retried + other.retried,
                tokens + other.tokens,
                cachedTokens + other.cachedTokens,
                cost.add(other.cost),
                costWithoutCache.add(other.costWithoutCache),
                history + other.history,
                pricedRequests + other.pricedRequests,
                unpricedRequests + other.unpricedRequests,
                unpricedTokens + other.unpricedTokens,
                repricedRequests + other.repricedRequests,
                correctedRequests + other.correctedRequests,
                correctedFailed + other.correctedFailed,
                correctedTokens + other.correctedTokens,
                correctedCost.add(other.correctedCost));
    }

    /** Nothing that a detector would learn or correct. */
    public boolean isSilent() {
        return requests == 0 && correctedRequests == 0 && correctedTokens == 0;
    }

    /** Most of it is history: it teaches and alarms nobody. */
    public boolean isHistory() {
        return 2 * history > requests;
    }
}
