package io.costops.infra.platform;

import io.costops.infra.platform.PlatformOptions.StateBackend;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The Flink jobs of the platform: which jar, which main class, which options. */
enum JobCatalogue {
    ENRICHMENT("enrichment", "costops-enrichment-job", "io.costops.enrichment.EnrichmentJob", false, false, 1_500),
    LEDGER_WRITER("ledger-writer", "costops-sinks", "io.costops.sinks.ledger.LedgerWriterJob", true, false, 1_000),
    ANOMALY("anomaly", "costops-anomaly-job", "io.costops.anomaly.AnomalyJob", false, true, 2_000);

    private final String jobName;
    private final String jarPrefix;
    private final String mainClass;
    private final boolean writesToClickHouse;
    /** Its state has a bound, and is read and written so often that it is kept in memory whatever is chosen. */
    private final boolean inMemory;
    /** What the job writes is seen with the checkpoint after it; nobody waits for seconds of the watch. */
    private final long checkpointMillis;

    JobCatalogue(
            String jobName,
            String jarPrefix,
            String mainClass,
            boolean writesToClickHouse,
            boolean inMemory,
            long checkpointMillis) {
        this.jobName = jobName;
        this.jarPrefix = jarPrefix;
        this.mainClass = mainClass;
        this.writesToClickHouse = writesToClickHouse;
        this.inMemory = inMemory;
        this.checkpointMillis = checkpointMillis;
    }

    String jobName() {
        return jobName;
    }

    Job.Spec spec(
            Distribution distribution,
            String kafkaBootstrap,
            String registryUrl,
            PlatformAddresses.ClickHouse clickHouse,
            FlinkCluster flink,
            StateBackend stateBackend) {
        Path jar = distribution
                .jar("jobs", jarPrefix)
                .orElseThrow(() -> new PlatformException("the job " + jobName + " is not built: no " + jarPrefix
                        + "*.jar in " + distribution.file("jobs")));
        List<String> arguments = new ArrayList<>(List.of(
                "--kafka.bootstrap", kafkaBootstrap,
                "--schema.registry.url", registryUrl,
                "--checkpoint.interval", checkpointMillis + "ms"));
        if (writesToClickHouse) {
            arguments.addAll(List.of(
                    "--clickhouse.url", clickHouse.url(),
                    "--clickhouse.user", clickHouse.user(),
                    "--clickhouse.password.file", clickHouse.passwordFile()));
        }
        return new Job.Spec(
                jobName,
                jar,
                mainClass,
                arguments,
                flink.checkpoints(jobName),
                inMemory ? StateBackend.HEAP : stateBackend);
    }
}
