package io.costops.anomaly.detection;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;

/**
 * Why cost changed between two periods, as parts that add up to the change to the last digit.
 *
 * <p>Cost is requests x mix x tokens per request x price per token x cache, summed over groups such as models. Each part is the
 * logarithmic mean of the two costs times the logarithm of its factor's change (LMDI I: B. W. Ang, Energy Policy 32, 2004), which
 * leaves no residual and doesn't depend on the order of the factors. What the arithmetic rounds is assigned to the largest
 * part.
 *
 * @param requests more or fewer requests altogether
 * @param mix requests went to other groups than before
 * @param tokensPerRequest requests were longer or shorter
 * @param unitPrice a token cost more or less, caching apart
 * @param cache more or less came from the prompt cache
 */
public record CostSplit(
        BigDecimal requests, BigDecimal mix, BigDecimal tokensPerRequest, BigDecimal unitPrice, BigDecimal cache) {

    private static final int FACTORS = 5;
    private static final int SCALE = 30;

    /**
     * What one group used in one period.
     *
     * @param costWithoutCache what it would have cost had no token come from a prompt cache; the cost itself where that isn't known
     */
    public record Usage(BigDecimal requests, BigDecimal tokens, BigDecimal costWithoutCache, BigDecimal cost) {
        public static final Usage NOTHING =
                new Usage(BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);

        public Usage {
            if (requests.signum() < 0 || tokens.signum() < 0 || costWithoutCache.signum() < 0 || cost.signum() < 0) {
                throw new IllegalArgumentException("usage must not be negative");
            }
        }

        /** A group whose factors are all above 0 can be split, any other changed as a whole. */
        private boolean isComplete() {
            return requests.signum() > 0 && tokens.signum() > 0 && costWithoutCache.signum() > 0 && cost.signum() > 0;
        }
    }

    /** The change of the cost. */
    public BigDecimal total() {
        return requests.add(mix).add(tokensPerRequest).add(unitPrice).add(cache);
    }

    public static CostSplit between(Usage before, Usage after) {
        return between(Map.of("", before), Map.of("", after));
    }

    /** Splits the change over groups; a group that is absent from a period used nothing. */
    public static CostSplit between(Map<String, Usage> before, Map<String, Usage> after) {
        BigDecimal allBefore = total(before);
        BigDecimal allAfter = total(after);
        double logRequests = allBefore.signum() > 0 && allAfter.signum() > 0 ? logRatio(allBefore, allAfter) : 0;
        BigDecimal[] parts = new BigDecimal[FACTORS];
        Arrays.fill(parts, BigDecimal.ZERO);
        BigDecimal change = BigDecimal.ZERO;
        TreeSet<String> groups = new TreeSet<>(before.keySet());
        groups.addAll(after.keySet());
        for (String group : groups) {
            Usage from = before.getOrDefault(group, Usage.NOTHING);
            Usage to = after.getOrDefault(group, Usage.NOTHING);
            BigDecimal groupChange = to.cost().subtract(from.cost());
            change = change.add(groupChange);
            if (!from.isComplete() || !to.isComplete()) {
                // The limit of the formula as the missing usage goes to 0: a group that comes or goes changes the mix.
                int factor = allBefore.signum() > 0 && allAfter.signum() > 0 ? 1 : 0;
                parts[factor] = parts[factor].add(groupChange);
                continue;
            }
            double mean = logMean(from.cost(), to.cost());
            double ownRequests = logRatio(from.requests(), to.requests());
            double tokens = logRatio(from.tokens(), to.tokens());
            double list = logRatio(from.costWithoutCache(), to.costWithoutCache());
            double cost = logRatio(from.cost(), to.cost());
            double[] logs = {logRequests, ownRequests - logRequests, tokens - ownRequests, list - tokens, cost - list};
            for (int f = 0; f < FACTORS; f++) {
                parts[f] = parts[f].add(amount(mean * logs[f]));
            }
        }
        BigDecimal remainder = change;
        int largest = 0;
        for (int f = 0; f < FACTORS; f++) {
            remainder = remainder.subtract(parts[f]);
            if (parts[f].abs().compareTo(parts[largest].abs()) > 0) {
                largest = f;
            }
        }
        parts[largest] = parts[largest].add(remainder);
        return new CostSplit(parts[0], parts[1], parts[2], parts[3], parts[4]);
    }

    private static BigDecimal total(Map<String, Usage> groups) {
        BigDecimal sum = BigDecimal.ZERO;
        for (Usage usage : groups.values()) {
            sum = sum.add(usage.requests());
        }
        return sum;
    }

    private static double logRatio(BigDecimal from, BigDecimal to) {
        return Math.log(to.divide(from, MathContext.DECIMAL64).doubleValue());
    }

    /** (b - a) / ln(b / a), and a where both are the same. */
    private static double logMean(BigDecimal a, BigDecimal b) {
        double log = logRatio(a, b);
        // Near 1 the quotient loses its digits; the series a (1 + x/2 + x^2/6) doesn't.
        return Math.abs(log) < 1e-5
                ? a.doubleValue() * (1 + log / 2 + log * log / 6)
                : b.subtract(a).doubleValue() / log;
    }

    private static BigDecimal amount(double value) {
        return BigDecimal.valueOf(value).setScale(SCALE, RoundingMode.HALF_EVEN);
    }
}
