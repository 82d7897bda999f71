package io.costops.infra.platform;

import io.costops.infra.clickhouse.ClickHouseUser;
import io.costops.infra.clickhouse.LocalClickHouse;
import io.costops.infra.platform.Component.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The local ClickHouse as a component. */
final class ClickHouseEngine {

    static final String ADMIN = "costops";

    private static final long MEMORY_BYTES = 2L << 30;
    private static final Duration START_PATIENCE = Duration.ofMinutes(2);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(5);

    private final DataDirectory data;
    private final int httpPort;
    private final int tcpPort;
    private final Path passwordFile;
    private final List<ClickHouseUser> users;
    private volatile long keepFreeBytes;

    ClickHouseEngine(DataDirectory data, int httpPort, int tcpPort, Path passwordFile, List<ClickHouseUser> users) {
        this.data = data;
        this.httpPort = httpPort;
        this.tcpPort = tcpPort;
        this.passwordFile = passwordFile;
        this.users = users;
    }

    String url() {
        return "http://127.0.0.1:" + httpPort;
    }

    /** Holds from the next start on. */
    void keepFree(long bytes) {
        keepFreeBytes = bytes;
    }

    Spec spec() {
        return new Spec(
                "clickhouse",
                url(),
                this::launch,
                process -> new PlatformAddresses.ClickHouse(url(), ADMIN, passwordFile.toString())
                        .connect()
                        .answers(PROBE_PATIENCE),
                START_PATIENCE.plus(START_PATIENCE),
                STOP_PATIENCE,
                () -> {});
    }

    private Child launch() throws IOException {
        LocalClickHouse.Builder builder = LocalClickHouse.builder(data.folder("clickhouse"))
                .admin(ADMIN, Files.readString(passwordFile).strip())
                .httpPort(httpPort)
                .tcpPort(tcpPort)
                .memoryBytes(MEMORY_BYTES)
                .keepFreeBytes(keepFreeBytes)
                .startTimeout(START_PATIENCE);
        users.forEach(builder::user);
        return new EngineChild(builder.start());
    }

    private record EngineChild(LocalClickHouse engine) implements Child {

        @Override
        public long pid() {
            return engine.pid();
        }

        @Override
        public boolean isAlive() {
            return engine.isAlive();
        }

        @Override
        public int waitFor() throws InterruptedException {
            return engine.waitFor();
        }

        @Override
        public void stop(Duration patience) {
            engine.close();
        }

        @Override
        public void kill() {
            engine.kill();
        }

        @Override
        public String lastWords() {
            return engine.lastWords();
        }
    }
}
