package io.costops.infra.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The built platform on disk: {@code lib} (the command, the supervisor and usage-ingest), {@code flink/lib}, {@code kafka/lib},
 * {@code registry}, {@code clickhouse} and {@code jobs}.
 */
public record Distribution(Path root) {

    /** Names the folder, where it is not beside the code that runs. */
    public static final String PROPERTY = "costops.dist";

    /** The one that this code belongs to. */
    public static Distribution find() {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            return checked(Path.of(named).toAbsolutePath());
        }
        Path code = codeOf(Distribution.class);
        for (Path folder = code.getParent(); folder != null; folder = folder.getParent()) {
            for (Path candidate : List.of(folder, folder.resolve("dist"))) {
                if (isDistribution(candidate)) {
                    return new Distribution(candidate);
                }
            }
        }
        throw new PlatformException("the platform is not built (no dist folder above " + code
                + "); run mvn -DskipTests package, or ./costops, which does so itself");
    }

    private static Distribution checked(Path root) {
        if (!isDistribution(root)) {
            throw new PlatformException(root + " holds no built platform");
        }
        return new Distribution(root);
    }

    private static boolean isDistribution(Path folder) {
        return Files.isDirectory(folder.resolve("flink/lib")) && Files.isDirectory(folder.resolve("kafka/lib"));
    }

    /** Every jar of a folder, as the class path names them together. */
    Path jarsOf(String folder) {
        return root.resolve(folder).resolve("*");
    }

    Path file(String path) {
        return root.resolve(path);
    }

    /** The one jar in a folder whose name starts so. */
    Optional<Path> jar(String folder, String prefix) {
        Path directory = root.resolve(folder);
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix)
                            && file.getFileName().toString().endsWith(".jar"))
                    .sorted()
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path codeOf(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("unreadable location of " + type.getName(), e);
        }
    }
}
