package io.costops.infra.platform;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a platform is to be.
 *
 * @param taskManagers how many worker processes Flink gets
 * @param slotsPerTaskManager each job takes {@code parallelism} slots
 * @param parallelism of the Flink jobs
 * @param partitions of the usage topics when they are made; the books have one, for the order of revisions
 * @param longLived whether it runs long enough for the optimising compiler of the workers to pay for itself
 * @param routes file of the notifier's receivers and routes; without it nobody is told of alerts
 * @param environment holds the secrets that the routes name; no process gets another variable of it
 */
public record PlatformOptions(
        Path dataDirectory,
        Ports ports,
        Set<Part> parts,
        int taskManagers,
        int slotsPerTaskManager,
        int parallelism,
        int partitions,
        StateBackend stateBackend,
        External external,
        boolean longLived,
        Optional<Path> routes,
        Map<String, String> environment) {

    /** Where Flink keeps keyed state. */
    public enum StateBackend {
        HEAP("hashmap"),
        ROCKSDB("rocksdb");

        private final String configured;

        StateBackend(String configured) {
            this.configured = configured;
        }

        String configured() {
            return configured;
        }
    }

    /** Which ports the components listen on. */
    public record Ports(
            Port kafka,
            Port registry,
            Port clickHouseHttp,
            Port clickHouseTcp,
            Port flink,
            Port ingest,
            Port notifier) {

        /** Whatever is free: for tests, which may run side by side. */
        public static Ports free() {
            Port free = new Port.Free();
            return new Ports(free, free, free, free, free, free, free);
        }

        /** The well-known ports of each product where they are free. */
        public static Ports usual() {
            return new Ports(
                    new Port.Preferred(9092),
                    new Port.Preferred(8081),
                    new Port.Preferred(8123),
                    new Port.Preferred(9000),
                    new Port.Preferred(8082),
                    new Port.Preferred(8080),
                    new Port.Preferred(8085));
        }
    }

    /** Servers that exist already and are used instead of being started. */
    public record External(
            Optional<String> kafkaBootstrap,
            Optional<String> schemaRegistryUrl,
            Optional<ClickHouseServer> clickHouse) {

        public static External none() {
            return new External(Optional.empty(), Optional.empty(), Optional.empty());
        }
    }

    /** A ClickHouse elsewhere. */
    public record ClickHouseServer(String url, String user, String password) {
        @Override
        public String toString() {
            return user + "@" + url;
        }
    }

    public PlatformOptions {
        parts = Set.copyOf(parts);
        environment = Map.copyOf(environment);
        atLeastOne("taskManagers", taskManagers);
        atLeastOne("slotsPerTaskManager", slotsPerTaskManager);
        atLeastOne("parallelism", parallelism);
        atLeastOne("partitions", partitions);
    }

    private static void atLeastOne(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " is " + value + "; give 1 or more");
        }
    }
}
