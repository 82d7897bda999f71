package io.costops.sinks.migrations;

import io.costops.sinks.clickhouse.ClickHouseAddress;
import java.io.Serializable;
import java.util.Map;
import java.util.Optional;

/** Where the tables live. The DDL is one template; this fills in what differs. */
public sealed interface Deployment extends Serializable {
    /** One server. */
    record SingleServer() implements Deployment {
        @Override
        public String onCluster() {
            return "";
        }

        @Override
        public String enginePrefix() {
            return "";
        }
    }

    /**
     * Replicas of one shard that share their tables through Keeper.
     *
     * @param cluster its name in ClickHouse's {@code remote_servers}
     */
    record ReplicatedCluster(String cluster) implements Deployment {
        public ReplicatedCluster {
            ClickHouseAddress.requireIdentifier("clickhouse.cluster", cluster);
        }

        @Override
        public String onCluster() {
            return "ON CLUSTER " + cluster;
        }

        @Override
        public String enginePrefix() {
            // Without arguments the engine takes its path and replica name from the server's own settings.
            return "Replicated";
        }
    }

    /** One server, unless a cluster is named. */
    static Deployment on(Optional<String> cluster) {
        return cluster.<Deployment>map(ReplicatedCluster::new).orElseGet(SingleServer::new);
    }

    /** The clause that runs a statement on every replica, or nothing. */
    String onCluster();

    /** What stands before the name of a MergeTree engine. */
    String enginePrefix();

    /** What stands for each {@code ${name}} of a migration. */
    default Map<String, String> substitutions(String database) {
        return Map.of(
                "database", database,
                "on_cluster", onCluster(),
                "merge_tree", enginePrefix() + "MergeTree",
                "aggregating_merge_tree", enginePrefix() + "AggregatingMergeTree",
                "replacing_merge_tree", enginePrefix() + "ReplacingMergeTree");
    }
}
