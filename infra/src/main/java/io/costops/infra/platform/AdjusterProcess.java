package io.costops.infra.platform;

import io.costops.infra.platform.Component.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The process that asks for what waits in the ledger. */
final class AdjusterProcess {
    static final String NAME = "adjuster";

    private static final List<String> JVM =
            List.of("-Xms32m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

    /** It looks every two seconds, and waits for a server for a minute at most. */
    private static final Duration SILENCE = Duration.ofMinutes(2);

    private final Distribution distribution;
    private final DataDirectory data;
    private final PlatformAddresses servers;

    AdjusterProcess(Distribution distribution, DataDirectory data, PlatformAddresses servers) {
        this.distribution = distribution;
        this.data = data;
        this.servers = servers;
    }

    Spec spec() {
        String heartbeat = heartbeat().toString();
        return new Spec(
                NAME, heartbeat, this::launch, process -> answers(heartbeat), START_PATIENCE, STOP_PATIENCE, () -> {});
    }

    /** Whether it has looked at the ledger, or tried to, a short time ago. */
    static boolean answers(String heartbeat) {
        try {
            return Files.getLastModifiedTime(Path.of(heartbeat))
                    .toInstant()
                    .isAfter(Instant.now().minus(SILENCE));
        } catch (IOException e) {
            return false;
        }
    }

    private Path heartbeat() {
        return data.folder(NAME).resolve("heartbeat");
    }

    private Child launch() throws IOException {
        Files.deleteIfExists(heartbeat());
        List<String> options = new ArrayList<>(JVM);
        options.add(Build.avroOption());
        PlatformAddresses.ClickHouse clickHouse = servers.requireClickHouse();
        return ChildJvm.start(new ChildJvm.Command(
                Logging.with(options, data.log(NAME)),
                List.of(distribution.jarsOf("lib")),
                "io.costops.infra.ledger.AdjusterMain",
                List.of(
                        "--kafka.bootstrap",
                        servers.requireKafka(),
                        "--schema.registry.url",
                        servers.requireSchemaRegistry(),
                        "--clickhouse.url",
                        clickHouse.url(),
                        "--clickhouse.user",
                        clickHouse.user(),
                        "--clickhouse.password.file",
                        clickHouse.passwordFile(),
                        "--heartbeat",
                        heartbeat().toString()),
                data.folder(NAME),
                data.output(NAME),
                Map.of(),
                Leash.Ending.ORDERLY));
    }
}
