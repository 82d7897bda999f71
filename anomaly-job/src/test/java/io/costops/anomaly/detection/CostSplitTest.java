package io.costops.anomaly.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.costops.anomaly.detection.CostSplit.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CostSplitTest {
    private static Usage usage(double requests, double tokens, double list, double cost) {
        return new Usage(
                BigDecimal.valueOf(requests),
                BigDecimal.valueOf(tokens),
                BigDecimal.valueOf(list),
                BigDecimal.valueOf(cost));
    }

    @Nested
    @DisplayName("blames one factor alone")
    class OneFactor {
        private final Usage before = usage(100, 150_000, 3, 2);

        @Test
        void more_requests() {
            CostSplit split = CostSplit.between(before, usage(200, 300_000, 6, 4));
            assertThat(split.requests()).isEqualByComparingTo("2");
            assertThat(split.total()).isEqualByComparingTo("2");
        }

        @Test
        void longer_requests() {
            CostSplit split = CostSplit.between(before, usage(100, 300_000, 6, 4));
            assertThat(split.tokensPerRequest().doubleValue()).isCloseTo(2, within(1e-12));
        }

        @Test
        void a_dearer_token() {
            CostSplit split = CostSplit.between(before, usage(100, 150_000, 6, 4));
            assertThat(split.unitPrice().doubleValue()).isCloseTo(2, within(1e-12));
        }

        @Test
        void a_lost_cache() {
            CostSplit split = CostSplit.between(before, usage(100, 150_000, 3, 3));
            assertThat(split.cache().doubleValue()).isCloseTo(1, within(1e-12));
            assertThat(split.unitPrice().doubleValue()).isCloseTo(0, within(1e-12));
        }

        @Test
        void another_mix_of_models() {
            CostSplit split = CostSplit.between(
                    Map.of("small", usage(90, 90_000, 0.9, 0.9), "large", usage(10, 10_000, 1, 1)),
                    Map.of("small", usage(50, 50_000, 0.5, 0.5), "large", usage(50, 50_000, 5, 5)));
            assertThat(split.mix().doubleValue()).isCloseTo(3.6, within(1e-12));
            assertThat(split.requests().doubleValue()).isCloseTo(0, within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @DisplayName("adds up to the change to the last digit, whatever the numbers")
    void adds_up(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            Map<String, Usage> before = groups(random);
            Map<String, Usage> after = groups(random);
            CostSplit split = CostSplit.between(before, after);
            assertThat(split.total()).isEqualByComparingTo(cost(after).subtract(cost(before)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    @DisplayName("is the negative of itself when the periods are swapped")
    void is_antisymmetric(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            Map<String, Usage> before = groups(random);
            Map<String, Usage> after = groups(random);
            CostSplit there = CostSplit.between(before, after);
            CostSplit back = CostSplit.between(after, before);
            double scale = 1e-9 * (1 + cost(before).add(cost(after)).doubleValue());
            assertThat(there.requests().add(back.requests()).doubleValue()).isCloseTo(0, within(scale));
            assertThat(there.mix().add(back.mix()).doubleValue()).isCloseTo(0, within(scale));
            assertThat(there.unitPrice().add(back.unitPrice()).doubleValue()).isCloseTo(0, within(scale));
            assertThat(there.cache().add(back.cache()).doubleValue()).isCloseTo(0, within(scale));
        }
    }

    @Test
    void a_group_that_comes_or_goes_changes_the_mix() {
        CostSplit split = CostSplit.between(
                Map.of("old", usage(10, 10_000, 1, 1)),
                Map.of("old", usage(10, 10_000, 1, 1), "new", usage(10, 10_000, 2, 2)));
        assertThat(split.total()).isEqualByComparingTo("2");
        assertThat(split.mix()).isPositive();
    }

    @Test
    void the_first_spend_of_all_is_requests() {
        CostSplit split = CostSplit.between(Usage.NOTHING, usage(10, 10_000, 2, 2));
        assertThat(split.requests()).isEqualByComparingTo("2");
        assertThat(CostSplit.between(Usage.NOTHING, Usage.NOTHING).total()).isZero();
    }

    @Test
    void usage_below_0_is_refused() {
        assertThatThrownBy(() -> usage(-1, 0, 0, 0)).hasMessageContaining("negative");
    }

    private static Map<String, Usage> groups(Random random) {
        Map<String, Usage> groups = new HashMap<>();
        for (String name : new String[] {"a", "b", "c"}) {
            if (random.nextInt(5) == 0) {
                continue;
            }
            BigDecimal cost = decimal(random, 9);
            groups.put(
                    name,
                    new Usage(
                            decimal(random, 0),
                            decimal(random, 0).multiply(BigDecimal.valueOf(1000)),
                            cost.multiply(BigDecimal.valueOf(1 + random.nextDouble())),
                            cost));
        }
        return groups;
    }

    /** From a billionth to a million; now and then 0. */
    private static BigDecimal decimal(Random random, int scale) {
        if (random.nextInt(12) == 0) {
            return BigDecimal.ZERO;
        }
        return BigDecimal.valueOf(Math.exp(14 * random.nextDouble() - (scale == 0 ? 0 : 7)))
                .setScale(scale, RoundingMode.UP);
    }

    private static BigDecimal cost(Map<String, Usage> groups) {
        return groups.values().stream().map(Usage::cost).reduce(BigDecimal.ZERO, BigDecimal::add);
    }
}
