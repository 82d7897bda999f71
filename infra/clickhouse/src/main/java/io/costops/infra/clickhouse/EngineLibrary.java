package io.costops.infra.clickhouse;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;

/** Where things lie on this machine: the engine's library, and the jars or class folders that the child needs. */
final class EngineLibrary {

    /** Names the library's file, for a layout that is not known here. */
    static final String PROPERTY = "costops.clickhouse.library";

    private static final String FILE = "libchdb.so";
    private static final Path IN_DISTRIBUTION = Path.of("clickhouse", FILE);
    private static final Path IN_MODULE = Path.of("node_modules", "@chdb", "lib-linux-x64-gnu", FILE);

    private EngineLibrary() {}

    /** In the folder {@code clickhouse} of a packaged platform; in the module's {@code node_modules} in a checkout. */
    static Path find() {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            return existing(Path.of(named), "the system property " + PROPERTY + " names it");
        }
        Path code = codeOf(EngineLibrary.class);
        for (Path folder = code.getParent(); folder != null; folder = folder.getParent()) {
            for (Path candidate : List.of(folder.resolve(IN_DISTRIBUTION), folder.resolve(IN_MODULE))) {
                if (Files.isRegularFile(candidate)) {
                    return candidate;
                }
            }
        }
        throw new ClickHouseException("no ClickHouse engine (" + FILE + ") found above " + code
                + "; run infra/clickhouse/install-engine, or name the file with -D" + PROPERTY);
    }

    static Path codeOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null) {
            throw new ClickHouseException("where " + type.getName() + " was loaded from is unknown");
        }
        try {
            return Path.of(source.getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new ClickHouseException("unreadable location " + source.getLocation(), e);
        }
    }

    private static Path existing(Path file, String why) {
        if (!Files.isRegularFile(file)) {
            throw new ClickHouseException(file + " does not exist, but " + why);
        }
        return file.toAbsolutePath();
    }
}
