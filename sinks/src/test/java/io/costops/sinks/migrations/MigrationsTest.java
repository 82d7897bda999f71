package io.costops.sinks.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.value.Meter;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("Migrations")
class MigrationsTest {
    private static final Deployment SINGLE = new Deployment.SingleServer();
    private static final List<String> NAMES =
            Migrations.all().stream().map(Migration::name).toList();

    private final ClickHouse clickHouse = TestClickHouse.empty();

    @Test
    void make_every_table_and_record_themselves() throws Exception {
        assertThat(Migrations.apply(clickHouse, SINGLE)).isEqualTo(NAMES);

        assertThat(relations())
                .contains(
                        "ledger",
                        "ledger_lines",
                        "chargeback_hourly",
                        "chargeback_hourly_store",
                        "chargeback_daily",
                        "chargeback_daily_store",
                        "chargeback_monthly",
                        "chargeback_monthly_store",
                        "usage_current",
                        "unpriced_usage",
                        "rejected_usage",
                        "reconciliation",
                        "alert_steps",
                        "alert_deliveries",
                        "alerts",
                        "incidents",
                        "anomalies",
                        "pending_corrections",
                        "booked_again",
                        "statements",
                        "budget_states",
                        "budget_status",
                        "forecast_history",
                        "forecasts",
                        "ledger_cuts");
        assertThat(TestClickHouse.rows(clickHouse, "SELECT name FROM db.schema_migrations ORDER BY version"))
                .isEqualTo(NAMES);
    }

    @Test
    void do_nothing_the_second_time() throws Exception {
        Migrations.apply(clickHouse, SINGLE);
        assertThat(Migrations.apply(clickHouse, SINGLE)).isEmpty();
    }

    @Test
    void go_on_where_a_newer_version_adds_one() throws Exception {
        Migrations.apply(clickHouse, SINGLE);
        assertThat(Migrations.apply(clickHouse, SINGLE, withOneMore())).containsExactly("V900__note");
    }

    @Test
    void leave_tables_of_a_newer_version_alone() throws Exception {
        Migrations.apply(clickHouse, SINGLE, withOneMore());
        assertThat(Migrations.apply(clickHouse, SINGLE)).isEmpty();
    }

    static Stream<Integer> cuts() {
        int statements = Migrations.all().stream()
                .mapToInt(migration ->
                        migration.statements(SINGLE.substitutions("x")).size())
                .sum();
        return Stream.of(1, 2, 4, 7, statements - 1);
    }

    @ParameterizedTest(name = "after {0} statements")
    @MethodSource("cuts")
    void are_completed_by_the_next_run_when_one_is_cut_off(int statements) throws Exception {
        clickHouse.query("CREATE DATABASE " + clickHouse.address().database());
        List<String> all = new ArrayList<>();
        for (Migration migration : Migrations.all()) {
            all.addAll(migration.statements(
                    SINGLE.substitutions(clickHouse.address().database())));
        }
        for (String statement : all.subList(0, statements)) {
            clickHouse.query(statement);
        }

        assertThat(Migrations.apply(clickHouse, SINGLE)).isEqualTo(NAMES);
        assertThat(TestClickHouse.rows(clickHouse, "SELECT * FROM db.reconciliation WHERE difference != 0"))
                .isEmpty();
    }

    @Test
    void may_run_every_statement_twice() throws Exception {
        Migrations.apply(clickHouse, SINGLE);
        for (Migration migration : Migrations.all()) {
            for (String statement : migration.statements(
                    SINGLE.substitutions(clickHouse.address().database()))) {
                clickHouse.query(statement);
            }
        }
    }

    @Test
    void do_each_other_no_harm_when_several_start_at_once() throws Exception {
        int programs = 4;
        ExecutorService threads = Executors.newFixedThreadPool(programs);
        try {
            List<Callable<List<String>>> runs = new ArrayList<>();
            for (int i = 0; i < programs; i++) {
                runs.add(() -> Migrations.apply(clickHouse, SINGLE));
            }
            for (Future<List<String>> run : threads.invokeAll(runs)) {
                run.get();
            }
        } finally {
            threads.shutdown();
        }

        assertThat(TestClickHouse.rows(clickHouse, "SELECT DISTINCT name FROM db.schema_migrations ORDER BY version"))
                .isEqualTo(NAMES);
        assertThat(relations()).noneMatch(name -> name.startsWith("_tmp"));
    }

