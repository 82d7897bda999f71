package io.costops.infra.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The README says which test shows what becomes of an event when a process dies. */
@DisplayName("The README's table of failures")
class FailureTableTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))(?:\\.(\\w+))?`");

    private static List<String> rows() throws IOException {
        return Files.readAllLines(ROOT.resolve("README.md")).stream()
                .dropWhile(line -> !line.startsWith("| what dies | when |"))
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .toList();
    }

    private static Map<String, Path> tests() throws IOException {
        Map<String, Path> tests = new HashMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path sources : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(sources)) {
                    files.forEach(
                            file -> tests.put(file.getFileName().toString().replace(".java", ""), file));
                }
            }
        }
        return tests;
    }

    @Test
    void names_tests_that_exist_in_every_row() throws IOException {
        Map<String, Path> tests = tests();
        assertThat(rows()).hasSizeGreaterThan(20);
        for (String row : rows()) {
            String shownBy = row.substring(row.lastIndexOf('|', row.length() - 2));
            Matcher named = NAMED.matcher(shownBy);
            assertThat(named.find()).as(row).isTrue();
            do {
                assertThat(tests).as(row).containsKey(named.group(1));
                if (named.group(2) != null) {
                    assertThat(Objects.requireNonNull(tests.get(named.group(1))))
                            .as(row)
                            .content()
                            .contains("class " + named.group(2) + " ");
                }
            } while (named.find());
        }
    }

    @Test
    void speaks_of_every_process() throws IOException {
        String rows = String.join("\n", rows());

        assertThat(rows)
                .contains(
                        "Kafka",
                        "usage-ingest",
                        "registry",
                        "enrichment's TaskManager",
                        "ledger writer's TaskManager",
                        "watch's TaskManager",
                        "JobManager",
                        "ClickHouse",
                        "notifier",
                        "adjuster",
                        "supervisor",
                        "everything at once");
    }
}
