package io.costops.sinks.migrations;

import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the tables and views of ClickHouse up to date.
 *
 * <p>Every statement may run twice, and a migration is recorded after its last one. So a run that was cut off is mended by
 * the next, and two that run at once do each other no harm.
 */
public final class Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

    /** In order; a released one never changes. */
    private static final List<String> NAMES = List.of(
            "V001__ledger",
            "V002__chargeback",
            "V003__rejected_usage",
            "V004__views",
            "V005__reconciliation",
            "V006__requests",
            "V007__statements",
            "V008__reconciliation",
            "V009__ledger_cuts",
            "V020__alerts",
            "V021__budgets_and_forecasts",
            "V022__budget_status",
            "V023__booked_again",
            "V024__late_records");

    private final ClickHouse clickHouse;
    private final Deployment deployment;
    private final List<Migration> migrations;

    private Migrations(ClickHouse clickHouse, Deployment deployment, List<Migration> migrations) {
        this.clickHouse = clickHouse;
        this.deployment = deployment;
        this.migrations = migrations;
    }

    /**
     * Applies what has not been applied to the database that {@code clickHouse} addresses; makes the database if need be.
     *
     * @return the names of the migrations that were applied now
     * @throws ChangedMigrationException if a migration was changed after it was applied
     */
    public static List<String> apply(ClickHouse clickHouse, Deployment deployment)
            throws ClickHouseException, InterruptedException {
        return apply(clickHouse, deployment, all());
    }

    static List<String> apply(ClickHouse clickHouse, Deployment deployment, List<Migration> migrations)
            throws ClickHouseException, InterruptedException {
        return new Migrations(clickHouse, deployment, migrations).run();
    }

    /** The statements that make the views which fill the roll-ups, for a database whose tables were exchanged. */
    public static List<String> feeds(String database, Deployment deployment) {
        return all().stream()
                .flatMap(migration -> migration.statements(deployment.substitutions(database)).stream())
                .filter(statement -> statement.startsWith("CREATE MATERIALIZED VIEW"))
                .toList();
    }

    static List<Migration> all() {
        return NAMES.stream().map(Migration::resource).toList();
    }

    private List<String> run() throws ClickHouseException, InterruptedException {
        createHistory();
        List<String> applied = new ArrayList<>();
        for (Migration migration : migrations) {
            // Read again each time: another process may have been faster.
            if (isPending(migration, history())) {
                for (String statement : migration.statements(deployment.substitutions(database()))) {
                    clickHouse.query(statement);
                }
                record(migration);
                applied.add(migration.name());
                LOG.info("applied migration {} to {}", migration.name(), clickHouse.address());
            }
        }
        int newest =
                migrations.isEmpty() ? 0 : migrations.get(migrations.size() - 1).version();
        if (history().keySet().stream().anyMatch(version -> version > newest)) {
            LOG.warn(
                    "the tables of {} were made by a newer version of CostOps; this one knows migrations up to {}",
                    clickHouse.address(),
                    newest);
        }
        return applied;
    }

    private void createHistory() throws ClickHouseException, InterruptedException {
        // Asked first: a user who may not create databases can still migrate one that exists.
        if (clickHouse.query("EXISTS DATABASE " + database()).strip().equals("0")) {
            clickHouse.query("CREATE DATABASE IF NOT EXISTS " + database() + " " + deployment.onCluster()
                    + " ENGINE = Atomic COMMENT 'CostOps: the cost ledger for LLM spending'");
        }
        clickHouse.query("""
                CREATE TABLE IF NOT EXISTS %s.schema_migrations %s
                (
                    version UInt32,
                    name String,
                    checksum String COMMENT 'SHA-256 of the migration''s template',
                    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
                )
                ENGINE = %s
                ORDER BY (version, checksum)
                """.formatted(
                        database(),
                        deployment.onCluster(),
                        deployment.substitutions(database()).get("replacing_merge_tree")));
    }

    private boolean isPending(Migration migration, Map<Integer, List<String>> history) {
        List<String> checksums = history.getOrDefault(migration.version(), List.of());
        if (checksums.stream().anyMatch(checksum -> !checksum.equals(migration.checksum()))) {
            throw new ChangedMigrationException(
                    "the migration " + migration.name()
                            + " is not the one that was applied to " + clickHouse.address()
                            + ": a released migration never changes. Restore its file and put the change into a new migration.");
        }
        return checksums.isEmpty();
    }

    /** The checksums that were recorded for each version; several only if different programs migrated at once. */
    private Map<Integer, List<String>> history() throws ClickHouseException, InterruptedException {
        Map<Integer, List<String>> history = new HashMap<>();
        Stream<String> rows = clickHouse
                .query("SELECT DISTINCT version, checksum FROM " + database() + ".schema_migrations ORDER BY version")
                .lines();
        rows.map(row -> row.split("\t"))
                .forEach(row -> history.computeIfAbsent(Integer.valueOf(row[0]), version -> new ArrayList<>())
                        .add(row[1]));
        return history;
    }

    private void record(Migration migration) throws ClickHouseException, InterruptedException {
        clickHouse.query(
                "INSERT INTO %s.schema_migrations (version, name, checksum) VALUES (%d, '%s', '%s')"
                        .formatted(database(), migration.version(), migration.name(), migration.checksum()),
                Map.of("async_insert", "0"));
    }

    private String database() {
        return clickHouse.address().database();
    }

    /** A migration that is not what it was when it was applied. */
    public static final class ChangedMigrationException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public ChangedMigrationException(String message) {
            super(message);
        }
    }
}
