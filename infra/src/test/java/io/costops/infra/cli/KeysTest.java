package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.ingest.keys.ApiKeyFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("costops keys")
class KeysTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private Path file() {
        return directory.resolve("new/keys.json");
    }

    private int keys(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of("keys"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--file", file().toString()));
        return Main.execute(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }

    private String create(String tenant) {
        assertThat(keys("create", "--tenant", tenant, "--name", "gateway"))
                .as("%s", err)
                .isZero();
        return out.toString().strip();
    }

    private static String id(String key) {
        return key.split("_", 3)[1];
    }

    private boolean opens(String key) {
        return ApiKeyFile.open(file(), Clock.systemUTC()).authenticate(key).isPresent();
    }

    @Test
    void create_prints_the_key_once_and_stores_its_hash() throws IOException {
        String key = create("acme");

        assertThat(key).matches("cok_[0-9a-f]{12}_[0-9a-f]{64}");
        assertThat(err.toString()).contains(id(key), "acme").doesNotContain(key);
        assertThat(Files.readString(file())).contains("sha256").doesNotContain(key.split("_", 3)[2]);
        assertThat(opens(key)).isTrue();
    }

    @Test
    void list_shows_whose_they_are_and_no_secret() {
        String acme = create("acme");
        String globex = create("globex");

        assertThat(keys("list")).isZero();
        assertThat(out.toString())
                .contains(id(acme), id(globex), "acme", "globex", "gateway", "active")
                .doesNotContain(acme, globex);
        assertThat(keys("list", "--tenant", "globex", "--json")).isZero();
        assertThat(out.toString())
                .hasLineCount(1)
                .contains("\"tenant\":\"globex\"", "\"state\":\"active\"")
                .doesNotContain("sha256");
    }

    @Test
    void revoke_closes_the_door_for_one_key_and_keeps_its_entry() {
        String one = create("acme");
        String other = create("acme");

        assertThat(keys("revoke", id(one))).isZero();

        assertThat(out.toString()).contains(id(one), "acme");
        assertThat(opens(one)).isFalse();
        assertThat(opens(other)).isTrue();
        keys("list");
        assertThat(out.toString()).contains(id(one), "revoked");
    }

    @Test
    void a_door_that_runs_sees_new_and_revoked_keys() {
        String one = create("acme");
        Clock clock = Clock.systemUTC();
        ApiKeyFile door = ApiKeyFile.open(file(), Clock.offset(clock, Duration.ZERO));
        assertThat(door.authenticate(one)).isPresent();

        String two = create("acme");
        keys("revoke", id(one));

        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (door.authenticate(two).isEmpty() || door.authenticate(one).isPresent()) {
            assertThat(System.nanoTime())
                    .as("the door has not read the file again")
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--rate=0, --rate must be above 0",
        "--expires=2020-01-01T00:00:00Z, is over already",
        "--expires=tomorrow, --expires",
    })
    void create_names_what_is_wrong(String option, String message) {
        assertThat(keys("create", "--tenant", "acme", option)).isNotZero();
        assertThat(err.toString()).hasLineCount(1).contains(message);
        assertThat(file()).doesNotExist();
    }

    @Test
    void without_a_tenant_there_is_no_key() {
        assertThat(keys("create")).isEqualTo(2);
        assertThat(err.toString()).contains("--tenant");
    }

    @Test
    void what_is_not_there_is_named() {
        assertThat(keys("list")).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("keys.json", "costops keys create");
        String key = create("acme");
        assertThat(keys("revoke", "000000000000")).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("000000000000", "costops keys list");
        assertThat(keys("revoke", key)).isEqualTo(1);
        assertThat(err.toString()).as("a key must not reach a log").doesNotContain(key);
    }
}
