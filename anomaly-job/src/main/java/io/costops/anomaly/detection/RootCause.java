package io.costops.anomaly.detection;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which values of which dimension explain a deviation.
 *
 * <p>Adtributor (Bhagwan et al., NSDI 2014): a value's explanatory power is its share of the deviation, its surprise is its term of
 * the Jensen-Shannon divergence between expected and actual shares. For each dimension the fewest values, most surprising first,
 * that explain two thirds; the dimension whose values surprise most is the cause. A finer dimension always surprises at
 * least as much as a coarser one that contains it, so surprise counts for each value named: one project before its ten keys.
 */
public final class RootCause {
    /** So much of the deviation must be explained. */
    private static final double EXPLAINED = 0.67;
    /** A value that explains less than this isn't named. */
    private static final double LEAST_SHARE = 0.1;

    private RootCause() {}

    /** What one value of one dimension cost and should have cost. */
    public record Slice(String dimension, String value, BigDecimal actual, BigDecimal expected) {}

    /**
     * One value that is named.
     *
     * @param share of the whole deviation
     * @param impact actual less expected
     */
    public record Element(String value, double share, BigDecimal impact) {}

    /**
     * What one dimension explains.
     *
     * @param explained share of the deviation that the named values make up together
     * @param surprise how unexpected the split is, for each value named
     */
    public record Explanation(String dimension, List<Element> elements, double explained, double surprise) {}

    private record Candidate(Element element, double surprise) {}

    /** The explanations, best first; dimensions that explain less than two thirds are left out. */
    public static List<Explanation> explain(List<Slice> slices) {
        Map<String, List<Slice>> dimensions = new LinkedHashMap<>();
        for (Slice slice : slices) {
            dimensions
                    .computeIfAbsent(slice.dimension(), d -> new ArrayList<>())
                    .add(slice);
        }
        List<Explanation> explanations = new ArrayList<>();
        dimensions.forEach((dimension, values) -> {
            Explanation explanation = explain(dimension, values);
            if (explanation.explained() >= EXPLAINED) {
                explanations.add(explanation);
            }
        });
        explanations.sort(Comparator.comparingDouble(Explanation::surprise)
                .reversed()
                .thenComparing(e -> e.elements().size())
                .thenComparing(Explanation::dimension));
        return explanations;
    }

    private static Explanation explain(String dimension, List<Slice> values) {
        BigDecimal allActual = BigDecimal.ZERO;
        BigDecimal allExpected = BigDecimal.ZERO;
        for (Slice slice : values) {
            allActual = allActual.add(slice.actual());
            allExpected = allExpected.add(slice.expected());
        }
        double actual = allActual.doubleValue();
        double expected = allExpected.doubleValue();
        double deviation = allActual.subtract(allExpected).doubleValue();
        List<Candidate> candidates = new ArrayList<>();
        for (Slice slice : values) {
            BigDecimal impact = slice.actual().subtract(slice.expected());
            double share = deviation == 0 ? 0 : impact.doubleValue() / deviation;
            if (share >= LEAST_SHARE) {
                double surprise = divergence(
                        expected > 0 ? slice.expected().doubleValue() / expected : 0,
                        actual > 0 ? slice.actual().doubleValue() / actual : 0);
                candidates.add(new Candidate(new Element(slice.value(), share, impact), surprise));
            }
        }
        candidates.sort(Comparator.comparingDouble(Candidate::surprise)
                .reversed()
                .thenComparing(c -> c.element().value()));
        List<Element> named = new ArrayList<>();
        double explained = 0;
        double surprise = 0;
        for (Candidate candidate : candidates) {
            if (explained >= EXPLAINED) {
                break;
            }
            named.add(candidate.element());
            explained += candidate.element().share();
            surprise += candidate.surprise();
        }
        return new Explanation(dimension, List.copyOf(named), explained, named.isEmpty() ? 0 : surprise / named.size());
    }

    /** One term of the Jensen-Shannon divergence. */
    private static double divergence(double p, double q) {
        double sum = p + q;
        return 0.5 * (term(p, sum) + term(q, sum));
    }

    private static double term(double p, double sum) {
        return p <= 0 ? 0 : p * Math.log(2 * p / sum);
    }
}
