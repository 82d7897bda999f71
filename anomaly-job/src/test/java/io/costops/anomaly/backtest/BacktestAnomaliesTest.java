package io.costops.anomaly.backtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.anomaly.backtest.BacktestAnomalies.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("backtest anomalies")
class BacktestAnomaliesTest {
    @TempDir
    private Path folder;

    private Path out() {
        return folder.resolve("out.csv");
    }

    private Path file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static String series(int points, int spikeAt) {
        Random random = new Random(5);
        StringBuilder csv = new StringBuilder("timestamp,value\n");
        for (int i = 0; i < points; i++) {
            double value = 100 + 5 * random.nextGaussian() + (i == spikeAt ? 200 : 0);
            csv.append(java.time.Instant.ofEpochSecond(1_767_571_200L + i * 300L)
                            .toString()
                            .replace('T', ' ')
                            .replace("Z", ""))
                    .append(',')
                    .append(value)
                    .append('\n');
        }
        return csv.toString();
    }

    /** Two keys in 5-minute buckets; the second one's tokens cost six times as much from a moment on. */
    private static String spend(int days) {
        Random random = new Random(9);
        StringBuilder csv = new StringBuilder("t,key,requests,errors,tokens,cost\n");
        for (String key : List.of("calm", "switched")) {
            for (int i = 0; i < days * 288; i++) {
                int requests = 50 + random.nextInt(20);
                double tokens = Math.rint(requests * 1_500 * (1 + 0.05 * random.nextGaussian()));
                double price = key.equals("switched") && i >= (days - 1) * 288 ? 24e-6 : 4e-6;
                csv.append(1_767_571_200L + i * 300L)
                        .append(',')
                        .append(key)
                        .append(',')
                        .append(requests);
                csv.append(",0,")
                        .append(tokens)
                        .append(',')
                        .append(tokens * price)
                        .append('\n');
            }
        }
        return csv.toString();
    }

    @Nested
    @DisplayName("of a series")
    class Series {
        @Test
        void adds_a_score_and_alerts_to_the_rows_and_draws_them() throws IOException {
            Path picture = folder.resolve("chart.svg");
            String summary = BacktestAnomalies.run(Format.SERIES, file("in.csv", series(2_000, 1_500)), out(), picture);
            List<String> lines = Files.readAllLines(out());
            assertThat(lines).hasSize(2_001);
            assertThat(lines.get(0)).isEqualTo("timestamp,value,anomaly_score,alert");
            assertThat(lines.get(1_501)).matches("2026-01-10 05:00:00,[0-9.]+,0\\.[5-9][0-9]{5},1");
            assertThat(lines.subList(1, 2_001)).allMatch(line -> line.matches(".*,[01]\\.[0-9]{6},[01]"));
            assertThat(summary).contains("2,000 points", "drawn in");
            assertThat(Files.readString(picture)).startsWith("<svg").contains("polyline", "circle");
        }

        @Test
        void of_a_folder_makes_a_folder_of_the_same_files() throws IOException {
            file("in/a/one.csv", series(300, -1));
            file("in/b/two.csv", series(300, -1));
            file("in/readme.txt", "not a series");
            Path target = folder.resolve("target");
            Path pictures = folder.resolve("pictures");
            BacktestAnomalies.run(Format.SERIES, folder.resolve("in"), target, pictures);
            assertThat(target.resolve("a/one.csv")).exists();
            assertThat(target.resolve("b/two.csv")).exists();
            try (var drawn = Files.list(pictures)) {
                assertThat(drawn.map(path -> String.valueOf(path.getFileName())))
                        .containsExactlyInAnyOrder("a_one.csv.svg", "b_two.csv.svg");
            }
        }

