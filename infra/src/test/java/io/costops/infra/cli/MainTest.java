package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
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
        assertThat(out.toString()).contains("up", "down", "status", "publish", "sql", "--help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"up", "down", "status", "publish", "sql"})
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
