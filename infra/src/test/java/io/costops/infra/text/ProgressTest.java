package io.costops.infra.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("progress")
class ProgressTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintWriter out = new PrintWriter(written, true, StandardCharsets.UTF_8);
    private long now;

    @Test
    void moves_one_line_on_a_terminal_and_wipes_what_was_longer() {
        Progress progress = new Progress(out, true, () -> now);
        now += Duration.ofSeconds(1).toNanos();
        progress.show("1,000 of 2,000");
        progress.show("too soon to be shown");
        now += Duration.ofSeconds(1).toNanos();
        progress.show("2,000");
        progress.done("all");

        assertThat(text()).isEqualTo("\r1,000 of 2,000\r2,000         \rall  \n");
    }

    @Test
    void adds_a_line_now_and_then_to_a_file() {
        Progress progress = new Progress(out, false, () -> now);
        progress.show("at once");
        now += Duration.ofSeconds(11).toNanos();
        progress.show("later");
        progress.done("all");

        assertThat(text()).isEqualTo("later\nall\n");
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }
}
