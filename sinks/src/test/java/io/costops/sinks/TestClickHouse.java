package io.costops.sinks;

import io.costops.infra.clickhouse.LocalClickHouse;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.migrations.Deployment;
import io.costops.sinks.migrations.Migrations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The real engine, one for all tests that don't kill it; each test class takes a database of its own. */
public final class TestClickHouse {
    public static final String USER = "costops";
    public static final String PASSWORD = "p&ss:wörd";

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final Map<Class<?>, ClickHouse> OF_CLASSES = new ConcurrentHashMap<>();

    private TestClickHouse() {}

    private static final class Shared {
        /** It holds the tables of all tests of a run, some hundred databases. */
        private static final long MEMORY_BYTES = 4L << 30;

        private static final LocalClickHouse ENGINE = start();

        private static LocalClickHouse start() {
            LocalClickHouse engine =
                    builder(directory("clickhouse")).memoryBytes(MEMORY_BYTES).start();
            Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
            return engine;
        }
    }

    public static LocalClickHouse.Builder builder(Path directory) {
        return LocalClickHouse.builder(directory).admin(USER, PASSWORD);
    }

    public static Path directory(String name) {
        try {
            Path target = Path.of("target", "test-data").toAbsolutePath();
            return Files.createTempDirectory(Files.createDirectories(target), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client of an empty database on the shared engine. */
    public static ClickHouse empty() {
        return at(Shared.ENGINE.httpUrl(), "test_" + DATABASES.incrementAndGet());
    }

    /** A client of the test class's database on the shared engine, with all tables, which are empty. */
    public static ClickHouse emptied(Class<?> test) {
        ClickHouse own = OF_CLASSES.computeIfAbsent(test, each -> migrated());
        String database = own.address().database();
        rows(own, "DROP DATABASE IF EXISTS " + database + "_rebuild SYNC");
        rows(
                        own,
                        "SELECT name FROM system.tables WHERE database = '" + database
                                + "' AND engine LIKE '%MergeTree' AND total_rows > 0 AND name != 'schema_migrations'")
                .forEach(table -> rows(own, "TRUNCATE TABLE db." + table + " SYNC"));
        return own;
    }

    /** The tables of a test class are not what they were: its next test gets others. */
    public static void spoiled(Class<?> test) {
        OF_CLASSES.remove(test);
    }

    /** A client of a database with all tables on the shared engine. */
    public static ClickHouse migrated() {
        return migrated(empty());
    }

    public static ClickHouse migrated(ClickHouse clickHouse) {
        try {
            Migrations.apply(clickHouse, new Deployment.SingleServer());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return clickHouse;
    }

    public static ClickHouse at(URI url, String database) {
        return new ClickHouse(address(url, database));
    }

    public static ClickHouseAddress address(URI url, String database) {
        return new ClickHouseAddress(url, USER, PASSWORD, database, TIMEOUT);
    }

    /** The rows that a query answers; {@code db} stands for the client's database. */
    public static List<String> rows(ClickHouse clickHouse, String sql) {
        try {
            return clickHouse
                    .query(sql.replace("db.", clickHouse.address().database() + "."))
                    .lines()
                    .toList();
        } catch (Exception e) {
            throw new AssertionError(sql, e);
        }
    }

    /** The only row that a query answers. */
    public static String row(ClickHouse clickHouse, String sql) {
        List<String> rows = rows(clickHouse, sql);
        if (rows.size() != 1) {
            throw new AssertionError(sql + " answers " + rows.size() + " rows: " + rows);
        }
        return rows.get(0);
    }
}
