package io.costops.infra.platform;

import io.costops.infra.platform.Component.Spec;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The usage-ingest process: the topology from {@code usage.raw} to {@code usage.events} and its HTTP door. */
final class IngestProcess {

    /** In the data directory, as {@code costops keys} writes it. */
    private static final String KEYS_FILE = "keys.json";

    private static final List<String> JVM = List.of("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC");
    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(25);

    private final Distribution distribution;
    private final DataDirectory data;
    private final int port;
    private final String kafkaBootstrap;
    private final String registryUrl;

    IngestProcess(Distribution distribution, DataDirectory data, int port, String kafkaBootstrap, String registryUrl) {
        this.distribution = distribution;
        this.data = data;
        this.port = port;
        this.kafkaBootstrap = kafkaBootstrap;
        this.registryUrl = registryUrl;
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    Spec spec() {
        return new Spec(
                "ingest", url(), this::launch, process -> answers(url()), START_PATIENCE, STOP_PATIENCE, () -> {});
    }

    static boolean answers(String url) {
        return Probes.isOk(URI.create(url + "/readyz"));
    }

    private Child launch() throws IOException {
        List<String> options = new ArrayList<>(JVM);
        options.add(Build.avroOption());
        return ChildJvm.start(new ChildJvm.Command(
                Logging.with(options, data.log("ingest")),
                List.of(distribution.jarsOf("lib")),
                "io.costops.ingest.IngestMain",
                arguments(),
                data.folder("ingest"),
                data.output("ingest"),
                Map.of(),
                Leash.Ending.ORDERLY));
    }

    /** The door asks for keys as soon as there are any; at this machine's own address it listens with them and without. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "--kafka.bootstrap",
                kafkaBootstrap,
                "--schema.registry.url",
                registryUrl,
                "--state.dir",
                data.folder("ingest").toString(),
                "--http.host",
                "127.0.0.1",
                "--http.port",
                Integer.toString(port),
                "--instance.id",
                "local"));
        Path keys = data.root().resolve(KEYS_FILE);
        if (Files.exists(keys)) {
            arguments.add("--http.keys.file");
            arguments.add(keys.toString());
        }
        return arguments;
    }
}
