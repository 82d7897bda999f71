package io.costops.infra.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A local ClickHouse")
class LocalClickHouseTest {

    private static final String PASSWORD = "p&ss<word>'s";

    @TempDir
    static Path directory;

    private static LocalClickHouse.Builder engine(Path directory) {
        return LocalClickHouse.builder(directory).admin("costops", PASSWORD);
    }

    private static void createUsage(LocalClickHouse clickHouse) {
        clickHouse.query("CREATE DATABASE IF NOT EXISTS costops ENGINE = Atomic");
        clickHouse.query(
                "CREATE TABLE costops.usage (tenant String, tokens UInt64) ENGINE = MergeTree ORDER BY tenant");
        clickHouse.query("INSERT INTO costops.usage VALUES ('acme', 1), ('acme', 2), ('o''neil <&>', 40)");
    }

    @Nested
    @DisplayName("that is running")
    class Running {

        private static LocalClickHouse clickHouse;
        private static LocalClickHouse neighbour;

        @BeforeAll
        static void start() {
            clickHouse = engine(directory.resolve("running"))
                    .user(ClickHouseUser.tenant("acme_reader", "reads", "acme", List.of("usage"))
                            .withViews(List.of("usage_by_tenant")))
                    .user(ClickHouseUser.tenant("oneil_reader", "reads too", "o'neil <&>", List.of("usage")))
                    .start();
            neighbour = engine(directory.resolve("neighbour")).start();
            createUsage(clickHouse);
            clickHouse.query("CREATE VIEW costops.usage_by_tenant AS"
                    + " SELECT tenant, sum(tokens) AS tokens FROM costops.usage GROUP BY tenant");
            clickHouse.query("CREATE TABLE costops.secrets (s String) ENGINE = MergeTree ORDER BY s");
        }

        @AfterAll
        static void stop() {
            clickHouse.close();
            neighbour.close();
        }

        @Test
        void answers_over_http_and_says_its_version() {
            assertThat(clickHouse.query("SELECT currentUser(), 1 + 1")).isEqualTo("costops\t2\n");
            assertThat(clickHouse.version()).startsWith("26.7.");
            assertThat(clickHouse.isAlive()).isTrue();
            assertThat(clickHouse.answers(Duration.ofSeconds(10))).isTrue();
        }

        @Test
        void refuses_rows_and_answers_queries_where_less_of_the_disk_is_free_than_it_must_keep() {
            try (LocalClickHouse full = engine(directory.resolve("full"))
                    .keepFreeBytes(Long.MAX_VALUE / 2)
                    .start()) {
                full.query("CREATE DATABASE d ENGINE = Atomic");
                full.query("CREATE TABLE d.t (n UInt8) ENGINE = MergeTree ORDER BY n");

                assertThatThrownBy(() -> full.query("INSERT INTO d.t VALUES (1)"))
                        .hasMessageContaining("NOT_ENOUGH_SPACE");
                assertThat(full.query("SELECT count() FROM d.t")).isEqualTo("0\n");
            }
        }

        @Test
        void takes_free_ports_so_that_two_live_side_by_side() {
            assertThat(List.of(clickHouse.httpPort(), clickHouse.tcpPort(), neighbour.httpPort(), neighbour.tcpPort()))
                    .doesNotHaveDuplicates()
                    .allSatisfy(port -> assertThat(port).isBetween(1024, 65535));
        }

        @Test
        void shows_a_tenant_its_own_rows_only() {
            String all = "SELECT tenant, tokens FROM costops.usage ORDER BY tokens";
            assertThat(clickHouse.queryAs("acme_reader", "reads", all)).isEqualTo("acme\t1\nacme\t2\n");
            assertThat(clickHouse.queryAs("oneil_reader", "reads too", all)).isEqualTo("o\\'neil <&>\t40\n");
            assertThat(clickHouse.query("SELECT count() FROM costops.usage")).isEqualTo("3\n");
        }

        @Test
        void holds_a_tenants_filter_through_a_view() {
            assertThat(clickHouse.queryAs("acme_reader", "reads", "SELECT * FROM costops.usage_by_tenant"))
                    .isEqualTo("acme\t3\n");
        }

        @Test
        void refuses_a_tenant_what_was_not_granted() {
            for (String sql : List.of(
                    "SELECT * FROM costops.secrets",
                    "INSERT INTO costops.usage VALUES ('acme', 7)",
                    "DROP TABLE costops.usage",
                    "SELECT 1 SETTINGS max_memory_usage = 0",
                    "SELECT * FROM file('/etc/passwd', 'LineAsString')")) {
                assertThatThrownBy(() -> clickHouse.queryAs("acme_reader", "reads", sql))
                        .as(sql)
                        .isInstanceOf(ClickHouseException.class);
            }
        }

        @Test
        void gives_the_nameless_local_session_nothing() {
            assertThatThrownBy(() -> clickHouse.queryAs("default", "", "SELECT * FROM costops.usage"))
                    .hasMessageContaining("ACCESS_DENIED");
        }

        @Test
        void refuses_a_wrong_password() {
            assertThatThrownBy(() -> clickHouse.queryAs("costops", "guess", "SELECT 1"))
                    .hasMessageContaining("Authentication failed");
        }

