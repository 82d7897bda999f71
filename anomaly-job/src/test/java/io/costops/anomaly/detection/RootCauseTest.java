package io.costops.anomaly.detection;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.detection.RootCause.Explanation;
import io.costops.anomaly.detection.RootCause.Slice;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RootCauseTest {
    private static Slice slice(String dimension, String value, String actual, String expected) {
        return new Slice(dimension, value, new BigDecimal(actual), new BigDecimal(expected));
    }

    @Test
    void names_the_key_that_made_the_difference_and_how_much_of_it() {
        List<Explanation> causes = RootCause.explain(List.of(
                slice("api_key", "key-1", "10", "10"),
                slice("api_key", "key-7", "95", "5"),
                slice("api_key", "key-9", "20", "20"),
                slice("model", "small", "60", "20"),
                slice("model", "large", "65", "15")));
        assertThat(causes.get(0).dimension()).isEqualTo("api_key");
        assertThat(causes.get(0).elements()).singleElement().satisfies(element -> {
            assertThat(element.value()).isEqualTo("key-7");
            assertThat(element.impact()).isEqualByComparingTo("90");
            assertThat(element.share()).isEqualTo(1);
        });
    }

    @Test
    void names_one_project_rather_than_its_ten_keys() {
        List<Slice> slices = new ArrayList<>();
        slices.add(slice("project", "chat", "300", "100"));
        slices.add(slice("project", "search", "100", "100"));
        for (int i = 0; i < 10; i++) {
            slices.add(slice("api_key", "chat-" + i, "30", "10"));
            slices.add(slice("api_key", "search-" + i, "10", "10"));
        }
        List<Explanation> causes = RootCause.explain(slices);
        assertThat(causes.get(0).dimension()).isEqualTo("project");
        assertThat(causes.get(0).elements())
                .extracting(RootCause.Element::value)
                .containsExactly("chat");
    }

    @Test
    void says_nothing_where_nothing_deviates() {
        assertThat(RootCause.explain(List.of(slice("model", "a", "1", "1"), slice("model", "b", "2", "2"))))
                .isEmpty();
        assertThat(RootCause.explain(List.of())).isEmpty();
    }

    /** 20 keys of 4 projects use 6 models of 3 providers; one value of one dimension costs 1.3 to 6 times what it should. */
    @Test
    void is_right_at_the_first_name_in_97_of_100_cases() {
        Random random = new Random(5);
        String[] dimensions = {"project", "api_key", "model", "provider"};
        int[] values = {4, 20, 6, 3};
        int cases = 0;
        int right = 0;
        while (cases < 500) {
            int cause = random.nextInt(4);
            int culprit = random.nextInt(values[cause]);
            double factor = 1.3 + 4.7 * random.nextDouble();
            Map<String, double[]> sums = new LinkedHashMap<>();
            double actual = 0;
            double expected = 0;
            for (int key = 0; key < 20; key++) {
                int project = random.nextInt(4);
                double size = Math.exp(random.nextGaussian());
                for (int model = 0; model < 6; model++) {
                    double usual = random.nextBoolean() ? size * Math.exp(1.2 * random.nextGaussian()) : 0;
                    int[] at = {project, key, model, model / 2};
                    double spent = usual * Math.exp(0.08 * random.nextGaussian()) * (at[cause] == culprit ? factor : 1);
                    actual += spent;
                    expected += usual;
                    for (int d = 0; d < 4; d++) {
                        double[] sum = sums.computeIfAbsent(dimensions[d] + "/" + at[d], k -> new double[2]);
                        sum[0] += spent;
                        sum[1] += usual;
                    }
                }
            }
            if (actual < 1.15 * expected) {
                continue;
            }
            List<Slice> slices = new ArrayList<>();
            sums.forEach((name, sum) -> slices.add(new Slice(
                    name.substring(0, name.indexOf('/')),
                    name.substring(name.indexOf('/') + 1),
                    BigDecimal.valueOf(sum[0]),
                    BigDecimal.valueOf(sum[1]))));
            List<Explanation> causes = RootCause.explain(slices);
            cases++;
            if (!causes.isEmpty()
                    && causes.get(0).dimension().equals(dimensions[cause])
                    && causes.get(0).elements().get(0).value().equals(String.valueOf(culprit))) {
                right++;
            }
        }
        assertThat(right / (double) cases).isGreaterThan(0.97);
    }
}
