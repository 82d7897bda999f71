package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The command line")
class MainTest {

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int costops(String... arguments) {
        return Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @Test
    void without_a_command_shows_them_all() {
        assertThat(costops()).isZero();
        assertThat(out.toString()).contains("up", "down", "status", "publish", "sql", "notify", "--help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"up", "down", "status", "publish", "sql", "notify", "backtest", "bench"})
    void explains_each_command(String command) {
        assertThat(costops(command, "--help")).isZero();
        assertThat(out.toString()).startsWith("Usage: costops " + command);
    }

    @Test
    void that_is_not_understood_is_one_line_with_the_way_to_help() {
        assertThat(costops("up", "--kafka-port", "x")).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1).contains("--kafka-port", "costops up --help");
    }

    @Test
    void that_needs_a_platform_says_how_to_get_one() {
        assertThat(costops("sql", "SELECT 1", "--data-dir", directory.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("./costops up", "CLICKHOUSE_URL");
    }

    @Test
    void runs_a_backtest_without_a_platform() throws IOException {
        Path in = Files.writeString(directory.resolve("in.csv"), "a,1,2,3\n");
        Path result = directory.resolve("out.csv");
        assertThat(costops(
                        "backtest",
                        "forecast",
                        "--frequency",
                        "daily",
                        "--horizon",
                        "2",
                        in.toString(),
                        result.toString()))
                .isZero();
        assertThat(result).content().isEqualTo("a,2.0,2.0\n");
        assertThat(out.toString()).contains("1 series", "too short a history");
        assertThat(costops("backtest", "anomalies", "--format", "spend", in.toString(), result.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("in.csv has no column t");
    }

    @Test
    void names_the_file_that_cannot_be_read() {
        assertThat(costops("publish", directory.resolve("absent").toString())).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("absent");
    }

    @Test
    void refuses_attribution_that_an_envelope_would_hide() {
        assertThat(costops("publish", "--tenant", "acme", directory.toString())).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("go with --source");
    }
}