        @Test
        void keeps_passwords_out_of_its_files_and_arguments() throws IOException {
            assertThat(Files.readString(directory.resolve("running/run/users.xml")))
                    .doesNotContain(PASSWORD, "reads");
            assertThat(Files.readString(Path.of("/proc/" + clickHouse.pid() + "/cmdline")))
                    .doesNotContain(PASSWORD);
        }

        @Test
        void says_which_directory_is_taken_when_a_second_one_wants_it() {
            assertThatThrownBy(() -> engine(directory.resolve("running"))
                            .startTimeout(Duration.ofSeconds(6))
                            .start())
                    .hasMessageContaining("another ClickHouse still uses")
                    .hasMessageContaining(directory.resolve("running").toString());
            assertThat(clickHouse.query("SELECT 1")).isEqualTo("1\n");
        }

        @Test
        void says_so_when_its_port_is_taken() {
            assertThatThrownBy(() -> engine(directory.resolve("port"))
                            .httpPort(neighbour.httpPort())
                            .start())
                    .isInstanceOf(ClickHouseException.class)
                    .hasMessageContaining("Address already in use");
        }
    }

    @Nested
    @DisplayName("that stops")
    class Stopping {

        @Test
        void keeps_its_data_over_a_restart() {
            Path home = directory.resolve("restart");
            try (LocalClickHouse first = engine(home).start()) {
                createUsage(first);
            }
            try (LocalClickHouse second = engine(home).start()) {
                assertThat(second.query("SELECT sum(tokens) FROM costops.usage"))
                        .isEqualTo("43\n");
            }
        }

        @Test
        void tells_of_a_kill_and_opens_again_with_every_acknowledged_row() throws Exception {
            Path home = directory.resolve("killed");
            CompletableFuture<ClickHouseExit> exit = new CompletableFuture<>();
            LocalClickHouse first = engine(home).onUnaskedExit(exit::complete).start();
            createUsage(first);
            first.kill();

            assertThat(exit.get(30, TimeUnit.SECONDS).exitCode()).isEqualTo(128 + 9);
            assertThat(first.isAlive()).isFalse();
            assertThat(first.answers(Duration.ofSeconds(5))).isFalse();
            try (LocalClickHouse second = engine(home).start()) {
                assertThat(second.query("SELECT sum(tokens) FROM costops.usage"))
                        .isEqualTo("43\n");
            }
        }

        @Test
        void is_not_an_unasked_exit_when_it_was_asked() {
            CompletableFuture<ClickHouseExit> exit = new CompletableFuture<>();
            LocalClickHouse clickHouse = engine(directory.resolve("asked"))
                    .onUnaskedExit(exit::complete)
                    .start();
            clickHouse.close();
            assertThat(clickHouse.isAlive()).isFalse();
            assertThat(exit).isNotCompleted();
        }

        @Test
        void stops_by_itself_when_its_parent_is_killed() throws Exception {
            Process parent = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            String.join(
                                    ":",
                                    EngineLibrary.codeOf(LocalClickHouse.class).toString(),
                                    EngineLibrary.codeOf(ParentOfClickHouse.class)
                                            .toString(),
                                    EngineLibrary.codeOf(com.sun.jna.Native.class)
                                            .toString()),
                            ParentOfClickHouse.class.getName(),
                            directory.resolve("orphan").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            ProcessHandle child = ProcessHandle.of(
                            Long.parseLong(parent.inputReader().readLine()))
                    .orElseThrow();
            parent.destroyForcibly();

            child.onExit().get(30, TimeUnit.SECONDS);
            assertThat(child.isAlive()).isFalse();
        }

        @Test
        void stops_in_order_on_sigterm() throws Exception {
            CompletableFuture<ClickHouseExit> exit = new CompletableFuture<>();
            LocalClickHouse clickHouse = engine(directory.resolve("sigterm"))
                    .onUnaskedExit(exit::complete)
                    .start();
            ProcessHandle.of(clickHouse.pid()).orElseThrow().destroy();
            assertThat(exit.get(30, TimeUnit.SECONDS).exitCode()).isEqualTo(ClickHouseChild.EXIT_ASKED);
        }
    }

    @Nested
    @DisplayName("refuses at once")
    class Refused {

        @Test
        void a_user_name_that_is_not_one() {
            assertThatThrownBy(() -> ClickHouseUser.admin("a b", "x")).hasMessageContaining("user name 'a b'");
            assertThatThrownBy(() -> ClickHouseUser.admin("default", "x")).hasMessageContaining("choose another");
        }

        @Test
        void a_tenants_user_without_a_tenant_or_tables() {
            assertThatThrownBy(() -> ClickHouseUser.tenant("t", "x", " ", List.of("usage")))
                    .hasMessageContaining("tenant is blank");
            assertThatThrownBy(() -> ClickHouseUser.tenant("t", "x", "acme", List.of()))
                    .hasMessageContaining("no tables");
            assertThatThrownBy(() -> ClickHouseUser.tenant("t", "x", "acme", List.of("a; DROP")))
                    .hasMessageContaining("'a; DROP'");
        }

        @Test
        void an_engine_without_an_admin() {
            assertThatThrownBy(() -> LocalClickHouse.builder(directory).start()).hasMessageContaining("no admin");
        }
    }
}
