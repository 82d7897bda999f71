package io.costops.anomaly.backtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.anomaly.backtest.BacktestForecast.Task;
import io.costops.anomaly.forecast.Frequency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("backtest forecast")
class BacktestForecastTest {
    @TempDir
    private Path folder;

    private Path in(String text) throws IOException {
        return Files.writeString(folder.resolve("in.csv"), text);
    }

    private Path path(String name) {
        return folder.resolve(name);
    }

    private Task task(int horizon, boolean total, double level, @Nullable Path chart) {
        return new Task(
                Frequency.DAILY,
                horizon,
                total,
                path("in.csv"),
                path("out.csv"),
                path("low.csv"),
                path("high.csv"),
                level,
                chart);
    }

    private static String weeks(int series, int days) {
        Random random = new Random(3);
        StringBuilder csv = new StringBuilder();
        for (int s = 0; s < series; s++) {
            csv.append("s").append(s);
            for (int i = 0; i < days; i++) {
                csv.append(',').append((i % 7 >= 5 ? 40 : 100) * (1 + 0.05 * random.nextGaussian()));
            }
            csv.append('\n');
        }
        return csv.toString();
    }

    private double[] values(String file, int line) throws IOException {
        String[] cells = Files.readAllLines(path(file)).get(line).split(",");
        return Arrays.stream(cells).skip(1).mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void writes_a_line_for_each_series_and_the_ends_of_its_intervals() throws IOException {
        in(weeks(3, 70));
        String summary = BacktestForecast.run(task(7, false, 95, path("chart.svg")));
        assertThat(summary).contains("3 series", "each 7 values ahead", "drawn in");
        assertThat(Files.readAllLines(path("out.csv")))
                .hasSize(3)
                .allMatch(line -> line.matches("s[0-2](,[0-9.E]+){7}"));
        double[] point = values("out.csv", 0);
        double[] low = values("low.csv", 0);
        double[] high = values("high.csv", 0);
        for (int i = 0; i < 7; i++) {
            double usual = i >= 5 ? 40 : 100;
            assertThat(point[i]).isBetween(0.9 * usual, 1.1 * usual);
            assertThat(low[i]).isLessThan(point[i]);
            assertThat(high[i]).isGreaterThan(point[i]);
        }
        assertThat(Files.readString(path("chart.svg"))).contains("polygon", ">s0<", ">s2<");
    }

    @Test
    void keeps_a_header() throws IOException {
        in("id,values\n" + weeks(1, 40));
        BacktestForecast.run(task(2, false, 80, null));
        assertThat(Files.readAllLines(path("out.csv")).get(0)).isEqualTo("id,F1,F2");
        assertThat(Files.readAllLines(path("low.csv"))).hasSize(2);
    }

    @Test
    void of_totals_is_one_number_a_series() throws IOException {
        in(weeks(2, 70));
        BacktestForecast.run(task(14, true, 95, null));
        assertThat(values("out.csv", 1)).hasSize(1);
        assertThat(values("out.csv", 1)[0]).isBetween(1_100.0, 1_220.0);
        assertThat(values("low.csv", 1)[0]).isLessThan(values("out.csv", 1)[0]);
    }

    @Test
    void widens_with_the_level() throws IOException {
        in(weeks(2, 70));
        BacktestForecast.run(task(3, false, 80, null));
        double narrow = values("high.csv", 0)[1];
        BacktestForecast.run(task(3, false, 99, null));
        assertThat(values("high.csv", 0)[1]).isGreaterThan(narrow);
    }

    @Test
    void takes_empty_cells_for_gaps_and_those_at_the_end_for_none() throws IOException {
        in(weeks(1, 40).replaceFirst(",[0-9.]+,", ",,").strip() + ",NaN,55,,,\nshort,3,4\n");
        String summary = BacktestForecast.run(task(2, false, 95, null));
        assertThat(Files.readAllLines(path("out.csv"))).hasSize(2);
        assertThat(summary).contains("1 of them with too short a history");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|holds no series",
                "'a,1,2\nb,x,2\n'|line 2: value 1 must be a number",
                "'a,1,2\nb,,\n'|line 2: series 'b' has no values",
                "'a,1,Infinity\n'|line 1: value 2 must be a number"
            })
    void names_what_is_wrong_with_a_file(String csv, String problem) throws IOException {
        in(csv.translateEscapes());
        assertThatThrownBy(() -> BacktestForecast.run(task(2, false, 95, null)))
                .isInstanceOf(BacktestException.class)
                .hasMessageContaining("in.csv")
                .hasMessageContaining(problem);
    }

    @Test
    void refuses_a_horizon_or_a_level_that_is_none() {
        assertThatThrownBy(() -> task(0, false, 95, null)).hasMessageContaining("--horizon");
        assertThatThrownBy(() -> task(1, false, 100, null)).hasMessageContaining("--level");
    }

    @Test
    void is_scored_as_m4_scores() {
        double[] y = new double[96];
        for (int i = 0; i < y.length; i++) {
            y[i] = i % 24 < 12 ? 10 : 30;
        }
        assertThat(ForecastScore.naive2(y, 24, 24)).satisfies(naive -> {
            assertThat(naive[3]).isLessThan(12);
            assertThat(naive[20]).isGreaterThan(28);
        });
        assertThat(ForecastScore.naive2(new double[] {1, 2, 3}, 1, 2)).isEqualTo(new double[] {3, 3});
    }

    @Test
    void scores_detection_by_labels(@TempDir Path data) throws IOException {
        StringBuilder series = new StringBuilder("t,key,requests,errors,tokens,cost\n");
        Random random = new Random(4);
        for (int i = 0; i < 20 * 288; i++) {
            double tokens = Math.rint(60 * 1_500 * (1 + 0.05 * random.nextGaussian()));
            double price = i >= 16 * 288 && i < 17 * 288 ? 24e-6 : 4e-6;
            series.append(i * 300L)
                    .append(",a,60,0,")
                    .append(tokens)
                    .append(',')
                    .append(tokens * price)
                    .append('\n');
        }
        Files.writeString(data.resolve("series.csv"), series);
        long start = 16 * 86_400L;
        Files.writeString(
                data.resolve("labels.csv"),
                "id,key,kind,start,end,magnitude,excess_usd,benign\n0,a,model_switch," + start + "," + (start + 86_400)
                        + ",6,1,0\n1,a,token_spike,100,200,6,1,0\n");
        DetectionScore.Result result = DetectionScore.of(data);
        assertThat(result.recall()).isEqualTo(0.5);
        assertThat(result.precision()).isEqualTo(1);
        assertThat(result.kinds())
                .extracting(DetectionScore.OfKind::kind)
                .containsExactly("model_switch", "token_spike");
        assertThat(result.kinds().get(0).delayMedianMinutes()).isEqualTo(5);
        assertThat(List.of(result.falseAlarms(), result.benignAlarms())).containsExactly(0, 0);
    }
}
