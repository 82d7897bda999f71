package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.infra.examples.UsageExample;
import io.costops.infra.platform.PlatformState;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The costops command")
class CommandIT {

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int costops(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--data-dir");
        all.add(directory.resolve("data").toString());
        return Main.execute(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }

    private int up() {
        return costops(
                "up", "--only=kafka,clickhouse", "--kafka-port=0", "--clickhouse-port=0", "--clickhouse-tcp-port=0");
    }

    @AfterEach
    void down() {
        costops("down");
    }

    private List<ProcessHandle> children() {
        return PlatformState.readRunning(directory.resolve("data")).orElseThrow().components().stream()
                .map(member -> member.process().orElseThrow().find().orElseThrow())
                .toList();
    }

    @Test
    void starts_a_platform_that_stays_asks_it_publishes_to_it_and_stops_it() throws Exception {
        assertThat(up()).as("%s%s", out, err).isZero();
        assertThat(out.toString()).contains("kafka is up at 127.0.0.1:", "ok    clickhouse");
        List<ProcessHandle> children = children();

        assertThat(costops("status", "--json")).isZero();
        assertThat(out.toString()).contains("\"phase\":\"READY\"", "\"name\":\"kafka\",\"answers\":true");

        assertThat(costops(
                        "sql",
                        "--json",
                        "SELECT toDecimal256('0.1', 30) AS amount, toUInt64(18446744073709551615) AS n"))
                .isZero();
        assertThat(out).hasToString("{\"amount\":\"0.1\",\"n\":\"18446744073709551615\"}\n");
        assertThat(costops("sql", "SELECT nonsense")).isEqualTo(1);
        assertThat(err.toString()).startsWith("costops: ").contains("nonsense").hasLineCount(1);

        Path usage =
                Files.writeString(directory.resolve("usage.ndjson"), "{\"source\": \"x\"}\n\nnot json\n{\"a\": 1}");
        assertThat(costops("publish", usage.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("published 3 records", "1 of them are malformed");
        assertThat(err.toString()).contains("usage.ndjson:3: not JSON");

        assertThat(up()).isZero();
        assertThat(out.toString()).contains("runs already");

        assertThat(costops("down")).isZero();
        assertThat(children).noneMatch(ProcessHandle::isAlive);
        assertThat(costops("status")).isEqualTo(1);
        assertThat(out.toString()).contains("no platform runs in " + directory.resolve("data"));
    }

    @Test
    void prices_the_published_examples_without_a_platform_and_without_a_build() throws Exception {
        List<UsageExample> examples = UsageExample.all();
        Path cases = Files.writeString(
                directory.resolve("examples.jsonl"),
                examples.stream().map(UsageExample::line).collect(Collectors.joining("\n")));
        Path answers = directory.resolve("answers.jsonl");
        ProcessBuilder launcher =
                new ProcessBuilder(Path.of("..", "costops").toAbsolutePath().toString(), "price", cases.toString());
        launcher.environment().put("COSTOPS_SKIP_BUILD", "1");
        Process process = launcher.redirectOutput(answers.toFile())
                .redirectError(directory.resolve("said").toFile())
                .start();

        assertThat(process.waitFor()).isZero();
        assertThat(Files.readAllLines(answers).stream().map(UsageExample::answered))
                .isEqualTo(examples.stream().map(UsageExample::expected).toList());
        assertThat(directory.resolve("said")).content().startsWith("732 cases: 718 priced");
    }

    @Test
    void starts_anew_where_a_supervisor_was_killed_and_its_children_ended_with_it() throws Exception {
        assertThat(up()).isZero();
        List<ProcessHandle> orphans = children();
        ProcessHandle supervisor = PlatformState.readRunning(directory.resolve("data"))
                .orElseThrow()
                .supervisor()
                .find()
                .orElseThrow();
        supervisor.destroyForcibly();
        for (ProcessHandle orphan : orphans) {
            orphan.onExit().get(60, TimeUnit.SECONDS);
        }
        assertThat(costops("status")).isEqualTo(1);

        assertThat(up()).as("%s%s", out, err).isZero();
        assertThat(costops("status")).isZero();
    }
}