    @Test
    void refuse_a_migration_that_was_changed_after_it_was_applied() throws Exception {
        Migrations.apply(clickHouse, SINGLE, withOneMore());
        List<Migration> changed = new ArrayList<>(Migrations.all());
        changed.add(
                Migration.of("V900__note", "CREATE TABLE IF NOT EXISTS ${database}.other (x Int8) ENGINE = Memory;"));

        assertThatThrownBy(() -> Migrations.apply(clickHouse, SINGLE, changed))
                .isInstanceOf(Migrations.ChangedMigrationException.class)
                .hasMessageContaining("V900__note is not the one that was applied")
                .hasMessageContaining("a released migration never changes");
        assertThat(relations()).doesNotContain("other");
    }

    @Test
    void say_which_statement_a_server_refuses() {
        List<Migration> broken =
                List.of(Migration.of("V001__broken", "CREATE TABLE ${database}.t (x Nonsense) ENGINE = Log;"));
        assertThatThrownBy(() -> Migrations.apply(clickHouse, SINGLE, broken))
                .isInstanceOf(ClickHouseException.Refused.class)
                .hasMessageContaining("Nonsense");
    }

    @Test
    void are_all_listed_in_the_order_of_their_files() throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(Migration.class.getResource("V001__ledger.sql"))
                        .toURI())
                .getParent();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(file -> file.endsWith(".sql"))
                            .sorted())
                    .containsExactlyElementsOf(
                            NAMES.stream().map(name -> name + ".sql").toList());
        }
        assertThat(Migrations.all()).extracting(Migration::version).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void give_every_table_that_is_inserted_into_its_own_deduplication_window() throws Exception {
        Migrations.apply(clickHouse, SINGLE);
        assertThat(
                        TestClickHouse.rows(
                                clickHouse,
                                "SELECT name FROM system.tables WHERE database = '"
                                        + clickHouse.address().database() + "' AND engine LIKE '%MergeTree'"
                                        + " AND name != 'schema_migrations'"
                                        + " AND NOT (create_table_query LIKE '%non_replicated_deduplication_window = 10000%'"
                                        + " AND create_table_query LIKE '%replicated_deduplication_window = 10000%'"
                                        + " AND create_table_query LIKE '%replicated_deduplication_window_seconds = 2592000%')"))
                .isEmpty();
    }

    @Test
    void make_replicated_tables_on_a_cluster() {
        Map<String, String> substitutions =
                new Deployment.ReplicatedCluster("costops_cluster").substitutions("costops");
        List<String> statements = Migrations.all().stream()
                .flatMap(migration -> migration.statements(substitutions).stream())
                .toList();

        assertThat(statements).allMatch(statement -> statement.contains(" ON CLUSTER costops_cluster"));
        assertThat(statements.stream().filter(statement -> statement.contains("ENGINE = ")))
                .allMatch(statement -> statement.contains("ENGINE = ReplicatedMergeTree")
                        || statement.contains("ENGINE = ReplicatedReplacingMergeTree")
                        || statement.contains("ENGINE = ReplicatedAggregatingMergeTree"));
    }

    @Test
    void name_the_token_meters_of_the_reconciliation_as_the_code_does() {
        String reconciliation =
                Migration.resource("V008__reconciliation").template().replaceAll("\\s+", " ");
        for (Meter.Direction direction : List.of(Meter.Direction.INPUT, Meter.Direction.OUTPUT)) {
            String meters = Arrays.stream(Meter.values())
                    .filter(meter -> meter.direction() == direction)
                    .map(meter -> "'" + meter.wireName() + "'")
                    .collect(Collectors.joining(", "));
            assertThat(reconciliation.replace("( ", "(")).contains("m IN (" + meters + ")");
        }
    }

    private static List<Migration> withOneMore() {
        List<Migration> more = new ArrayList<>(Migrations.all());
        more.add(Migration.of(
                "V900__note", "-- A note.\nCREATE TABLE IF NOT EXISTS ${database}.note (x Int8) ENGINE = Memory;\n"));
        return more;
    }

    private List<String> relations() {
        return TestClickHouse.rows(
                clickHouse, "SHOW TABLES FROM " + clickHouse.address().database());
    }
}
