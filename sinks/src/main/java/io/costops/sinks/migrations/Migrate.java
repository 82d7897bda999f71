package io.costops.sinks.migrations;

import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Option;
import io.costops.schemas.config.Secret;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import io.costops.sinks.clickhouse.ClickHouseException;
import io.costops.sinks.clickhouse.Retry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Brings ClickHouse's tables up to date without starting the ledger writer, for instance ahead of an upgrade. */
public final class Migrate {
    private Migrate() {}

    record Options(
            @Option("URL of ClickHouse's HTTP interface") URI clickhouseUrl,

            @Option(value = "ClickHouse user that owns the tables", byDefault = "costops")
            String clickhouseUser,

            @Option("password of that user") Secret clickhousePassword,

            @Option(value = "ClickHouse database", byDefault = "costops")
            String clickhouseDatabase,

            @Option("ClickHouse cluster to make Replicated tables on; without it the tables are on one server")
            Optional<String> clickhouseCluster,

            @Option(value = "longest time of one request", byDefault = "5m")
            Duration clickhouseTimeout,

            @Option(value = "how long to wait for ClickHouse", byDefault = "2m")
            Duration clickhousePatience) {}

    public static void main(String[] arguments) throws InterruptedException {
        try {
            Options options = Configurations.read(Options.class, arguments, System.getenv());
            ClickHouse clickHouse = new ClickHouse(new ClickHouseAddress(
                    options.clickhouseUrl(),
                    options.clickhouseUser(),
                    options.clickhousePassword().reveal(),
                    options.clickhouseDatabase(),
                    options.clickhouseTimeout()));
            Deployment deployment = Deployment.on(options.clickhouseCluster());
            List<String> applied = Retry.lasting(options.clickhousePatience())
                    .untilAvailable("bring the tables up to date", () -> Migrations.apply(clickHouse, deployment));
            System.out.println(
                    applied.isEmpty() ? "The tables are up to date." : "Applied " + String.join(", ", applied) + ".");
        } catch (IllegalArgumentException | ClickHouseException | Migrations.ChangedMigrationException e) {
            System.err.println("migrate: " + e.getMessage());
            System.exit(1);
        }
    }
}