        @Test
        void takes_gaps_for_missing_values() throws IOException {
            String csv = "timestamp,value\n2026-01-01,1\n2026-01-02,\n2026-01-03T00:00:00Z,NaN\n1767571200,2\n";
            BacktestAnomalies.run(Format.SERIES, file("in.csv", csv), out(), null);
            assertThat(Files.readAllLines(out()))
                    .hasSize(5)
                    .allMatch(line -> line.startsWith("timestamp") || line.endsWith(",0.000000,0"));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "''|is empty",
                    "'time,value\n1,2\n'|no column timestamp",
                    "'timestamp,value\n'|no rows below its header",
                    "'timestamp,value\n2026-01-01,x\n'|line 2: value must be a number",
                    "'timestamp,value\nnoon,1\n'|line 2: timestamp must be a time",
                    "'timestamp,value\n2026-01-01\n'|line 2 has no column value"
                })
        void names_what_is_wrong_with_a_file(String csv, String problem) throws IOException {
            Path in = file("in.csv", csv.translateEscapes());
            assertThatThrownBy(() -> BacktestAnomalies.run(Format.SERIES, in, out(), null))
                    .isInstanceOf(BacktestException.class)
                    .hasMessageContaining("in.csv")
                    .hasMessageContaining(problem);
        }

        @Test
        void says_that_a_file_is_not_there_or_a_folder_holds_none() {
            assertThatThrownBy(() -> BacktestAnomalies.run(Format.SERIES, folder.resolve("absent"), out(), null))
                    .isInstanceOf(BacktestException.class)
                    .hasMessageContaining("doesn't exist");
            assertThatThrownBy(() -> BacktestAnomalies.run(Format.SERIES, folder, out(), null))
                    .isInstanceOf(BacktestException.class)
                    .hasMessageContaining("no file that ends in .csv");
        }
    }

    @Nested
    @DisplayName("of spend")
    class Spend {
        @Test
        void writes_a_row_for_each_incident_and_draws_its_key() throws IOException {
            Path pictures = folder.resolve("pictures");
            String summary = BacktestAnomalies.run(Format.SPEND, file("in.csv", spend(16)), out(), pictures);
            List<String> lines = Files.readAllLines(out());
            assertThat(lines).hasSize(2);
            assertThat(lines.get(0)).isEqualTo("t,key,score,what");
            assertThat(lines.get(1)).matches((1_767_571_200L + 15 * 86_400 + 300) + ",switched,[0-9.]+,model_switch");
            assertThat(summary).contains("2 keys at 300 s", "1 incidents opened");
            assertThat(pictures.resolve("switched.svg")).content().contains("model_switch");
            assertThat(pictures.resolve("calm.svg")).doesNotExist();
        }

        @Test
        void leaves_out_rows_without_numbers_and_says_so() throws IOException {
            String csv = spend(4).replace("," + 1_500 + ",", ",NaN,") + "1767999900,third,NaN,0,1,1\n";
            assertThat(BacktestAnomalies.run(Format.SPEND, file("in.csv", csv), out(), null))
                    .contains("1 rows without numbers left out");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "''|is empty",
                    "'t,key,requests,errors,tokens\n'|no column cost",
                    "'t,key,requests,errors,tokens,cost\n'|no rows below its header",
                    "'t,key,requests,errors,tokens,cost\n1.5,a,1,0,1,1\n'|line 2: t must be whole seconds",
                    "'t,key,requests,errors,tokens,cost\n600,a,1,0,1,1\n300,a,1,0,1,1\n'|line 3: t must ascend",
                    "'t,key,requests,errors,tokens,cost\n0,a,1,0,1,1\n7,a,1,0,1,1\n'|whose length divides an hour"
                })
        void names_what_is_wrong_with_a_file(String csv, String problem) throws IOException {
            Path in = file("in.csv", csv.translateEscapes());
            assertThatThrownBy(() -> BacktestAnomalies.run(Format.SPEND, in, out(), null))
                    .isInstanceOf(BacktestException.class)
                    .hasMessageContaining("in.csv")
                    .hasMessageContaining(problem);
        }
    }
}
