package io.costops.infra.clickhouse;

import java.io.IOException;
import java.nio.file.Path;

/** A process that starts an engine, says the engine's pid, and waits to be killed. */
final class ParentOfClickHouse {

    private ParentOfClickHouse() {}

    public static void main(String[] args) throws IOException {
        LocalClickHouse clickHouse = LocalClickHouse.builder(Path.of(args[0]))
                .admin("costops", "secret")
                .start();
        System.out.println(clickHouse.pid());
        while (System.in.read() >= 0) {
            // Nothing comes; the test kills this process.
        }
    }
}
